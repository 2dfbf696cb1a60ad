"""Why a notification was not for a person: a rule is said as what is true of the person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from devices import audiences
from devices.models import AppUser, Audience
from devices.states import Platform
from notifications import reached
from notifications.models import Notification
from notifications.states import Kind, SendTo

MOST = 2  # facts named


def outside(one: Notification, person: AppUser | None = None) -> str:
    if one.kind == Kind.TEST:
        return "it was a test, for test phones only"
    if one.send_to == SendTo.AUDIENCE:
        told = f"they are not in the audience “{one.audience}”"
        fact = why(one.audience, person, timezone.now()) if one.audience and person else ""
        return f"{told} ({fact})" if fact else told
    if one.send_to == SendTo.REACHED:
        source = reached.source_of(one)
        also = " and left it unopened" if one.resends_id else ""
        return f"no phone of theirs had accepted “{source}”{also}"
    count = len(one.recipients)
    people = "one person" if count == 1 else f"{count:,} people".replace(",", "\u202f")
    return f"they are not among the {people} it names" if count > 1 else (
        f"they are not the {people} it names"
    )  # fmt: skip


def why(audience: Audience, person: AppUser, now: datetime) -> str:
    """ "last seen 12 days ago", or "" where the name of the audience says it all."""
    excluded = Audience.objects.filter(pk=audience.rules.get("exclude") or 0).first()
    if excluded and audiences.contains(excluded, person.user_id, now):
        return f"it leaves out “{excluded}”, where they are"
    group = next((name for name in audiences.GROUPS if name in audience.rules), "")
    if not group:
        return ""
    items = audience.rules[group]
    if group == "any":
        return (
            f"none of its {len(items)} rules holds"
            if len(items) > 1
            else _fact(items[0], person, now)
        )
    wrong = [item for item in items if _holds(item, person, now) == (group == "none")]
    facts = list(dict.fromkeys(_fact(item, person, now) for item in wrong))
    return " and ".join(facts[:MOST])


def _holds(item: Mapping[str, Any], person: AppUser, now: datetime) -> bool:
    return audiences.those({"all": [item]}, now).filter(pk=person.pk).exists()


def _fact(item: Mapping[str, Any], person: AppUser, now: datetime) -> str:
    name = item.get("field", "")
    label = audiences.FIELDS[name].label.lower() if name in audiences.FIELDS else ""
    if name == "last_seen":
        return f"last seen {_ago(person.last_seen_at, now)}"
    if name == "registered":
        return f"registered {_ago(person.created_at, now)}"
    if name == "attribute":
        known = person.attributes if isinstance(person.attributes, dict) else {}
        value = known.get(item["name"])
        return f"{item['name']} is {f'{value!s:.60}' if value is not None else 'not known'}"
    if name in ("locale", "country"):
        return f"their language is {person.locale or 'not known'}"
    if name == "timezone":
        return f"their time zone is {person.timezone or 'not known'}"
    if name == "tag":
        tags = ", ".join(str(tag) for tag in person.tags or [])
        return f"their tags are {tags:.80}" if tags else "they have no tag"
    if name == "platform":
        seen = set(person.devices.values_list("platform", flat=True))
        words = " and ".join(sorted(Platform(one).label for one in seen))
        return f"their phones are {words}" if words else "they have no phone"
    if name == "opened":
        did = item.get("op") == "did_not"
        what = "that notification"
        if item.get("notification") == "any":
            what = "something" if did else "anything"
        opened = "opened" if did else "did not open"
        return f"they {opened} {what} in the last {item.get('days')} days"
    return f"no phone of theirs fits by {label}" if label else "a group of its rules does not fit"


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "never"
    days = (now - moment).days
    return "today" if days < 1 else "yesterday" if days == 1 else f"{days} days ago"
