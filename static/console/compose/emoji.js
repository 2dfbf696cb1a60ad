// A palette of what is sent most. Every system has a larger one of its own.

const EMOJI = [
  "😀😄😊🙂😉😍🤩🥳😎🤔😴😢",
  "👋👍👏🙌🙏💪👀❤️💙💚💛🧡",
  "🎉🎁🏆⭐✨🔥⚡🚀📣🔔⏰📅",
  "✅❗❓💡📍🛒🏷️💳📦🚚✈️🚆",
  "☀️🌧️❄️🌈🌙🍀🌹🌲🏔️🏠🎿🚲",
  "☕🍕🍺🥐🎂🍎🎵📷🎬📚⚽🐶",
];
const each = Intl.Segmenter ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;
const split = (row) => (each ? [...each.segment(row)].map((part) => part.segment) : [...row]);

export function startEmoji(form) {
  for (const box of form.querySelectorAll("[data-emoji]")) start(box);
  document.addEventListener("click", (event) => closeAll(form, event.target));
  form.addEventListener("keydown", (event) => {
    const box = event.key === "Escape" && event.target.closest("[data-emoji][open]");
    if (!box) return;
    box.open = false;
    box.querySelector("summary").focus();
  });
}

function start(box) {
  const field = document.getElementById(box.dataset.emoji);
  const palette = box.querySelector(".palette");
  box.addEventListener("toggle", () => {
    if (!box.open || palette.firstChild) return;
    for (const sign of EMOJI.flatMap(split)) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = sign;
      palette.append(button);
    }
  });
  palette.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    field.setRangeText(button.textContent, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    box.open = false;
    field.focus();
  });
}

function closeAll(form, besides) {
  for (const box of form.querySelectorAll("[data-emoji][open]")) {
    if (!box.contains(besides)) box.open = false;
  }
}
