// What a phone does not do itself: the app's own back end vouches for its users, and FCM notices
// that a phone is offline or lost the app. The console plays both, for the sandbox only.

export class Back {
  constructor({ inboxUrl, signUrl, stateUrl, testPhoneUrl, laterUrl, csrf }) {
    Object.assign(this, { inboxUrl, signUrl, stateUrl, testPhoneUrl, laterUrl, csrf });
  }

  /** hex(HMAC_SHA256(identity secret, userId)) */
  sign = async (userId) => (await this.post(this.signUrl, { user_id: userId })).signature;

  setState(token, state) {
    return this.post(this.stateUrl, { token, state });
  }

  setTestPhone(device_id, on) {
    return this.post(this.testPhoneUrl, { device_id, on });
  }

  /** What Beckon remembers of this phone's prompts becomes so many days older. */
  later(device_id, days) {
    return this.post(this.laterUrl, { device_id, days });
  }

  /** What reached the phone since the message named `after`, oldest first. */
  async inbox(token, after) {
    const answer = await fetch(`${this.inboxUrl}?${new URLSearchParams({ token, after })}`);
    if (!answer.ok) throw new Error(`The sandbox’s inbox answered ${answer.status}.`);
    return (await answer.json()).messages;
  }

  async post(url, body) {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
      body: JSON.stringify(body),
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.error ?? `${url} answered ${answer.status}.`);
    return said;
  }
}
