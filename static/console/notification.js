// Keeps the page of one notification in step with the server: the countdown between two polls, a
// word for screen readers, and no swap under a finger. Without it the page is right when loaded.

const live = () => document.getElementById("notification-live");

// ---- the undo window. Counted from what the server said was left of it, in milliseconds, not from this clock's time of day.
let zero = 0;
let isDue = false;

function begin() {
  const strip = live()?.querySelector("[data-undo]");
  zero = strip ? performance.now() + Number(strip.dataset.left) : 0;
  isDue = !strip || !Number(strip.dataset.left);
}

function count() {
  const strip = live()?.querySelector("[data-undo]");
  if (!strip) return;
  const left = Math.max(0, Math.ceil((zero - performance.now()) / 1000));
  const ring = strip.querySelector(".left");
  strip.querySelector("text").textContent = left;
  ring.setAttribute("stroke-dasharray", `${left} ${ring.dataset.total}`);
  strip.querySelector("h2").textContent = left
    ? `Starts in ${left} ${left === 1 ? "second" : "seconds"}`
    : "Starting…";
  if (!left && !isDue) {
    isDue = true;
    htmx.trigger(live(), "due"); // look at once, not at the next poll
  }
}

begin();
setInterval(count, 100);

// ---- a poll never swaps away a button that is being pressed, or an answer that is being read
document.addEventListener("htmx:beforeSwap", (event) => {
  if (live()?.querySelector("button:active, a:active, .answer details[open]")) event.detail.shouldSwap = false;
});

// ---- said every ten per cent, and when the status changes
let told = "";

function tell() {
  const { status, said } = live()?.dataset ?? {};
  const tenth = Math.floor(Number(said?.match(/(\d+) percent/)?.[1] ?? 0) / 10);
  const key = `${status} ${tenth}`;
  if (told && key !== told) document.getElementById("said").textContent = said;
  told = key;
}

tell();
document.addEventListener("htmx:afterSwap", () => {
  begin();
  tell();
});
