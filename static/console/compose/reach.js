// How many phones it would reach: asked again when an answer would differ, after a short rest.

const ASKING = ["send_to", "recipients", "audience", "target_os"]; // at once
const WEIGHING = ["extra", "sound"]; // only the payload changes
const REST = { recipients: 600 };

export function startReach(form) {
  let timer;
  const ask = (rest = 250) => {
    clearTimeout(timer);
    timer = setTimeout(() => window.htmx?.trigger("#reach", "reach"), rest);
  };

  form.addEventListener("input", (event) => {
    const { name } = event.target;
    if (ASKING.includes(name)) ask(REST[name]);
    else if (WEIGHING.includes(name) || name?.startsWith("parameter_")) ask(1200);
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "initial_page") ask(1200);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-replace]");
    if (!button) return;
    const field = form.elements.recipients;
    field.value = replaced(field.value, button.dataset.replace, button.dataset.with);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  ask(0);
}

function replaced(text, unknown, near) {
  return text
    .split(/([\s,;]+)/)
    .map((word) => (word.replace(/^users\//, "") === unknown ? `users/${near}` : word))
    .join("");
}
