// The phrase and the ticks: what is still open, said below the button. The server decides.

const NUMBERS = ["no", "one", "two", "three", "four", "five", "six"];
const form = document.getElementById("confirm");
if (form) {
  const field = form.elements.phrase;
  const ticket = form.elements.ticket; // only where the role must say why
  const button = form.querySelector("button");
  const open = document.getElementById("open");
  const boxes = [...document.querySelectorAll('input[name="ticked"][form="confirm"]')];
  const words = form.dataset.confirm;
  let sent = false;

  const right = () => field.value.trim() === words;
  const isSilent = () => Boolean(ticket) && !ticket.value.trim();
  const unticked = () => boxes.filter((box) => !box.checked);

  function draw() {
    const ticks = unticked().length;
    const todo = [];
    if (ticks) todo.push(ticks === 1 ? "one warning to tick" : `${NUMBERS[ticks] ?? ticks} warnings to tick`);
    if (!right()) todo.push("the phrase");
    if (isSilent()) todo.push("the reason or ticket");
    open.textContent = todo.length ? `Still open: ${todo.join(", and ")}.` : "";
    button.toggleAttribute("data-early", todo.length > 0);
    if (field.value === "") button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }

  function complain(sentence) {
    const line = document.getElementById("id_phrase-hint");
    line.className = "err";
    line.textContent = sentence;
    field.classList.add("is-wrong");
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }

  form.addEventListener("submit", (event) => {
    if (!right()) {
      event.preventDefault();
      complain(`Type exactly: ${words}`);
    } else if (unticked().length) {
      event.preventDefault();
      unticked()[0].focus();
    } else if (isSilent()) {
      event.preventDefault();
      ticket.focus();
    } else if (sent) {
      event.preventDefault();
    } else {
      sent = true;
    }
  });
  window.addEventListener("pageshow", () => {
    sent = false;
    draw();
  });
  field.addEventListener("input", draw);
  ticket?.addEventListener("input", draw);
  for (const box of boxes) box.addEventListener("change", draw);
  if (field.getAttribute("aria-invalid") === "true" || field.classList.contains("is-wrong")) field.focus();
  draw();
}
