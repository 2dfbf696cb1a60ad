// What every page shares: theme, keys, focus, clocks. Pages work without any of it.

const YEAR = 60 * 60 * 24 * 365;
const GO = { n: "Notifications", s: "Schedule", p: "People", d: "Devices" };
const secure = location.protocol === "https:" ? "; Secure" : "";

function remember(name, value, age = YEAR) {
  document.cookie = `${name}=${value}; Max-Age=${age}; Path=/; SameSite=Lax${secure}`;
}

// ---- the viewer's zone, so that the server prints her clock
remember("tz", Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");

// ---- theme: at once, without a reload
for (const form of document.querySelectorAll("[data-theme-switch]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const theme = event.submitter?.value ?? "auto";
    const root = document.documentElement;
    if (theme === "auto") root.removeAttribute("data-bs-theme");
    else root.setAttribute("data-bs-theme", theme);
    remember("theme", theme, theme === "auto" ? 0 : YEAR);
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.value === theme));
    }
  });
}

// ---- errors: read them first
function focusErrors(within) {
  within.querySelector("[data-error-summary]")?.focus();
}
focusErrors(document);
document.addEventListener("htmx:afterSwap", (event) => focusErrors(event.detail.target));

// ---- a locked switch keeps its place and its reason
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-locked]")) event.preventDefault();
});

// ---- dialogs
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog?.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
  }
  event.target.closest?.("[data-closes]")?.closest("dialog")?.close();
});

// ---- passwords can be looked at
for (const button of document.querySelectorAll("[data-reveals]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const field = document.getElementById(button.dataset.reveals);
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
}

// ---- how long ago, as a title where the server gave none
const STEPS = [
  [60, 1, "second"],
  [3600, 60, "minute"],
  [86400, 3600, "hour"],
  [Infinity, 86400, "day"],
];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
document.addEventListener("pointerover", (event) => {
  const time = event.target.closest?.("time[datetime]");
  if (!time) return;
  time.dataset.full ??= time.title;
  const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
  const [, size, unit] = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  const relative = words.format(Math.round(seconds / size), unit);
  time.title = time.dataset.full ? `${time.dataset.full} · ${relative}` : relative;
});

// ---- keys. None of them sends: the confirm form is never submitted from here.
const box = document.querySelector("[data-single-keys]");
const singles = () => localStorage.getItem("single-keys") !== "off";
if (box) {
  box.checked = singles();
  box.addEventListener("change", () => {
    localStorage.setItem("single-keys", box.checked ? "on" : "off");
  });
}

const typing = (element) =>
  Boolean(element?.closest?.("input, textarea, select, [contenteditable], dialog[open]"));

function press(selector) {
  const element = document.querySelector(selector);
  element?.click();
  return Boolean(element);
}

function go(letter) {
  const name = GO[letter];
  return Boolean(name) && press(`#rail a[title="${name}"]`);
}

function moveRow(step) {
  const links = [...document.querySelectorAll("[data-rows] tbody th a, [data-rows] tbody td:first-child a")];
  const now = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, now + step))]?.focus();
  return links.length > 0;
}

const SINGLE = {
  "/": () => {
    const field = document.getElementById("find");
    field?.focus();
    return Boolean(field);
  },
  "?": () => {
    document.getElementById("shortcuts")?.togglePopover();
    return true;
  },
  c: () => press('[data-key="c"]'),
  u: () => press('[data-undo] [data-key="u"]'),
  j: () => moveRow(1),
  k: () => moveRow(-1),
};

let afterG = 0;
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    // Save and Review work from inside fields: that is where people are when they want them.
    const hook = { s: "[data-save]", Enter: "[data-review]" }[event.key];
    if (hook && press(hook)) event.preventDefault();
    return;
  }
  if (typing(event.target) || !singles()) return;
  const second = Date.now() - afterG < 1200;
  afterG = event.key === "g" && !second ? Date.now() : 0;
  const done = second ? go(event.key) : SINGLE[event.key]?.();
  if (done) event.preventDefault();
});

// ---- nobody looks at a hidden tab: it asks nothing, and once when it is seen again
document.addEventListener("htmx:beforeRequest", (event) => {
  const asksByItself = !event.detail.requestConfig.triggeringEvent;
  if (document.hidden && asksByItself) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  const live = document.getElementById("notification-live");
  if (!document.hidden && live?.hasAttribute("hx-get")) htmx.trigger(live, "due");
});
