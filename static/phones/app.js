// The pretend app on one pretend phone: at each turn it does what client.js says an app should do.

import { DAY_MS, age, softPrompts } from "./host.js";
import { answerDialog, changeInSettings, freshInstall, newToken, readPermission, showsDialog, update } from "./system.js";

export class App {
  /** `changed(phone)` is called whenever something is to be drawn and kept. */
  constructor(phone, { client, back, changed }) {
    Object.assign(this, { phone, client, back, changed });
    this.prompts = softPrompts(this);
  }

  facts() {
    const { phone } = this;
    return {
      deviceId: phone.deviceId,
      platform: phone.platform,
      token: phone.token,
      os_version: phone.osVersion,
      ...(phone.apiLevel && { api_level: phone.apiLevel, target_sdk: 36 }),
      app_version: phone.appVersion,
      model: phone.model,
      locale: navigator.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      permission: readPermission(phone),
    };
  }

  // ---- whose phone

  /** Every start, sign-in and new token. */
  async register() {
    const answer = await this.client.register(this.facts(), this.phone.userId);
    this.learn(answer.permission);
  }

  async signInAs(userId) {
    this.phone.userId = userId;
    this.phone.banners = [];
    this.changed();
    await this.register();
  }

  async signOut() {
    const { deviceId, userId } = this.phone;
    await this.client.unregister(deviceId, userId);
    Object.assign(this.phone, { userId: "", banners: [] });
    this.changed();
  }

  async refreshToken() {
    const old = this.phone.token;
    this.phone.token = newToken();
    await this.back.setState(old, "unregistered");
    await this.register();
    this.changed();
  }

  // ---- permission

  /** What an app does before it asks: look what can be done at all. */
  async ask() {
    const wish = { fallbackToSettings: true };
    const { next_action } = await this.client.permission(this.phone.deviceId, wish);
    if (next_action === "opt_in") return this.optIn();
    if (next_action !== "system_prompt") return next_action;
    this.learn(await this.client.askShown(this.phone.deviceId));
    if (!showsDialog(this.phone)) return this.sawNoDialog();
    this.phone.ask = { since: Date.now() };
    this.changed();
    return next_action;
  }

  /** The app called for the dialog and the system showed none: it was decided long ago. */
  async sawNoDialog() {
    const allowed = this.phone.system === "authorized";
    const result = allowed ? "granted" : "denied";
    const how = { dialog_shown: false };
    this.learn(await this.client.askResult(this.phone.deviceId, result, how));
    return allowed ? "none" : "open_settings";
  }

  async answer(result) {
    const { since, soft } = this.phone.ask;
    const elapsed_ms = Math.max(500, Date.now() - since);
    this.phone.ask = null;
    answerDialog(this.phone, result);
    this.changed();
    if (soft) return this.prompts.answered(result, { elapsed_ms });
    this.learn(await this.client.askResult(this.phone.deviceId, result, { elapsed_ms }));
  }

  async changeInSettings(system) {
    changeInSettings(this.phone, system);
    this.changed();
    await this.report("settings");
  }

  async report(source) {
    const report = { ...readPermission(this.phone), source };
    this.learn(await this.client.reportPermission(this.phone.deviceId, report));
  }

  async optOut() {
    this.learn(await this.client.optOut(this.phone.deviceId));
  }

  async optIn() {
    const answer = await this.client.optIn(this.phone.deviceId);
    this.learn(answer);
    if (answer.next_action === "system_prompt") await this.ask();
    return answer.next_action;
  }

  learn(permission) {
    this.phone.permission = permission;
    this.changed();
  }

  // ---- soft prompts

  /** The app comes to the front, or leaves it. */
  async setForeground(on) {
    this.phone.foreground = on;
    this.changed();
    if (!on) return this.prompts.close();
    if (this.phone.userId && this.phone.installed) await this.prompts.open();
  }

  tapPrompt() {
    return this.prompts.tapped();
  }

  dismissPrompt(how) {
    return this.prompts.dismissed(how);
  }

  /** The phone's settings screen: left by itself it is an ordinary visit, which the app reports. */
  openSettings() {
    this.phone.inSettings = true;
    this.changed();
  }

  turn(system) {
    changeInSettings(this.phone, system);
    this.changed();
  }

  async leaveSettings() {
    this.phone.inSettings = false;
    this.changed();
    if (!this.prompts.store.settled) return this.report("settings");
    await this.prompts.returned(readPermission(this.phone));
  }

  /** Days pass, with the app closed: here and in what Beckon remembers of this phone. */
  async moveOn(days) {
    await this.setForeground(false);
    await this.back.later(this.phone.deviceId, days);
    age(this.prompts.store, days * DAY_MS);
    this.phone.ahead += days * DAY_MS;
    this.changed();
  }

  // ---- the system and the app

  async update(osVersion) {
    update(this.phone, osVersion);
    this.changed();
    if (this.phone.userId && this.phone.installed) await this.register();
  }

  async remove() {
    await this.back.setState(this.phone.token, "unregistered");
    Object.assign(this.phone, { installed: false, banners: [], ask: null, testPhone: false });
    this.changed();
  }

  /** Another installation: nothing is remembered, and the app asks at its first start. */
  async installAgain() {
    if (this.phone.installed) await this.remove();
    Object.assign(this.phone, freshInstall(this.phone));
    this.prompts = softPrompts(this);
    this.changed();
    await this.firstStart();
  }

  /** Register, and ask as this app does: at once (`allow`: somebody taps Allow), or not by itself. */
  async firstStart({ allow = false } = {}) {
    await this.register();
    if (this.phone.waits) return;
    await this.ask();
    if (allow && this.phone.ask) await this.answer("granted");
  }

  async setOffline(offline) {
    this.phone.offline = offline;
    this.changed();
    await this.back.setState(this.phone.token, offline ? "offline" : "registered");
    await this.prompts.flush();
  }

  async useForTests(on) {
    await this.back.setTestPhone(this.phone.deviceId, on);
    this.phone.testPhone = on;
    this.changed();
  }

  // ---- messages

  async gotMessage(message) {
    const id = message.data.notificationId;
    if (id) await this.client.received(this.phone.deviceId, id);
  }

  async tap(banner) {
    const { data } = banner;
    this.phone.banners = this.phone.banners.filter((one) => one !== banner);
    this.phone.opened = { page: data.initialPageName ?? "", parameters: data.parameterData ?? "" };
    this.changed();
    if (data.notificationId) await this.client.opened(this.phone.deviceId, data.notificationId);
  }

  swipeAway(banner) {
    this.phone.banners = this.phone.banners.filter((one) => one !== banner);
    this.changed();
  }
}
