"""Notifications that an event in the app starts: to people named one by one, never to everyone.

At least once: devices in doubt are sent again, with the same tag, so that a repeat replaces.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from devices.models import ApiKey
from notifications import audit, cards, content, reach
from notifications.models import Batch, MessageCard, Notification
from notifications.revision import freeze, message_of, page_of
from notifications.sending import channel, plan
from notifications.states import Kind, QuietHours, SendTo
from notifications.states import NotificationStatus as S

USERS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Order:
    """What a caller asked for. `user_ids` as given; unknown ones are answered, not dropped. With
    the key of a message card in `template`, the card says all but who and when."""

    title: str
    body: str
    user_ids: list[str]
    template: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    exclude_user_ids: list[str] = field(default_factory=list)
    image_url: str = ""
    sound: bool = True
    initial_page: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    target_os: str = "all"
    send_at: datetime | None = None
    ttl_s: int | None = None
    allow_empty: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    notification: Notification
    batch: Batch | None
    users: int
    unknown: list[str]
    waterfall: reach.Waterfall

    def as_dict(self) -> dict[str, Any]:
        falls = self.waterfall
        return {
            "id": str(self.notification.uuid),
            "status": self.notification.status,
            "recipients": {
                "users": self.users,
                "unknown": self.unknown,
                "devices": falls.phones,
                "deliverable": falls.will_send,
                "skipped": {step.reason: step.count for step in falls.steps},
            },
        }


class Nobody(Exception):
    """No phone of these people can be sent to."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that can be read and refused before the transaction. On SQLite one writer holds up all
    others, so it writes and does nothing else."""

    notification: Notification
    key: ApiKey
    phones: list[tuple[int, int | None]]  # the planned ones: (pk, owner's pk)
    unknown: list[str]
    waterfall: reach.Waterfall
    now: datetime

    def told(self, batch: Batch | None = None) -> Started:
        """What is answered; without a batch also where nothing is written."""
        users = len(self.notification.recipients)
        return Started(self.notification, batch, users, self.unknown, self.waterfall)

    def write(self) -> Started:
        """Inside a transaction: the notification and its list batch. The caller rings `deliver`."""
        notification, batch = self.notification, None
        users = len(notification.recipients)
        if notification.send_at:
            notification.save()
        else:
            notification.planned, notification.people = len(self.phones), users
            notification.save()
            members = [(pk, owner or 0) for pk, owner in self.phones]
            batch = plan.add_list(notification, members, self.now, ordinal=1)
        facts = {"phones": self.waterfall.will_send, "people": users}
        audit.record(self.key, "triggered", notification, facts | carded(notification))
        return self.told(batch)


def start(order: Order, *, key: ApiKey, now: datetime) -> Started:
    """Inside a transaction. Raises as `prepare` does."""
    return prepare(order, key=key, now=now).write()


def prepare(order: Order, *, key: ApiKey, now: datetime) -> Prepared:
    """Raises ValidationError by field, or Nobody unless `allow_empty`."""
    wanted = [one for one in dict.fromkeys(order.user_ids) if one not in order.exclude_user_ids]
    known = content.pks_of(wanted)
    notification = _draft(order, list(known), key, now)
    if not order.template:
        content.check(message_of(notification), page_of(notification))
    falls, phones = reach.of_users(reach.who(notification), list(known.values()), now)
    if not falls.will_send and not order.allow_empty:
        raise Nobody
    notification.revision, notification.revision_sha256 = freeze(notification)
    unknown = [one for one in wanted if one not in known]
    return Prepared(notification, key, phones, unknown, falls, now)


def draft_of(order: Order, now: datetime) -> Notification:
    """What the order says, unsaved: to be tried on a person's own phones."""
    return _draft(order, [], None, now)


def carded(notification: Notification) -> dict[str, Any]:
    card = notification.card
    return {"card": card.card.key, "version": card.number} if card else {}


def _draft(order: Order, known: list[str], key: ApiKey | None, now: datetime) -> Notification:
    if order.send_at and order.send_at <= now:
        raise ValidationError({"send_at": ["That time has passed. Choose a later one."]})
    fields = _of_card(order) if order.template else _inline(order)
    if order.ttl_s is not None:
        fields["ttl_s"] = order.ttl_s
    return Notification(
        kind=Kind.TRIGGER,
        send_to=SendTo.USERS,
        quiet_hours=QuietHours.IGNORE,
        at_least_once=True,
        author_key=key,
        confirmed_at=now,
        send_at=order.send_at,
        due_at=order.send_at or now,
        started_at=None if order.send_at else now,
        status=S.SCHEDULED if order.send_at else S.SENDING,
        target_os=order.target_os,
        recipients=known,
        **fields,
    )


def _inline(order: Order) -> dict[str, Any]:
    if order.image_url and not order.image_url.startswith("https://") and not channel.in_sandbox():
        raise ValidationError({"image": ["Phones load images from https:// addresses only."]})
    return {
        "title": content.clean_text(order.title),
        "body": content.clean_text(order.body),
        "image": order.image_url,
        "sound": order.sound,
        "initial_page": order.initial_page,
        "parameters": {name: as_text(value) for name, value in order.parameters.items()},
        "data": dict(order.data),
    }


def _of_card(order: Order) -> dict[str, Any]:
    """Raises ValidationError under `template`, or `variable_<name>`."""
    card = MessageCard.objects.filter(key=order.template).first()
    if card is None or card.archived_at:
        told = (
            f"There is no message card {order.template}."
            if card is None
            else (f"The message card {order.template} is archived.")
        )
        raise ValidationError({"template": [told]})
    given = {}
    for name, value in order.variables.items():
        if isinstance(value, dict | list):
            raise ValidationError(
                {f"variable_{name}": [f"{name} is a text, number, true or false."]}
            )
        given[name] = as_text(value)
    return cards.fields_of(cards.current(card), given)


def as_text(value: Any) -> str:
    """A parameter's JSON value as a person would type it; `content` reads it by its type."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
