// Drafts save themselves three seconds after the last change; never against someone else's save.

const REST = 3000;
const CLOUD = "cloud-check";

export function startAutosave(form) {
  const place = document.getElementById("autosaved");
  const icons = document.querySelector("use[href*='icons.svg']")?.getAttribute("href").split("#")[0];
  let timer;
  let running = null;
  let savedAt = 0;
  let stopped = form.querySelector("#conflict template") !== null;
  let leaving = false;

  function changed() {
    if (stopped || leaving) return;
    clearTimeout(timer);
    timer = setTimeout(save, REST);
  }

  async function save() {
    if (running || stopped || leaving || !worthSaving(form)) return;
    running = post();
    await running;
    running = null;
  }

  async function post() {
    const data = new FormData(form);
    data.delete("image"); // the picture was kept when it was chosen
    data.set("action", "autosave");
    try {
      await heed(await fetch(form.getAttribute("action"), { method: "POST", body: data }));
    } catch {
      say("Not saved: no connection", true);
    }
  }

  async function heed(answer) {
    if (answer.status === 409) return clash(await answer.text());
    if (answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) {
      stopped = true;
      return say("Not saved: sign in again in another tab", true);
    }
    const told = await answer.json();
    if (!answer.ok) {
      stopped = told.stop === true;
      return say(`Not saved. ${told.sentence}`, true);
    }
    form.setAttribute("action", told.url);
    setVersion(told.version);
    document.getElementById("crumb").textContent = told.name;
    if (location.pathname !== told.url) history.replaceState(null, "", told.url);
    savedAt = Date.now();
    say("Saved just now");
  }

  function clash(markup) {
    const note = document.getElementById("conflict");
    note.innerHTML = markup;
    stopped = true;
    setVersion(note.querySelector("template").dataset.version);
    say("Not saved: someone else did", true);
  }

  function setVersion(version) {
    let field = form.elements.version;
    if (!field) {
      field = Object.assign(document.createElement("input"), { type: "hidden", name: "version" });
      form.append(field);
    }
    field.value = version;
  }

  function say(words, bad = false) {
    place.classList.toggle("bad", bad);
    place.innerHTML = icons
      ? `<svg class="i" aria-hidden="true"><use href="${icons}#i-${bad ? "alert-circle" : CLOUD}"/></svg>`
      : "";
    place.append(Object.assign(document.createElement("span"), { textContent: words }));
  }

  setInterval(() => {
    const gone = Math.round((Date.now() - savedAt) / 1000);
    const text = place.querySelector("span");
    if (!savedAt || !text || place.classList.contains("bad") || gone < 10) return;
    // changes in silence: the region speaks only when it is filled anew
    place.setAttribute("aria-live", "off");
    text.textContent = gone < 60 ? `Saved ${gone - (gone % 10)} s ago` : `Saved ${Math.floor(gone / 60)} min ago`;
    place.removeAttribute("aria-live");
  }, 5000);

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("picture", changed);
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (leaving) return;
    leaving = true;
    if (!running) return;
    // A save is on its way: wait for it, so that it and this press make one draft, not two.
    event.preventDefault();
    await running;
    if (stopped) leaving = false; // they must see first whose draft they would replace
    else form.requestSubmit(event.submitter);
  });
  window.addEventListener("pageshow", () => {
    leaving = false;
  });
}

const worthSaving = (form) =>
  form.elements.title.value.trim() !== "" ||
  form.elements.body.value.trim() !== "" ||
  form.elements.image_kept.value !== "";
