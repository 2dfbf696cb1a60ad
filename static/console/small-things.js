// Copy buttons, and as a dialog the question that a page asks otherwise (console/sure.py).

function offerCopies() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copies][hidden]")) offer(button);
}

function offer(button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copies).textContent;
    await navigator.clipboard.writeText(text.trim());
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    said.className = "good";
    said.textContent = "Copied";
    button.after(said);
    setTimeout(() => said.remove(), 2000);
  });
}

offerCopies();
document.addEventListener("htmx:afterSwap", offerCopies);

for (const form of document.querySelectorAll("form[data-sure]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.asked) return;
    event.preventDefault();
    ask(form.dataset.sure, event.submitter?.textContent.trim() ?? "Yes", () => {
      form.dataset.asked = "yes";
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "sure", value: "yes" }));
      form.requestSubmit(event.submitter);
    });
  });
}

function ask(question, verb, go) {
  const dialog = document.createElement("dialog");
  dialog.className = "ask-box";
  const text = document.createElement("p");
  text.id = "sure-text";
  text.textContent = question;
  dialog.setAttribute("aria-labelledby", text.id);
  const buttons = document.createElement("div");
  buttons.className = "row-x mt-s";
  const yes = document.createElement("button");
  yes.className = "btn btn-stop";
  yes.textContent = verb;
  const no = document.createElement("button");
  no.className = "btn btn-quiet";
  no.textContent = "Leave it";
  buttons.append(yes, no);
  dialog.append(text, buttons);
  document.body.append(dialog);
  yes.addEventListener("click", go);
  no.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
