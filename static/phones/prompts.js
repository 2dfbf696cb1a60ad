// Soft prompts on one phone: sessions, when to show which, what a tap leads to, and an outbox for
// what could not be told yet. Draws nothing: `host` is the app.
//
//   1  the app comes to the front     prompts.open()        and goes:  prompts.close()
//   2  something happens in it        prompts.event("hut_saved", {…}), prompts.setKey("plan", "pro")
//   3  `store.showing` is a prompt    draw it; a tap is prompts.tapped(), anything else dismissed()
//   4  the dialog was answered        prompts.answered("granted" | "denied" | "dismissed")
//   5  back from the phone's settings prompts.returned({system, rationale})
//
// Never ask the system without this: its dialog is what the soft prompt saves.

import { ApiError, uuid } from "./client.js";
import { GUARD_MS, choose, continues, newSession, nextMoment } from "./rules.js";

const AT_ONCE = 100; // events in one call
const KEPT = 200; // happenings of one session, for triggers

export function newStore() {
  return {
    session: null,
    list: [], // what the server said at the session's start
    records: {}, // prompt id: {displays, lastAt}
    lastShownAt: null,
    keys: {},
    outbox: [],
    showing: null, // the prompt on the screen
    settled: null, // the prompt whose dialog or settings are open
  };
}

export class SoftPrompts {
  /**
   * @param {Client} client
   * @param {object} store  `newStore()`, kept by the app from start to start
   * @param {object} host   deviceId(), appVersion(), online(), allowed(): notifications are on;
   *   optedOut(): not in this app; busy(): something else covers it; changed(): `store` is to be kept and drawn;
   *   systemPrompt(): call for the system's dialog, false when it showed none; openSettings();
   *   learn(permission)
   */
  constructor({ client, store, host, now = Date.now }) {
    Object.assign(this, { client, store, host, now, inFront: false, timer: 0, sending: null });
  }

  // ---- sessions

  async open() {
    this.inFront = true;
    if (continues(this.store.session, this.now())) {
      this.store.session.leftAt = null;
      return this.happens({ kind: "session_time" });
    }
    await this.begin();
    this.happens({ kind: "app_open" });
  }

  /** The rules come once a session; without a network the last ones still hold. */
  async begin() {
    const { store, host } = this;
    store.session = newSession(uuid(), this.now());
    host.changed();
    await this.flush();
    if (!host.online()) return;
    try {
      const answer = await this.client.startSession(host.deviceId(), {
        session_id: store.session.id,
        started_at: iso(store.session.startedAt),
        app_version: host.appVersion(),
      });
      store.list = answer.prompts;
      for (const { id, state } of answer.prompts) store.records[id] = recordOf(state);
      store.lastShownAt = answer.guard.next_at ? Date.parse(answer.guard.next_at) - GUARD_MS : null;
      host.learn(answer.permission);
    } catch (error) {
      if (error instanceof ApiError && error.status === 0) return;
      store.list = [];
      throw error;
    }
  }

  close() {
    this.inFront = false;
    clearTimeout(this.timer);
    if (this.store.showing) this.dismissed("timeout");
    if (this.store.session) this.store.session.leftAt = this.now();
    this.host.changed();
  }

  // ---- what happens in the app

  event(name, props = {}) {
    this.happens({ kind: "event", name, props });
  }

  /** Any name and value of the app's own; it keeps its value until it is set again. */
  setKey(key, value) {
    this.store.keys[key] = value;
    this.happens({ kind: "custom", key, value });
  }

  /** Show a prompt if this brings one up; and look again when time alone may do so. */
  happens(what) {
    const { store, host } = this;
    if (!store.session || !this.inFront) return host.changed();
    const now = this.now();
    const happening = { ...what, seconds: (now - store.session.startedAt) / 1_000 };
    const free = !store.showing && !host.busy() && !host.allowed();
    const prompt = free ? choose(store.list, happening, { ...store, now }) : null;
    if (what.kind !== "session_time") {
      store.session.happened = [...store.session.happened, happening].slice(-KEPT);
    }
    host.changed();
    if (prompt) this.show(prompt);
    else this.wait(now);
  }

  wait(now) {
    clearTimeout(this.timer);
    const wait = nextMoment(this.store.list, this.store.session, now);
    if (wait === null) return;
    this.timer = setTimeout(() => this.happens({ kind: "session_time" }), wait);
  }

