// Words that differ from person to person: the server writes them onto the phones.

const REST = 400;
const SLOT = /\{[{%]/;

export function isPersonal(form) {
  const { title, body, preview_as: who, preview_language: language } = form.elements;
  return SLOT.test(title.value + body.value) || !!who?.value.trim() || !!language?.value;
}

export function startPersonal(form) {
  let timer;
  let was = isPersonal(form);

  const refresh = () => {
    clearTimeout(timer);
    timer = setTimeout(() => refreshPhones(form), REST);
  };
  form.addEventListener("input", (event) => {
    if (!/^(title|body)/.test(event.target.name)) return;
    const is = isPersonal(form);
    if (is || was) refresh();
    was = is;
  });
  document.getElementById("preview-as")?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // or the form would be saved
    refreshPhones(form);
  });
  // A language more or less is another choice of what to look at.
  document.getElementById("languages")?.addEventListener("htmx:afterSwap", (event) => {
    event.target.querySelector(".fresh")?.focus();
    refreshPhones(form);
    form.dispatchEvent(new Event("change"));
  });
}

export function refreshPhones(form) {
  const values = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string" || name === "action") continue;
    values[name] = name in values ? [values[name], value].flat() : value;
  }
  return window.htmx?.ajax("POST", form.dataset.preview, { values, swap: "none", target: "#preview" });
}
