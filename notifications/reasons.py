"""One catalogue of reasons for pages, API and export: what each means and what to do next."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    label: str  # a noun for a bar or a table
    sentence: str  # what happened, in plain words
    next_step: str  # what would change it; empty when nothing has to


CATALOGUE: dict[str, Reason] = {
    # not sent, on purpose
    "no_permission_never_asked": Reason(
        "Never asked for permission",
        "The app has not asked this phone for permission yet.",
        "Show a permission prompt in the app; a first ask is still unspent.",
    ),
    "no_permission_denied": Reason(
        "Notifications are off",
        "Notifications are off in the phone’s own settings.",
        "Only they can switch them back on, in Settings.",
    ),
    "opted_out": Reason(
        "Opted out in the app",
        "They opted out in the app, and Beckon respects it.",
        "They can opt in again in the app.",
    ),
    "no_token": Reason(
        "No token yet",
        "The app registered without an FCM token, so there is no address to send to.",
        "It comes with the app’s next registration.",
    ),
    "unregistered": Reason(
        "Signed out or app removed",
        "The phone was unregistered before its turn came.",
        "It is reachable again once someone signs in on it.",
    ),
    "owner_changed": Reason(
        "Owner changed",
        "Someone else had signed in on this phone, so it was not sent to it.",
        "",
    ),
    "stale": Reason(
        "Not seen for a month",
        "The phone has not been seen for more than 30 days, and the sending policy leaves it out.",
        "Settings → Sending policy decides whether such phones are sent to.",
    ),
    "excluded": Reason("Left out by you", "The notification leaves them out.", ""),
    "frequency_cap": Reason(
        "Over the frequency limit",
        "They got as many notifications lately as the sending policy or this one allows.",
        "Room comes with time; ops can change the limit under Settings → Sending policy.",
    ),
    "quiet_hours": Reason(
        "Quiet hours",
        "Quiet hours held where they are.",
        "Settings → Sending policy sets the hours.",
    ),
    "time_passed": Reason(
        "Their clock had passed it",
        "The chosen time has passed where they are, and such people are left out.",
        "",
    ),
    "too_big": Reason(
        "Too large with their data",
        "With this person’s values the message is larger than 4\u202f000 bytes.",
        "Its text has to be shorter, or the values in their attributes.",
    ),
    "already_has_it": Reason("Already has it", "This phone was sent the message before.", ""),
    "other_os": Reason("Other system", "The notification is for the other system.", ""),
    "not_in_audience": Reason("Not in the audience", "This person was not among the audience.", ""),
    # FCM's word about the token
    "dead_token:unregistered": Reason(
        "App removed",
        "The app was removed from this phone, and no more is sent to it.",
        "It is reachable again once the app is installed and registers.",
    ),
    "dead_token:invalid_argument": Reason(
        "Not a token", "FCM does not know this token’s form.", "The app must register again."
    ),
    "invalid_argument": Reason(
        "Refused by FCM",
        "FCM refused the message itself.",
        "Read FCM’s words below, correct the message and send it anew.",
    ),
    "sender_id_mismatch": Reason(
        "Another Firebase project",
        "The token belongs to another Firebase project than the key.",
        "Check that the app and FIREBASE_CREDENTIALS belong to the same project.",
    ),
    # in doubt
    "timeout": Reason(
        "No answer in time",
        "Google’s answer never reached us. They may or may not have it, so we did not repeat it.",
        "Resend to the unknown if it matters more than a possible repeat.",
    ),
    "reset": Reason(
        "Connection cut",
        "The connection was cut after the message was written. They may or may not have it.",
        "Resend to the unknown if it matters more than a possible repeat.",
    ),
    "bad_body": Reason(
        "Unreadable answer",
        "Google answered, but not in a form that names a message.",
        "Resend to the unknown if it matters more than a possible repeat.",
    ),
    "gateway": Reason(
        "Gateway error",
        "A gateway before FCM answered in its place. They may or may not have it.",
        "Resend to the unknown if it matters more than a possible repeat.",
    ),
    "worker_lost": Reason(
        "Worker stopped midway",
        "The worker ended between sending and writing down the answer.",
        "Resend to the unknown if it matters more than a possible repeat.",
    ),
    # waiting, then perhaps expired
    "quota": Reason(
        "Too many requests", "Google asked us to slow down.", "Beckon tries again by itself."
    ),
    "unavailable": Reason(
        "FCM was overloaded", "FCM could not take it just then.", "Beckon tries again by itself."
    ),
    "internal": Reason(
        "FCM had an error", "FCM reported an error of its own.", "Beckon tries again by itself."
    ),
    "connect": Reason(
        "No connection",
        "FCM could not be reached, so nothing was sent.",
        "Check the network of the worker; Beckon tries again by itself.",
    ),
    "refused_stream": Reason(
        "Not processed", "FCM closed the connection before it took the message.", ""
    ),
    "ttl": Reason("Too late", "The message’s time ran out before FCM took it.", ""),
    "stopped": Reason("Stopped", "Someone stopped the notification first.", ""),
    # why a notification pauses or is held
    "iam": Reason(
        "Permission missing at Google",
        "Google refuses the service account: it may not send messages.",
        "Grant it the role roles/firebasecloudmessaging.admin (or a custom role with "
        "cloudmessaging.messages.create), then resume.",
    ),
    "api_disabled": Reason(
        "API not enabled",
        "The Firebase Cloud Messaging API is not enabled in this Google project.",
        "Enable it in the Google Cloud console, wait a few minutes, then resume.",
    ),
    "apns_key": Reason(
        "APNs key missing",
        "Apple refused Firebase’s key for this app, so iPhones wait; Android went on.",
        "Upload the APNs key under Project settings → Cloud Messaging in Firebase, then resume.",
    ),
    "wrong_project": Reason(
        "Wrong project",
        "The tokens belong to another Firebase project than the key.",
        "Check FIREBASE_CREDENTIALS against the app’s Firebase configuration.",
    ),
    "credentials": Reason(
        "Credentials refused",
        "Google no longer accepts the service account’s key.",
        "Put a new key in place (FIREBASE_CREDENTIALS), restart the workers, then resume.",
    ),
    "bad_message": Reason(
        "Message refused",
        "FCM refused the message itself, so Beckon paused before trying everyone.",
        "Stop it, correct the message and send it anew.",
    ),
    "brake": Reason(
        "Unusually many dead tokens",
        "More than a fifth of the phones answered as removed; that can mean the wrong project.",
        "If the project is right, resume and they are retired. Otherwise stop.",
    ),
    "guard": Reason("A guard paused it", "A rate passed its limit.", "Look, then resume or stop."),
    "by_person": Reason("Paused by hand", "Someone paused it.", "Resume when ready."),
    "late": Reason(
        "Held: late",
        "Its time passed while nothing could send, so it waits for a person.",
        "Send now, choose another time, or cancel.",
    ),
    "zone_late": Reason(
        "A zone’s time has passed",
        "Its time passed in some zones while nothing could send there.",
        "Resume to send there now, or stop.",
    ),
    "restored": Reason(
        "Restored from a backup",
        "A backup was put back, and this may have gone out, or gone on, after it was made.",
        "Look in the app or at Google whether it did: then stop or cancel it. Else let it go on; "
        "phones that it reached since the backup get it twice.",
    ),
    "superseded": Reason(
        "Held: the next one has come",
        "Its time passed while nothing could send, and the next of its series is due as well.",
        "Send now as well, or cancel.",
    ),
    "zone_rules": Reason(
        "Held: the zone’s clocks changed their rules",
        "The rules of its time zone changed after this was confirmed, so its time on that clock is "
        "another moment now.",
        "Send now, choose the time again, or cancel.",
    ),
    "series_paused": Reason(
        "Held: its series is paused",
        "Someone paused the series that it belongs to.",
        "Resume the series and it goes at its time, or send it now.",
    ),
    "audience": Reason(
        "Held: the audience was edited",
        "Its audience was changed or archived after this was confirmed.",
        "Look at who is in it, then send now or cancel.",
    ),
    "drift": Reason(
        "Held: the audience changed",
        "The number of phones moved since the review.",
        "Look at both numbers, then send now or cancel.",
    ),
}
UNKNOWN_REASON = Reason("Other", "FCM gave this reason.", "")


def reason(code: str, outcome: str = "") -> Reason:
    """`outcome` parts what one code says of a phone from what it says of its token."""
    return CATALOGUE.get(f"{outcome}:{code}") or CATALOGUE.get(code) or UNKNOWN_REASON


def label(code: str, outcome: str = "") -> str:
    found = reason(code, outcome)
    return found.label if found is not UNKNOWN_REASON else code.replace("_", " ").capitalize()


def sentence(code: str, outcome: str = "") -> str:
    return reason(code, outcome).sentence


def next_step(code: str, outcome: str = "") -> str:
    return reason(code, outcome).next_step
