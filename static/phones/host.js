// What soft prompts want of the app that shows them: prompts.js decides, this does it on the phone.

import { SoftPrompts, newStore } from "./prompts.js";
import { showsDialog } from "./system.js";

export const DAY_MS = 24 * 3_600_000;

export function softPrompts(app) {
  const { phone, client } = app;
  phone.prompts ??= newStore();
  return new SoftPrompts({ client, store: phone.prompts, host: hostOf(app) });
}

function hostOf(app) {
  const { phone } = app;
  return {
    deviceId: () => phone.deviceId,
    appVersion: () => phone.appVersion,
    online: () => !phone.offline,
    allowed: () => phone.system === "authorized" && !optedOut(phone),
    optedOut: () => optedOut(phone),
    busy: () => Boolean(phone.ask || phone.inSettings),
    changed: () => app.changed(),
    learn: (permission) => app.learn(permission),
    systemPrompt: () => {
      if (!showsDialog(phone)) return false;
      phone.ask = { since: Date.now(), soft: true };
      app.changed();
      return true;
    },
    openSettings: () => {
      phone.inSettings = true;
      app.changed();
    },
  };
}

const optedOut = (phone) => phone.permission?.notification_types === -2;

/** All that this phone remembers becomes so much older: the same as if that time had passed. */
export function age(store, ms) {
  for (const record of Object.values(store.records)) if (record.lastAt !== null) record.lastAt -= ms;
  if (store.lastShownAt !== null) store.lastShownAt -= ms;
  for (const event of store.outbox) event.at = new Date(Date.parse(event.at) - ms).toISOString();
  store.session = null;
}
