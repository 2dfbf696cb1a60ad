// The reference client: all that an app has to say to Beckon, in plain fetch. No dependency, no
// page: copy it, or read it as a recipe for your own language.
//
//   1  someone signs in            client.register(phone, userId)
//   2  new token, and every start  client.register(phone, userId) again
//   3  back in the foreground      client.reportPermission(deviceId, …)
//   4  before asking               (await client.permission(deviceId)).next_action
//   5  a message came, was tapped  client.received(…), client.opened(…)
//   6  someone signs out           client.unregister(deviceId, userId)
//
// Soft prompts, which explain before the system asks, are prompts.js on top of this.

const TRIES = 3;
const PAUSE_MS = 500;

/** What the API answered instead of 2xx: `status`, `code` and `detail` of its problem+json. */
export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.problem = problem;
  }
}

export class Client {
  /**
   * @param {object} options
   * @param {string} options.api   where the API is: "https://push.example.com/api/v1"
   * @param {string} options.key   a client key, pk_…; it ships in the app and is no secret
   * @param {(userId: string) => Promise<string>} options.sign  asks the app's own back end for
   *   hex(HMAC_SHA256(identity secret, userId)). The secret never leaves the back end: the
   *   signature is what proves that this phone may register for this user.
   * @param {(call: object) => void} [options.onCall]  told of every call, for a log
   */
  constructor({ api, key, sign, onCall = () => {} }) {
    Object.assign(this, { api, key, sign, onCall });
  }

  // ---- whose phone is this?

  /**
   * Say whose phone this is, on every sign-in, start and new token; the last one to say so is
   * right. `phone`: deviceId, platform ("ios" | "android"), and what is known of token,
   * os_version, api_level, target_sdk, app_version, model, locale, timezone, permission.
   * Answers {device_id, user_id, replaced_previous_owner, permission: {…, next_action}}.
   */
  async register({ deviceId, ...facts }, userId) {
    const headers = { "X-User-Signature": await this.sign(userId) };
    return this.call("PUT", device(deviceId), { user_id: userId, ...facts }, headers);
  }

  /**
   * Stop pushes to this phone. With `userId` only if that user is still the active owner: safe
   * when someone else signed in meanwhile, and it works after the session is gone.
   */
  async unregister(deviceId, userId) {
    if (!userId) return this.call("POST", "/devices/unregister", { device_id: deviceId });
    const headers = { "X-User-Signature": await this.sign(userId) };
    const body = { device_id: deviceId, user_id: userId };
    return this.call("POST", "/devices/unregister", body, headers);
  }

  // ---- may it show anything?

  /**
   * {status, asks_left, deliverable, notification_types, next_action} as far as Beckon knows.
   * `fallbackToSettings`: after a denial next_action is "open_settings" instead of "none".
   */
  permission(deviceId, { fallbackToSettings = false } = {}) {
    const query = fallbackToSettings ? "?fallback_to_settings=true" : "";
    return this.call("GET", `${device(deviceId)}/permission${query}`);
  }

  /**
   * Report what the system says, raw: `system` ("authorized", "denied", "not_determined",
   * "provisional"), on Android `rationale` (shouldShowRequestPermissionRationale), on iOS `alert`,
   * `sound`, `badge`. `source`: "settings" after a visit there, else "report".
   */
  reportPermission(deviceId, report) {
    return this.call("POST", `${device(deviceId)}/permission`, { event_id: uuid(), ...report });
  }

  /** The system's dialog is being shown. Throws ApiError "no_ask_left" when it would show none. */
  askShown(deviceId, options = { alert: true, sound: true, badge: true }) {
    const body = { phase: "shown", options, event_id: uuid() };
    return this.call("POST", `${device(deviceId)}/permission/ask`, body);
  }

  /** How the dialog ended: "granted", "denied", or on Android "dismissed" (nothing is spent). */
  askResult(deviceId, result, { elapsed_ms, dialog_shown } = {}) {
    const body = { phase: "result", result, elapsed_ms, dialog_shown, event_id: uuid() };
    return this.call("POST", `${device(deviceId)}/permission/ask`, body);
  }

  /** No pushes here, whatever the system allows. */
  optOut(deviceId) {
    return this.call("POST", `${device(deviceId)}/opt-out`);
  }

  /** Pushes again; `next_action` of the answer says what else is needed for it. */
  optIn(deviceId) {
    return this.call("POST", `${device(deviceId)}/opt-in`);
  }

  // ---- soft prompts (prompts.js)

  /** The app came to the front: {prompts: [{id, content, triggers, frequency, action, …}]}. */
  startSession(deviceId, facts) {
    return this.call("POST", `${device(deviceId)}/sessions`, facts);
  }

  /**
   * What became of prompts, up to 100 in one call: {results: [{event_id, recorded, code}],
   * permission, next_action}; code "not_eligible" takes back a display that lost.
   */
  promptEvents(events) {
    return this.call("POST", "/prompts/events", { events });
  }

  // ---- what became of a message

  /** The app was given the message: its `data.notificationId` names the notification. */
  received(deviceId, notificationId) {
    return this.tell([event("received", deviceId, notificationId)]);
  }

  /** Someone tapped it. */
  opened(deviceId, notificationId) {
    return this.tell([event("opened", deviceId, notificationId)]);
  }

  /** Up to 100 events in one call. Each keeps its event_id, so telling twice counts once. */
  tell(events) {
    return this.call("POST", "/events", { events });
  }

  // ---- one call

  /** Every call may be repeated without harm, so it is when nothing answers, or 429, or 5xx. */
  async call(method, path, body, headers = {}) {
    for (let left = TRIES - 1; ; left--) {
      const answer = await this.fetch(method, path, body, headers);
      if (answer?.ok) return this.done(method, path, body, answer);
      const again = !answer || answer.status === 429 || answer.status >= 500;
      if (!again || !left) throw await this.failed(method, path, body, answer);
      await pause(Number(answer?.headers.get("Retry-After")) * 1000 || PAUSE_MS);
    }
  }

  /** The response, or null when there was none. */
  async fetch(method, path, body, headers) {
    try {
      return await fetch(this.api + path, {
        method,
        headers: {
          Authorization: `Bearer ${this.key}`,
          ...(body && { "Content-Type": "application/json" }),
          ...headers,
        },
        body: body && JSON.stringify(body),
        credentials: "omit",
      });
    } catch {
      return null;
    }
  }

  async done(method, path, body, answer) {
    const said = await answer.json();
    this.onCall({ method, path, body, status: answer.status, answer: said });
    return said;
  }

  async failed(method, path, body, answer) {
    const problem = await answer?.json().catch(() => ({}));
    const error = new ApiError(answer?.status ?? 0, problem ?? { detail: "Nothing answered." });
    this.onCall({ method, path, body, status: error.status, error });
    return error;
  }
}

const device = (deviceId) => `/devices/${encodeURIComponent(deviceId)}`;

const event = (type, deviceId, notificationId) => ({
  event_id: uuid(),
  type,
  device_id: deviceId,
  notification_id: notificationId,
  at: new Date().toISOString(),
});

const pause = (ms) => new Promise((done) => setTimeout(done, Math.min(ms, 60_000)));

/** crypto.randomUUID wants https; this works everywhere. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
