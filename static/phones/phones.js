// The page /sandbox/: keeps the pretend phones of this browser, looks for what FCM accepted for
// them, and lists every call they make. What an app has to do stands in client.js and app.js.

import { App } from "./app.js";
import { Back } from "./back.js";
import { Card } from "./card.js";
import { Client } from "./client.js";
import { arrive, newPhone, read } from "./system.js";

const KEPT = "beckon-phones";
const LOOK_MS = 1_000;
const LOG_MAX = 40;

const page = document.getElementById("phones");
const back = new Back({ ...page.dataset, csrf: page.querySelector("[name=csrfmiddlewaretoken]").value });
const cards = new Map();

// ---- the phones of this browser

function kept() {
  try {
    const phones = JSON.parse(localStorage.getItem(KEPT)) ?? [];
    return phones.map((phone) => ({ ...newPhone(phone.platform, ""), ...phone }));
  } catch {
    return [];
  }
}

function keep() {
  const phones = [...cards.values()].map((card) => card.phone);
  localStorage.setItem(KEPT, JSON.stringify(phones));
  document.getElementById("no-phones").hidden = phones.length > 0;
  document.getElementById("start-over").hidden = !phones.length;
  const people = [...new Set(phones.map((phone) => phone.userId).filter(Boolean))];
  const compose = document.getElementById("write-to-them");
  if (!compose) return;
  compose.hidden = !people.length;
  compose.href = `${compose.pathname}?to=${encodeURIComponent(people.join(","))}`;
}

function add(phone) {
  const client = new Client({
    api: page.dataset.api,
    key: page.dataset.key,
    sign: back.sign,
    onCall: (call) => log(phone, call),
  });
  let card = null;
  const changed = () => {
    card?.draw();
    keep();
  };
  const app = new App(phone, { client, back, changed });
  card = new Card(app, act);
  cards.set(phone.id, card);
  page.querySelector("[data-bench]").append(card.root);
  keep();
  look(card);
  return app;
}

function discard(card) {
  cards.delete(card.phone.id);
  card.root.remove();
  keep();
}

// ---- what people do to them

const DEEDS = {
  start: ({ app }, how) => app.firstStart(how),
  register: ({ app }) => app.register(),
  setForeground: ({ app }, on) => app.setForeground(on),
  setOffline: ({ app }, on) => app.setOffline(on),
  askForPermission: async ({ app, root }) => {
    const next = await app.ask();
    if (next === "open_settings" || next === "none") tellAbout(root, next);
  },
  answer: ({ app }, result) => app.answer(result),
  tapPrompt: ({ app }) => app.tapPrompt(),
  dismissPrompt: ({ app }, how) => app.dismissPrompt(how),
  openSettings: ({ app }) => app.openSettings(),
  turn: ({ app }, system) => app.turn(system),
  leaveSettings: ({ app }) => app.leaveSettings(),
  moveOn: ({ app }, days) => app.moveOn(Number(days)),
  fireEvent: ({ app }, name, props) => app.prompts.event(name, props),
  setKey: ({ app }, key, value) => app.prompts.setKey(key, value),
  changeInSettings: ({ app }, system) => app.changeInSettings(system),
  update: ({ app }, version) => app.update(version),
  useForTests: ({ app }) => app.useForTests(!app.phone.testPhone),
  signOut: ({ app }) => app.signOut(),
  signInAs: ({ app }, userId) => app.signInAs(userId),
  optOut: ({ app }) => app.optOut(),
  optIn: ({ app }) => app.optIn(),
  refreshToken: ({ app }) => app.refreshToken(),
  remove: ({ app }) => app.remove(),
  installAgain: ({ app }) => app.installAgain(),
  discard: async (card) => {
    if (card.phone.installed) await card.app.remove();
    discard(card);
  },
  tap: ({ app }, banner) => app.tap(banner),
  swipeAway: ({ app }, banner) => app.swipeAway(banner),
};

/** One thing after the other on each phone, as in a hand. */
function act(card, name, ...more) {
  card.doing = (card.doing ?? Promise.resolve()).then(async () => {
    say(card.root, "");
    try {
      await DEEDS[name](card, ...more);
    } catch (error) {
      say(card.root, error.message);
    }
  });
  return card.doing;
}

function tellAbout(root, next) {
  say(
    root,
    next === "none"
      ? "Nothing to ask: notifications are allowed already."
      : "No ask is left. Only the phone’s own settings can allow it now.",
  );
}

function say(root, text) {
  root.querySelector("[data-said]").textContent = text;
}

// ---- what reached them

async function look(card) {
  const { phone, app } = card;
  if (!cards.has(phone.id)) return;
  try {
    if (phone.installed && !phone.offline) {
      for (const message of await back.inbox(phone.token, phone.lastMessage)) took(app, message);
    }
  } catch (error) {
    say(card.root, error.message);
  }
  card.drawClock();
  setTimeout(look, LOOK_MS, card);
}

