// What a phone's operating system does by itself: keeps the permission, shows dialogs and banners,
// gives out tokens. Nothing here talks to Beckon; the app (phones.js) reports what it finds.

import { uuid } from "./client.js";

export const MODELS = { ios: "iPhone 17", android: "Pixel 10" };
export const VERSIONS = {
  ios: [["26"], ["18"], ["17"], ["16"], ["15"]],
  android: [["16", 36], ["15", 35], ["14", 34], ["13", 33], ["12", 31], ["11", 30], ["8.0", 26]],
};
const ASKING_SINCE = 33; // Android 13 is the first that asks
const ASKS = { ios: 1, android: 2 };

export function newPhone(platform, userId) {
  const [osVersion, apiLevel = null] = VERSIONS[platform][0];
  return {
    id: uuid(),
    platform,
    model: MODELS[platform],
    osVersion,
    apiLevel,
    appVersion: "1.0",
    userId,
    foreground: false,
    offline: false,
    waits: false, // the app asks for nothing at its first start
    ahead: 0, // ms: days that were let pass
    testPhone: false,
    ...freshInstall({ platform, apiLevel }),
  };
}

/** A new installation: another id, another token, and nobody was ever asked. */
export function freshInstall({ platform, apiLevel }) {
  return {
    installed: true,
    deviceId: `pretend-${uuid()}`,
    token: newToken(),
    system: neverAsks(platform, apiLevel) ? "authorized" : "not_determined",
    denials: 0,
    permission: null,
    banners: [],
    lastMessage: "",
    opened: null,
    ask: null,
    inSettings: false,
    prompts: null,
  };
}

/** As FCM's look: an installation id, a colon, and a long rest. */
export function newToken() {
  return `${letters(22)}:APA91b${letters(134)}`;
}

function letters(count) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return [...crypto.getRandomValues(new Uint8Array(count))].map((n) => alphabet[n & 63]).join("");
}

export function neverAsks(platform, apiLevel) {
  return platform === "android" && apiLevel < ASKING_SINCE;
}

// ---- permission

/** Whether calling for permission shows a dialog at all. */
export function showsDialog(phone) {
  if (phone.system === "authorized") return false;
  if (neverAsks(phone.platform, phone.apiLevel)) return false;
  return phone.denials < ASKS[phone.platform];
}

/** The dialog ends: "granted", "denied", or swiped away, which only Android knows. */
export function answerDialog(phone, result) {
  if (result === "granted") phone.system = "authorized";
  if (result === "denied") {
    phone.denials = Math.min(phone.denials + 1, ASKS[phone.platform]);
    phone.system = "denied";
  }
}

/** Somebody changes it in the phone's settings: "authorized", "provisional" or "denied". */
export function changeInSettings(phone, system) {
  const turnedOff = phone.system === "authorized" && system === "denied";
  if (turnedOff) phone.denials = 1; // Android usually asks once more after that; iOS never
  phone.system = system;
}

/** What an app can read of it, as it is reported. */
export function readPermission(phone) {
  if (phone.platform === "ios") {
    const on = phone.system === "authorized";
    const quiet = phone.system === "provisional";
    return { system: phone.system, alert: on, sound: on, badge: on || quiet };
  }
  const asks = !neverAsks(phone.platform, phone.apiLevel);
  const rationale = asks && phone.system === "denied" && phone.denials === 1;
  return { system: phone.system, rationale };
}

/** A system update. Permission that was given stays; one that asks begins to ask. */
export function update(phone, osVersion) {
  const [, apiLevel = null] = VERSIONS[phone.platform].find(([name]) => name === osVersion);
  Object.assign(phone, { osVersion, apiLevel });
  if (neverAsks(phone.platform, apiLevel) && phone.system === "not_determined") {
    phone.system = "authorized";
  }
}

// ---- messages

/** What the system reads of an FCM message. */
export function read({ name, message }) {
  const { notification = {}, data = {}, android = {}, apns = {} } = message;
  return {
    name,
    data,
    title: notification.title ?? "",
    body: notification.body ?? "",
    image: notification.image ?? "",
    ios: {
      image: apns.fcm_options?.image ?? notification.image ?? "",
      sound: Boolean(apns.payload?.aps?.sound),
      replaces: apns.headers?.["apns-collapse-id"] ?? "",
    },
    android: {
      image: android.notification?.image ?? notification.image ?? "",
      sound: Boolean(android.notification?.sound),
      replaces: android.notification?.tag ?? "",
      channel: android.notification?.channel_id ?? "",
    },
  };
}

/**
 * What happens when a message arrives: {shown, toApp, banner}. In the foreground the system shows
 * nothing and hands it to the app; without permission nobody sees or hears of it.
 */
export function arrive(phone, raw) {
  const message = read(raw);
  const mine = message[phone.platform];
  if (phone.foreground) return { shown: false, toApp: true };
  if (!["authorized", "provisional"].includes(phone.system)) return { shown: false, toApp: false };
  const quietly = phone.system === "provisional";
  const banner = {
    name: message.name,
    title: message.title,
    body: message.body,
    image: mine.image,
    sound: mine.sound && !quietly,
    quietly,
    channel: mine.channel ?? "",
    replaces: mine.replaces,
    data: message.data,
    at: Date.now(),
  };
  phone.banners = [
    banner,
    ...phone.banners.filter((old) => !banner.replaces || old.replaces !== banner.replaces),
  ].slice(0, 20);
  return { shown: true, toApp: true, banner };
}
