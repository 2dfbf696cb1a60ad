// How many phones it would reach: asked again when an answer would differ, after a short rest.

const ASKING = [
  "send_to", "recipients", "audience", "target_os", "exclude_audience", "exclude_people",
  "quiet_hours",
]; // at once
const WEIGHING = ["extra", "sound"]; // only the payload changes
const REST = { recipients: 600, exclude_people: 600 };

export function startReach(form) {
  let timer;
  const place = document.getElementById("reach");
  const ask = (changed, rest = 250) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // What stands below the references is only drawn anew when they changed.
      place.setAttribute("hx-vals", JSON.stringify({ changed }));
      window.htmx?.trigger(place, "reach");
    }, rest);
  };

  form.addEventListener("input", (event) => {
    const { name } = event.target;
    if (ASKING.includes(name)) ask(name, REST[name]);
    else if (WEIGHING.includes(name) || /^(parameter|title|body)_/.test(name)) ask(name, 1200);
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "initial_page") ask("initial_page", 1200);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-replace]");
    if (!button) return;
    const field = form.elements.recipients;
    field.value = replaced(field.value, button.dataset.replace, button.dataset.with);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  // An answer that someone is reading stays open when it is counted again.
  let wasOpen = false;
  place.addEventListener("htmx:beforeSwap", () => {
    wasOpen = place.querySelector("details")?.open ?? wasOpen;
  });
  place.addEventListener("htmx:afterSwap", () => {
    const details = place.querySelector("details");
    if (details) details.open = wasOpen;
  });
  // A fresh page has not weighed its message yet.
  if (!document.querySelector("#payload [data-bytes]")?.dataset.rest) ask("", 0);
}

function replaced(text, unknown, near) {
  return text
    .split(/([\s,;]+)/)
    .map((word) => (word.replace(/^users\//, "") === unknown ? `users/${near}` : word))
    .join("");
}