function took(app, raw) {
  const { phone } = app;
  phone.lastMessage = raw.name;
  const { shown, toApp, banner } = arrive(phone, raw);
  app.changed();
  logArrival(phone, raw, shown, banner);
  if (toApp) app.gotMessage(read(raw)).catch(() => {});
}

// ---- what they said

const MEANINGS = {
  impression: "A soft prompt was shown.",
  click: "Its yes was tapped.",
  dismiss: "It was waved away: no ask is spent.",
  system_prompt_shown: "The system’s dialog is open.",
  settings_opened: "Sent to the phone’s settings.",
  settings_returned: "Back from the phone’s settings.",
  opt_in: "Opted in again.",
  PUT: "Registered: this phone has an owner and an address.",
  "POST /devices/unregister": "Signed out: no more pushes to this phone.",
  shown: "The system’s dialog is open.",
  granted: "Allowed: from now on this phone can be reached.",
  denied: "Said no.",
  dismissed: "Swiped away: no ask is spent.",
  received: "Told that the message came.",
  opened: "Told that it was tapped.",
  "opt-out": "Opted out in the app.",
  "opt-in": "Opted in again.",
  permission: "Told, or asked, what the system allows.",
};

function log(phone, { method, path, body, status, answer, error }) {
  const [what, words] = calledWhat(method, path, body, answer);
  const failed = error ? `${status || "No answer"}: ${error.message}` : words;
  row(phone, `${what} → ${status || "–"}`, failed);
}

function calledWhat(method, path, body, answer) {
  const last = path.split("?")[0].split("/").at(-1);
  if (method === "PUT") return ["register", MEANINGS.PUT];
  if (path === "/events") {
    const { type } = body.events[0];
    return [type, MEANINGS[type]];
  }
  if (path === "/prompts/events") {
    const [{ type, result }] = body.events;
    if (body.events.length > 1) {
      return [`${body.events.length} events`, `${names(body.events)}: told together, in order.`];
    }
    if (answer?.results[0].code === "not_eligible") return [type, "Too late: taken back."];
    return result ? [`${type} ${result}`, MEANINGS[result]] : [type, MEANINGS[type]];
  }
  if (last === "sessions") {
    const count = answer?.prompts.length ?? 0;
    const prompts = ["no prompt may show itself", "one prompt may show itself"][count];
    return [last, `The app came to the front: ${prompts ?? `${count} prompts may show themselves`}.`];
  }
  if (last === "ask") {
    const what = body.result ?? body.phase;
    return [`ask ${what}`, MEANINGS[what]];
  }
  return [last, MEANINGS[last] ?? MEANINGS[`${method} ${path}`] ?? ""];
}

const names = (events) => events.map((event) => event.type).join(", ");

function logArrival(phone, raw, shown, banner) {
  const how = banner?.sound ? "with sound" : "silently";
  const why = phone.foreground
    ? "The app is in the foreground, so the system showed nothing."
    : "Nothing may be shown on this phone.";
  row(phone, "message", shown ? `Arrived and was shown, ${how}.` : `Arrived. ${why}`);
}

function row(phone, call, words) {
  const line = document.getElementById("log-row").content.firstElementChild.cloneNode(true);
  const now = new Date();
  line.querySelector("[data-at]").textContent = now.toLocaleTimeString("en-GB");
  line.querySelector("[data-phone-name]").textContent = `${phone.model} of ${phone.userId || "nobody"}`;
  line.querySelector("[data-call]").textContent = call;
  line.querySelector("[data-words]").textContent = words;
  const lines = document.getElementById("log");
  lines.prepend(line);
  while (lines.children.length > LOG_MAX) lines.lastElementChild.remove();
  document.getElementById("log-box").hidden = false;
}

// ---- adding

const form = document.getElementById("add");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = form.elements.user_id;
  const userId = field.value.trim();
  const wrong = document.getElementById("add-error");
  wrong.hidden = Boolean(userId);
  field.setAttribute("aria-invalid", String(!userId));
  if (!userId) return field.focus();
  const first = form.elements.first_start.value;
  const phone = newPhone(event.submitter?.value ?? "ios", userId);
  const app = add({ ...phone, waits: first === "wait" });
  await act(cards.get(app.phone.id), "start", { allow: first === "allow" });
});

document.getElementById("start-over").addEventListener("click", () => {
  for (const card of [...cards.values()]) act(card, "discard");
});

// ---- what was there before: every start registers again
const tests = new Set(page.dataset.testDevices.split(" "));
for (const phone of kept()) {
  phone.testPhone = tests.has(phone.deviceId);
  add(phone);
  if (phone.installed && phone.userId) act(cards.get(phone.id), "register");
  if (phone.foreground) act(cards.get(phone.id), "setForeground", true);
}
keep();
