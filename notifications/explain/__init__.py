"""Why did, or didn't, this person get that notification? Reads only.

Rows say what became of a phone whose turn came. Without a row the batches say whether its turn is
still to come, and the phone's history why it never will. Before anything started, `reach.lanes`
answers for now: the rule the engine obeys.
"""

import re
from datetime import datetime

from devices import names
from devices.models import AppUser
from notifications.explain import timeline, words
from notifications.explain.facts import Explanation, Lane, Moment, Words
from notifications.explain.lanes import Case
from notifications.explain.timeline import ticket
from notifications.models import Notification
from notifications.personal import NOBODY, people
from notifications.revision import texts_of
from notifications.states import SendTo

__all__ = ["Explanation", "Lane", "Moment", "Words", "explain", "parse", "ticket", "to_them_alone"]
ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def explain(notification: Notification, user_id: str, now: datetime) -> Explanation:
    person = AppUser.objects.filter(user_id=user_id).first()
    if person is None:
        named = notification.send_to == SendTo.USERS and user_id in notification.recipients
        sentence, step = words.unknown_person(user_id, named)
        own = timeline.whole(notification, [])
        read = read_by(notification, None)
        return Explanation("unknown_person", sentence, step, [], own, notification, user_id, read)
    case = Case(notification, person, now)
    lanes = case.lanes()
    _give_names(lanes)
    for lane in lanes:
        words.fill(lane, notification, person)
        lane.moments = timeline.of_phone(lane)
    verdict = case.verdict(lanes)
    sentence, step = words.whole(verdict, lanes, notification, person)
    every, read = timeline.whole(notification, lanes), read_by(notification, person)
    return Explanation(verdict, sentence, step, lanes, every, notification, user_id, read, person)


def to_them_alone(person: AppUser, now: datetime) -> list[Lane]:
    """Each phone of theirs, were something sent to this person alone now; the sentence is short."""
    draft = Notification(send_to=SendTo.USERS, recipients=[person.user_id])
    lanes = Case(draft, person, now).lanes()
    _give_names(lanes)
    for lane in lanes:
        words.fill_short(lane, draft)
    return lanes


def read_by(notification: Notification, person: AppUser | None) -> Words:
    texts, reader = texts_of(notification), people.of_user(person) if person else NOBODY
    title, body = texts.write(reader)
    return Words(title, body, texts.language(reader))


def _give_names(lanes: list[Lane]) -> None:
    """Two phones of one model are told apart by their device ids."""
    called = [names.phone(lane.device) for lane in lanes]
    for lane, name in zip(lanes, called, strict=True):
        lane.name = name if called.count(name) == 1 else f"{name} ({lane.device.device_id})"


def parse(pasted: str) -> str:
    """The notification's id in a pasted link or id; "" where there is none."""
    found = ID.search(pasted)
    return found[0].lower() if found else ""
