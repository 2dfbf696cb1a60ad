// Draws one phone: its screen, its controls, and what stands in them.

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
    this.part("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const field = this.part("sign-in");
      if (field.value.trim()) this.act(this, "signInAs", field.value.trim());
      field.value = "";
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
    this.drawButtons();
    this.drawBanners();
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
    this.show("remove", on);
    this.show("useForTests", signedIn);
    const test = this.root.querySelector('[data-do="useForTests"]');
    test.setAttribute("aria-pressed", String(phone.testPhone));
    this.part("sign-in-form").hidden = !on;
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
    const now = new Date();
    const time = now.toLocaleTimeString("en-GB", { hour: "numeric", minute: "2-digit" });
    const day = now.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" });
    for (const clock of this.root.querySelectorAll("[data-clock]")) clock.textContent = time;
    this.part("day").textContent = day;
  }
}