  // ---- one prompt

  show(prompt) {
    const { store } = this;
    const { displays, lastAt } = store.records[prompt.id] ?? { displays: 0, lastAt: null };
    store.before = { record: { displays, lastAt }, lastShownAt: store.lastShownAt };
    store.records[prompt.id] = { displays: displays + 1, lastAt: this.now() };
    store.lastShownAt = this.now();
    store.session.shown = true;
    store.showing = prompt;
    this.tell(prompt, "impression");
    this.flush().catch(() => {});
  }

  /** The server knew better: it was shown elsewhere, was paused, or its person allowed meanwhile. */
  takeBack(promptId) {
    const { store } = this;
    if (store.showing?.id !== promptId) return;
    store.records[promptId] = store.before.record;
    store.lastShownAt = store.before.lastShownAt;
    store.showing = null;
    store.list = store.list.filter((prompt) => prompt.id !== promptId);
    this.host.changed();
  }

  /** Costs nothing. `how`: "button", "swipe", or "timeout" when the app went away below it. */
  async dismissed(how) {
    const prompt = this.leave();
    if (!prompt) return;
    this.tell(prompt, "dismiss", { how });
    await this.flush();
  }

  /** Yes. What that leads to, the server says; unreachable, what it said at the session's start. */
  async tapped() {
    const prompt = this.leave();
    if (!prompt) return;
    this.tell(prompt, "click", { element: "accept" });
    const answer = await this.flush();
    const next = answer?.next_action ?? prompt.action.next_action;
    if (next !== "none" && this.host.optedOut()) this.tell(prompt, "opt_in");
    if (next === "system_prompt") return this.askSystem(prompt);
    if (next === "open_settings") return this.goToSettings(prompt);
    await this.flush();
  }

  leave() {
    const prompt = this.store.showing;
    this.store.showing = null;
    this.host.changed();
    return prompt;
  }

  /** Spends an ask, now that its person said yes to it. */
  async askSystem(prompt) {
    this.store.settled = prompt;
    this.tell(prompt, "system_prompt_shown");
    if (await this.host.systemPrompt()) return this.flush();
    this.tell(prompt, "system_prompt_result", { result: "denied", dialog_shown: false });
    if (prompt.action.fallback_to_settings) return this.goToSettings(prompt);
    return this.flush();
  }

  /** The system's dialog ended. */
  async answered(result, { elapsed_ms } = {}) {
    const prompt = this.store.settled;
    this.store.settled = null;
    this.tell(prompt, "system_prompt_result", { result, dialog_shown: true, elapsed_ms });
    await this.flush();
  }

  async goToSettings(prompt) {
    this.store.settled = prompt;
    this.tell(prompt, "settings_opened");
    this.host.openSettings();
    await this.flush();
  }

  /** Back from the phone's settings, whatever was done there: {system, rationale} as read now. */
  async returned({ system, rationale }) {
    const prompt = this.store.settled;
    this.store.settled = null;
    this.tell(prompt, "settings_returned", { system, rationale });
    await this.flush();
  }

  // ---- telling

  tell(prompt, type, more = {}) {
    this.store.outbox.push({
      event_id: uuid(),
      prompt_id: prompt.id,
      device_id: this.host.deviceId(),
      version: prompt.version,
      session_id: this.store.session?.id,
      type,
      at: iso(this.now()),
      ...more,
    });
    this.host.changed();
  }

  /** In order, many in one call, each until it was taken: an event keeps its id, so twice is once. */
  flush() {
    this.sending ??= this.drain().finally(() => (this.sending = null));
    return this.sending;
  }

  async drain() {
    const { store, host } = this;
    let answer = null;
    while (store.outbox.length && host.online()) {
      const some = store.outbox.slice(0, AT_ONCE);
      answer = await this.client.promptEvents(some);
      const told = new Set(some.map((event) => event.event_id));
      store.outbox = store.outbox.filter((event) => !told.has(event.event_id));
      for (const { event_id, code } of answer.results) {
        const event = some.find((one) => one.event_id === event_id);
        if (code === "not_eligible") this.takeBack(event.prompt_id);
      }
      if (answer.permission) host.learn(answer.permission);
    }
    return answer;
  }
}

const recordOf = ({ displays, last_display_at }) => ({
  displays,
  lastAt: last_display_at ? Date.parse(last_display_at) : null,
});
const iso = (moment) => new Date(moment).toISOString();
