// Draws one phone: its screen, its controls, and what stands in them.

import { drawPrompt } from "./prompt-view.js";
import { VERSIONS } from "./system.js";

const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const SYSTEMS = { ios: "iOS", android: "Android" };

export class Card {
  /** `act(name, …)` does what a control asks for. */
  constructor(app, act) {
    this.app = app;
    this.act = act;
    this.root = copy(`card-${app.phone.platform}`);
    this.part = (name) => this.root.querySelector(`[data-${name}]`);
    this.fillVersions();
    this.listen();
    this.draw();
  }

  get phone() {
    return this.app.phone;
  }

  fillVersions() {
    const select = this.part("version");
    for (const [name] of VERSIONS[this.phone.platform]) {
      select.append(new Option(`${SYSTEMS[this.phone.platform]} ${name}`, name));
    }
    for (const label of this.root.querySelectorAll("label[data-of]")) {
      const control = this.part(label.dataset.of);
      control.id = label.htmlFor = `${label.dataset.of}-${this.phone.id}`;
    }
  }

  listen() {
    this.root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (button) this.act(this, button.dataset.do, button.dataset.with);
    });
    this.root.addEventListener("change", (event) => {
      const { changes } = event.target.dataset;
      const value = event.target.type === "checkbox" ? event.target.checked : event.target.value;
      if (changes) this.act(this, changes, value);
    });
    this.form("sign-in-form", () => {
      const field = this.part("sign-in");
      if (field.value.trim()) this.act(this, "signInAs", field.value.trim());
      field.value = "";
    });
    this.form("event-form", () => {
      const name = this.part("event-name").value.trim();
      if (name) this.act(this, "fireEvent", name, readPairs(this.part("event-props").value));
    });
    this.form("key-form", () => {
      const key = this.part("key-name").value.trim();
      if (key) this.act(this, "setKey", key, readValue(this.part("key-value").value));
    });
    this.form("clock-form", () => this.act(this, "moveOn", this.part("days").value));
  }

  form(name, send) {
    this.part(name).addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
  }

  // ---- drawing

  draw() {
    const { phone } = this;
    this.root.setAttribute("aria-label", `${phone.model} of ${phone.userId || "nobody"}`);
    this.part("model").textContent = phone.model;
    this.part("system").textContent = `${SYSTEMS[phone.platform]} ${phone.osVersion}`;
    this.part("owner").textContent = phone.userId || "nobody";
    this.part("pill").replaceChildren(copy(`pill-${this.standing()}`));
    this.part("foreground").checked = phone.foreground;
    this.part("offline").checked = phone.offline;
    this.part("version").value = phone.osVersion;
    this.part("settings").value = phone.system;
    this.part("app-open").hidden = !phone.foreground || !phone.installed;
    this.part("gone").hidden = phone.installed;
    this.part("ask").hidden = !phone.ask;
    this.part("page").textContent = phone.opened ? phone.opened.page || "Home" : "–";
    this.part("parameters").textContent = phone.opened ? phone.opened.parameters || "{}" : "–";
    this.part("app-page").textContent = phone.opened ? phone.opened.page || "Home" : "Home";
    this.part("settings-screen").hidden = !phone.inSettings;
    this.part("turned").textContent = phone.system === "authorized" ? "On" : "Off";
    this.drawButtons();
    this.drawBanners();
    drawPrompt(this);
    this.drawClock();
  }

  standing() {
    const { phone } = this;
    if (!phone.installed) return "app_removed";
    if (!phone.userId) return "unregistered";
    if (phone.permission?.notification_types === -2) return "opted_out";
    if (phone.system === "authorized") return "granted";
    if (phone.system === "provisional") return "provisional";
    return phone.system === "denied" ? "denied" : "should_request";
  }

  drawButtons() {
    const { phone } = this;
    const on = phone.installed;
    const signedIn = on && Boolean(phone.userId);
    const optedOut = phone.permission?.notification_types === -2;
    this.show("askForPermission", signedIn && !phone.ask);
    this.show("signOut", signedIn);
    this.show("optOut", signedIn && !optedOut);
    this.show("optIn", signedIn && optedOut);
    this.show("refreshToken", signedIn);
    this.show("openSettings", on && !phone.inSettings);
    this.show("remove", on);
    this.show("useForTests", signedIn);
    const test = this.root.querySelector('[data-do="useForTests"]');
    test.setAttribute("aria-pressed", String(phone.testPhone));
    this.part("sign-in-form").hidden = !on;
    this.part("prompting").hidden = !signedIn;
    this.part("more").hidden = !on;
  }

  show(name, shown) {
    this.root.querySelector(`[data-do="${name}"]`).hidden = !shown;
  }

  drawBanners() {
    const list = this.part("banners");
    const { phone } = this;
    list.hidden = phone.foreground || !phone.banners.length;
    if (list.dataset.shows === phone.banners.map((one) => one.name).join()) return;
    list.dataset.shows = phone.banners.map((one) => one.name).join();
    list.replaceChildren(...phone.banners.map((banner, place) => this.banner(banner, place)));
  }

  banner(banner, place) {
    const item = copy(`banner-${this.phone.platform}`);
    const [tap, swipe] = item.querySelectorAll("button");
    const told = `told-${this.phone.id}-${place}`;
    item.querySelector("[data-title]").textContent = banner.title;
    item.querySelector("[data-body]").textContent = banner.body;
    item.querySelector("[data-read]").textContent = banner.body;
    const picture = item.querySelector("[data-image]");
    if (banner.image) picture.src = banner.image;
    else picture.remove();
    item.querySelector("[data-loud]").hidden = !banner.sound;
    item.querySelector("[data-silent]").hidden = banner.sound;
    item.querySelector("[data-quietly]").hidden = !banner.quietly;
    item.querySelector("[data-told]").id = told;
    tap.setAttribute("aria-label", banner.title);
    tap.setAttribute("aria-describedby", told);
    tap.addEventListener("click", () => this.act(this, "tap", banner));
    swipe.addEventListener("click", () => this.act(this, "swipeAway", banner));
    return item;
  }

  drawClock() {
    const now = new Date(Date.now() + this.phone.ahead);
    const time = now.toLocaleTimeString("en-GB", { hour: "numeric", minute: "2-digit" });
    const day = now.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" });
    for (const clock of this.root.querySelectorAll("[data-clock]")) clock.textContent = time;
    this.part("day").textContent = day;
    const days = Math.round(this.phone.ahead / 86_400_000);
    this.part("ahead").textContent = days ? `${days} days from now` : "today";
  }
}

/** "hut=alm, nights=2" → {hut: "alm", nights: 2} */
function readPairs(text) {
  const pairs = text.split(/[,\n]/).map((pair) => pair.split("="));
  return Object.fromEntries(
    pairs.filter(([name]) => name.trim()).map(([name, ...rest]) => [name.trim(), readValue(rest.join("="))]),
  );
}

/** A number, true or false; else, or in quotes, a text. */
function readValue(text) {
  const value = text.trim();
  if (value === "true" || value === "false") return value === "true";
  if (value !== "" && !Number.isNaN(Number(value))) return Number(value);
  return value.replace(/^"(.*)"$/, "$1");
}
