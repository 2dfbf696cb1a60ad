// Settings → Pages: rows come and go in place. Without this script the same buttons post the form.

for (const form of document.querySelectorAll("[data-page-form]")) {
  const rows = form.querySelector("[data-rows-of]");
  const total = form.querySelector(`[name="${rows.dataset.rowsOf}-TOTAL_FORMS"]`);
  const template = form.querySelector("[data-row-template]");

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.name === "add_parameter") {
      event.preventDefault();
      add();
    } else if (button?.name === "remove_parameter") {
      event.preventDefault();
      button.closest("[data-row]").remove();
      form.querySelector('[name="add_parameter"]').focus();
    }
  });

  function add() {
    // The number of a removed row is never used again: what is missing is no parameter.
    const index = Number(total.value);
    const markup = template.innerHTML.replaceAll("__prefix__", String(index));
    rows.insertAdjacentHTML("beforeend", markup);
    total.value = String(index + 1);
    rows.lastElementChild.querySelector("input").focus();
  }
}
