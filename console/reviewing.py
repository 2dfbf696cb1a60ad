"""What the Review page says: the domain's numbers in sentences, bars and facts."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from console import drafts, exact, to_one, when_words
from console.clock import span
from console.forms import moments, pictures, when_told
from console.read_as import Reading, others, reading
from console.templatetags.beckon import n, plural
from devices import preferences
from notifications import content, lifecycle, reach, review, waves
from notifications import moments as timing
from notifications.fcm.credentials import BadCredentials
from notifications.models import Notification
from notifications.personal import Person
from notifications.revision import image_url, message_of, page_of, texts_of
from notifications.sending import channel
from notifications.states import IfPast, SendTo, TargetOS

LOOKS = {  # reason: how its bar is filled, the same as elsewhere for that permission
    "no_permission_denied": "denied",
    "no_permission_never_asked": "should_request",
    "opted_out": "opted_out",
    "unregistered": "app_removed",
}
HINTS = {  # shorter than the sentence of the reason, which its label says already
    "no_permission_denied": "In the phone’s own settings",
    "no_permission_never_asked": "A prompt in the app could still win them",
    "opted_out": "Their choice; Beckon respects it",
}
WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def context(notification: Notification, found: review.Review, now: datetime) -> dict[str, Any]:
    falls = found.waterfall
    return {
        "review": found,
        "falls": falls,
        "steps": steps(notification, falls),
        "reasons_words": reasons_words(len(falls.steps)),
        "facts": facts(notification, found),
        "things": things(len(found.oddities)),
        "must_tick": [odd for odd in found.oddities if odd.must_tick],
        "good_to_know": [odd for odd in found.oddities if not odd.must_tick],
        "undo_s": lifecycle.undo_window(found.will_send).total_seconds(),
        "systems": systems(notification, found),
        "key_trouble": key_trouble(),
        "clocks": clocks(notification, found, now),
        "ahead": times_ahead(notification, now),
        **shown(notification),
        **jsons(notification, now, read_by(notification).person),
    }


def key_trouble() -> str:
    """Why nothing could be sent with the key that is in place; "" when it can be read."""
    if channel.in_sandbox():
        return ""
    try:
        channel.credentials()
    except BadCredentials as error:
        return str(error)
    return ""


def nobody(notification: Notification, now: datetime) -> dict[str, Any]:
    """The state in which no phone would get it: the waterfall says why."""
    falls, person = reach.waterfall(notification, now), to_one.only(notification)
    return {
        "falls": falls,
        "steps": steps(notification, falls),
        "now": now,
        "person": person,
        "ways": to_one.ways(person, now) if person else None,
    }


def steps(notification: Notification, falls: reach.Waterfall) -> list[dict[str, Any]]:
    each = f"{round(falls.phones / falls.people, 2):g} each" if falls.people > 1 else ""
    rows: list[dict[str, Any]] = [
        {"kind": "from", "look": "rest", "label": "People", "count": falls.people,
         "note": to_whom(notification)},
        {"kind": "from", "label": "Their phones", "count": falls.phones, "note": each},
    ]  # fmt: skip
    for step in falls.steps:
        rows.append(
            {
                "kind": "minus",
                "look": LOOKS.get(step.reason, "skipped"),
                "label": step.label,
                "count": step.count,
                "note": HINTS.get(step.reason, step.hint),
                "url": phones_url(notification, step.reason),
            }
        )
    told = [f"{n(falls.quietly)} of them quietly"] if falls.quietly else []
    told += [f"{n(falls.deferred)} when quiet hours end"] if falls.deferred else []
    rows.append(
        {
            "kind": "total",
            "label": "Will be sent",
            "count": falls.will_send,
            "note": ", ".join(told),
            "url": phones_url(notification, ""),
        }
    )
    return rows


def phones_url(notification: Notification, reason: str) -> str:
    """The rows behind a bar."""
    return reverse("review_phones", args=[notification.uuid]) + f"?{urlencode({'why': reason})}"


def to_whom(notification: Notification) -> str:
    if person := to_one.only(notification):
        return to_one.name(person)
    if notification.send_to == SendTo.USERS:
        return f"{plural(len(notification.recipients), 'person,people')} named one by one"
    if notification.send_to == SendTo.AUDIENCE and notification.audience:
        return f"Audience “{notification.audience}”"
    return "Everyone"


def reasons_words(count: int) -> str:
    number = WORDS[count] if count < len(WORDS) else str(count)
    return f"{number} {'reason' if count == 1 else 'reasons'}"


def things(count: int) -> str:
    number = WORDS[count] if count < len(WORDS) else str(count)
    return f"{number.capitalize()} {'thing' if count == 1 else 'things'} to know"


# ---------------------------------------------------------------- the panel


def facts(notification: Notification, found: review.Review) -> list[dict[str, Any]]:
    takes = max(1, round(found.takes_s))
    batches = plural(found.batches, "batch,batches")
    rows = [
        {"term": "Goes to", "text": to_whom(notification)},
        {"term": "Target OS", "text": notification.get_target_os_display()},
        {"term": "Starts", "text": starts(notification, found)},
        {"term": "Takes about", "text": f"{span(takes)}, in {batches}"},
        {"term": "Waves", "text": waves_words(notification)},
        {"term": "Opens", "text": opens(notification)},
        {"term": "Gives up after", "text": span(notification.ttl_s) if notification.ttl_s else "At once"},
        {"term": "Author", "text": author(notification)},
    ]  # fmt: skip
    return [row for row in rows if row["text"]]


def waves_words(notification: Notification) -> str:
    """1 %, up to 10 %, then the rest; 10 min between."""
    if not notification.waves:
        return ""
    first, *later = [f"{one:g} %" for one in notification.waves["percents"]]
    told = ", ".join([first, *(f"up to {one}" for one in later), "then the rest"])
    return f"{told}; {span(waves.wait_s(notification.waves))} between"


def starts(notification: Notification, found: review.Review) -> str:
    undo = lifecycle.undo_window(found.will_send).total_seconds()
    said = when_words.when_words(
        notification, f"Now, after {span(undo)} to undo" if undo else "Now, at once"
    )
    if not notification.send_at or notification.repeat or notification.each_clock:
        return said
    one = moments.kept(notification.send_at, notification.timezone, notification.wall)
    return f"{said}. {one.note}".strip(". ")


def clocks(notification: Notification, found: review.Review, now: datetime) -> list[dict[str, Any]]:
    """Each zone of the audience: when its turn comes, and for how many phones."""
    if not notification.each_clock:
        return []
    begins = now + lifecycle.undo_window(found.will_send)
    past = {IfPast.NOW: "at once", IfPast.TOMORROW: "the day after", IfPast.SKIP: "left out"}
    return [
        {
            "zone": one.turn.zone,
            "at": None if one.turn.skipped else one.turn.at,
            "past": f"Passed there: {past[IfPast(notification.if_past)]}" if one.turn.past else "",
            "phones": one.phones,
        }
        for one in timing.turns(notification, begins)
    ]


def times_ahead(notification: Notification, now: datetime) -> dict[str, Any]:
    """The next times of what repeats, and what is odd about them."""
    return when_told.told_of(notification, now) if notification.repeat else {}


def opens(notification: Notification) -> str:
    if not notification.initial_page:
        return "Home"
    told = [f"{name} = {text}" for name, text in notification.parameters.items()]
    return ", ".join([notification.initial_page, *told])


def author(notification: Notification) -> str:
    if notification.author is None:
        return str(notification.author_key or "")
    return notification.author.get_full_name() or notification.author.get_username()


# ---------------------------------------------------------------- the message


def shown(notification: Notification) -> dict[str, Any]:
    picture, texts = pictures.of(notification), texts_of(notification)
    read = read_by(notification)
    several = len(texts.copies) > 1 and not read.asked
    return {
        "title": read.title,
        "body": read.body,
        "reading": read,
        "languages": others(texts, weighed(notification)) if several else [],
        "image": picture.src if picture else "",
        "app_name": preferences.get("app_name"),
        "android_cut": drafts.android_cut(read.body) if picture else "",
    }


def read_by(notification: Notification) -> Reading:
    """As the one person reads it to whom it goes, else as anybody does."""
    person = to_one.only(notification)
    return reading(texts_of(notification), person.user_id if person else "")


def weighed(notification: Notification) -> dict[str, dict[str, int]]:
    message = message_of(notification)
    return content.sizes_by_language(message, page_of(notification), image_url(message.image))


def systems(notification: Notification, found: review.Review) -> dict[str, dict[str, Any]]:
    """Phones, sound, picture and size on each system that it goes to."""
    size = notification.image_facts.get("bytes") if notification.image else None
    picture = f"{size // 1000} kB" if size else ("yes" if notification.image else "none")
    sounds = sound_words(notification)
    return {
        one: {
            "phones": found.waterfall.will_send_by.get(one, 0),
            "sound": sounds[one],
            "picture": f"{picture}, {where}" if notification.image else "None",
            "size": found.sizes[one],
            "size_max": content.BYTES_MAX,
        }
        for one, where in (("ios", "thumbnail"), ("android", "full width"))
        if notification.target_os in (one, TargetOS.ALL)
    }


def sound_words(notification: Notification) -> dict[str, str]:
    known = preferences.read("sound_channel", "silent_channel")
    channel = known["sound_channel" if notification.sound else "silent_channel"]
    on = "on" if notification.sound else "off"
    return {
        "ios": "Default" if notification.sound else "Silent",
        "android": f"Channel “{channel}”, {on}"
        if channel
        else f"{on.capitalize()}; the app’s own channel",
    }


def jsons(notification: Notification, now: datetime, person: Person) -> dict[str, str]:
    return {
        "json_ios": exact.text(notification, "ios", now, person),
        "json_android": exact.text(notification, "android", now, person),
    }
