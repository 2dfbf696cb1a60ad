// The picture: chosen or dropped, kept by the server at once, shown on the phones.

import { refreshPhones } from "./personal.js";

export function startPicture(form) {
  const field = document.getElementById("picture");

  field.addEventListener("change", (event) => {
    if (event.target.type === "file" && event.target.files.length) send();
  });
  field.addEventListener("click", (event) => {
    const action = event.target.closest("[data-remove-picture], [data-fetch-picture]")?.value;
    if (!action) return;
    event.preventDefault();
    send(action);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.name !== "image_url") return;
    event.preventDefault(); // or the form would be saved
    send("fetch_image");
  });
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    field.addEventListener(kind, (event) => {
      const zone = field.querySelector("[data-drop]");
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.toggle("over", kind === "dragenter" || kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) {
        form.elements.image.files = event.dataTransfer.files;
        send();
      }
    });
  }

  async function send(action = "") {
    const zone = field.querySelector("[data-drop]");
    zone.setAttribute("aria-busy", "true");
    const data = new FormData();
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    data.append("image_kept", form.elements.image_kept.value);
    if (action) data.append("action", action);
    if (action === "fetch_image") data.append("image_url", form.elements.image_url.value);
    if (!action) data.append("image", form.elements.image.files[0]);
    let answer = null;
    try {
      answer = await fetch(form.dataset.picture, { method: "POST", body: data });
    } catch {
      // No connection: the file stays chosen and goes along with the form.
    }
    zone.removeAttribute("aria-busy");
    if (!answer?.ok) return;
    field.innerHTML = await answer.text();
    if (form.elements.image_kept.value !== "") document.querySelectorAll('input[name="pva"]')[1].checked = true;
    await refreshPhones(form);
    form.dispatchEvent(new Event("picture"));
    (form.elements.image_url?.value ? form.elements.image_url : form.elements.image).focus();
  }
}
