"""An explanation as pages draw it: the sentence, a lane for each phone, the next step, the ticket."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from console.read_as import Reading, reading
from devices import names
from devices.models import AppUser
from notifications import explain, histories
from notifications.models import Notification
from notifications.revision import texts_of
from notifications.states import Kind

OTHERS = 20  # newest notifications to choose from that this person has no row of
KINDS = {  # moment: (icon, tone)
    "composed": ("pencil", ""),
    "confirmed": ("user-check", ""),
    "sent": ("send", "sig"),
    "accepted": ("send", "sig"),
    "received": ("device-mobile-check", "ok"),
    "opened": ("eye", "ok"),
    "rejected": ("device-mobile-off", "bad"),
    "unknown": ("help", ""),
    "skipped": ("circle-minus", ""),
    "waiting": ("hourglass", "warn"),
    "expired": ("clock-off", ""),
    "stopped": ("player-stop", ""),
    "off": ("bell-off", "bad"),
    "gone": ("device-mobile-off", ""),
    "phone": ("device-mobile", ""),
    "ended": ("circle-check", ""),
}
PILLS = {  # (word, icon, tone) of outcomes that only explanations know
    "not_sent": ("Not sent", "circle-minus", ""),
    "not_yet": ("Not yet", "clock", "off"),
    "would_send": ("Would be sent", "send", "sig"),
    "would_not_send": ("Would not be sent", "circle-minus", ""),
}


@dataclass(frozen=True, slots=True)
class Answer:
    found: explain.Explanation

    @property
    def lanes(self) -> list[dict[str, Any]]:
        started = self.found.notification.started_at or timezone.now()
        return [self._lane(lane, started) for lane in self.found.lanes]

    def _lane(self, lane: explain.Lane, started: datetime) -> dict[str, Any]:
        word, icon, tone = PILLS.get(lane.shown, ("", "", ""))
        events = [event(moment, started) for moment in lane.moments]
        if lane.shown in ("accepted", "received"):
            events.append({"time": "since", "icon": "eye-off", "text": "Not opened yet"})
        return {
            "name": lane.name,
            "platform": lane.device.platform,
            "device_id": lane.device.device_id,
            "outcome": lane.shown,
            "word": word,
            "icon": icon,
            "tone": tone,
            "events": events,
            "sentence": lane.sentence,
        }

    @property
    def timeline(self) -> list[dict[str, Any]]:
        started = self.found.notification.started_at or timezone.now()
        return [event(moment, started) for moment in self.found.timeline]

    @property
    def name(self) -> str:
        return names.person(self.found.person) if self.found.person else self.found.user_id

    @property
    def reads(self) -> Reading | None:
        """Their own words, with their values as they are now; None where all read the same."""
        texts = texts_of(self.found.notification)
        if self.found.person is None or texts.is_plain:
            return None
        return reading(texts, self.found.user_id)

    @property
    def ticket(self) -> str:
        return explain.ticket(self.found)


def event(moment: explain.Moment, started: datetime) -> dict[str, Any]:
    """The clock inside the day of the sending, else the date."""
    icon, tone = KINDS.get(moment.kind, ("info-circle", ""))
    local, then = timezone.localtime(moment.at), timezone.localtime(started)
    drawn = {"icon": icon, "tone": tone, "text": moment.text, "note": moment.hint}
    if local.date() == then.date():
        return drawn | {"at": moment.at}
    year = "" if local.year == then.year else f" {local.year}"
    return drawn | {"time": f"{local.day} {local:%b}{year}"}


def answer(notification: Notification, user_id: str, now: datetime) -> Answer:
    return Answer(explain.explain(notification, user_id, now))


# ---------------------------------------------------------------- on a person's page


def of_person(person: AppUser, asked: str, pasted: str, now: datetime) -> dict[str, Any]:
    """`asked` is a notification's id out of the list, `pasted` a link to any; the newest of theirs
    unless said."""
    theirs = [line.notification for line in histories.of_user(person.pk)]
    newest = (
        Notification.objects.exclude(started_at=None)
        .exclude(kind=Kind.TEST)
        .exclude(pk__in=[one.pk for one in theirs])
        .order_by("-pk")[:OTHERS]
    )
    others = list(newest)
    wanted = explain.parse(pasted) or explain.parse(asked)
    chosen = wrong = None
    if wanted:
        rows = Notification.objects.select_related(
            "author", "author_key", "confirmed_by", "audience"
        )
        chosen = rows.filter(uuid=UUID(wanted)).first()
        wrong = "No notification has this id." if chosen is None else None
    elif pasted:
        wrong = "Paste a notification’s link or its id, as in 8c1f…-…-…."
    elif theirs:
        chosen = theirs[0]
    listed = {one.pk for one in theirs + others}
    return {
        "theirs": theirs,
        "others": others,
        "extra": chosen if chosen is not None and chosen.pk not in listed else None,
        "chosen": chosen,
        "pasted": pasted,
        "wrong": wrong,
        "answer": answer(chosen, person.user_id, now) if chosen is not None else None,
    }
