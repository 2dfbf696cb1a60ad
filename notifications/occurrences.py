"""A series' rows: the series itself at its confirm, and one notification for each time it comes.

The tick makes the next one as soon as the last one's time has passed, so each series has one to
come: it stands in the schedule, where it can be edited or cancelled alone.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from notifications import actors, audit, revision
from notifications.models import Notification, Occurrence, Series
from notifications.states import NotificationStatus, OccurrenceState, SeriesStatus
from notifications.timing import rules, walls
from notifications.timing.rules import Rule

logger = logging.getLogger(__name__)
# A time of its own, and what only the one before the series could be.
OWN = {"send_at", "wall", "repeat", "timezone", "each_clock", "if_past"}


def rule_of(series: Series) -> Rule:
    return rules.of_json(series.rule)


def first_of(repeat: dict[str, Any], now: datetime) -> rules.Occurrence | None:
    """None where no time is left."""
    return next(rules.occurrences(rules.of_json(repeat), not_before=now), None)


def begin(
    notification: Notification,
    names: Iterable[str],
    frozen: dict[str, Any],
    phones: int,
    *,
    by: Any,
    now: datetime,
) -> dict[str, Any]:
    """In the transaction of the confirm: the series, whose first occurrence is `notification`;
    returns that one's time as fields. `names` are the fields that a copy takes over."""
    first = first_of(notification.repeat, now)
    assert first is not None  # noqa: S101  the review looked
    following = rules.after(rules.of_json(notification.repeat), first.at, 1)
    series = Series.objects.create(
        title=notification.title,
        rule=notification.repeat,
        fields=snapshot(notification, names) | _by_key(notification, by),
        revision=frozen,
        author=notification.author,
        **({} if actors.is_key(by) else {"confirmed_by": by}),
        created_at=now,
        reviewed_at=now,
        reviewed_phones=phones,
        passed=1,
        **next_fields(following),
    )
    Occurrence.objects.create(series=series, number=1, at=first.at, notification=notification)
    return {"due_at": first.at, "repeat": {}} | _time_of(first)


def _by_key(notification: Notification, by: Any) -> dict[str, Any]:
    """Each occurrence names the keys that wrote and confirmed it; a series has no column for it."""
    told = {"author_key_id": notification.author_key_id}
    if actors.is_key(by):
        told["confirmed_by_key_id"] = by.pk
    return {column: pk for column, pk in told.items() if pk is not None}


def snapshot(notification: Notification, names: Iterable[str]) -> dict[str, Any]:
    """By column, as JSON takes them."""
    columns = [Notification._meta.get_field(name).attname for name in sorted(set(names) - OWN)]  # type: ignore[union-attr]
    return {column: getattr(notification, column) for column in columns}


def _time_of(one: rules.Occurrence) -> dict[str, Any]:
    wall, zone = walls.text_of(one.moment.wall), one.moment.zone
    return {"send_at": one.at, "wall": wall, "timezone": zone}


def next_fields(one: rules.Occurrence | None) -> dict[str, Any]:
    if one is None:
        return {"next_at": None, "next_wall": ""}
    return {"next_at": one.at, "next_wall": walls.text_of(one.moment.wall)}


# ---------------------------------------------------------------- the tick


def advance(now: datetime) -> None:
    """Every series has its next occurrence as a row; those that nothing made in time are missed.
    Any number may run at once: one conditional UPDATE decides."""
    to_come = Occurrence.objects.filter(series=OuterRef("pk"), at__gt=now)
    waiting = Series.objects.filter(status=SeriesStatus.ACTIVE).exclude(Exists(to_come))
    for series in waiting.order_by("pk"):
        try:
            _advance(series, now)
        except Exception:
            logger.exception("Series %s could not go on.", series.pk)


@dataclass(frozen=True, slots=True)
class Step:
    """What one look makes of a series: rows to make, times that were missed, and what follows."""

    made: list[rules.Occurrence]
    missed: list[rules.Occurrence]
    passed: int
    following: rules.Occurrence | None


def step(series: Series, now: datetime, late: timedelta) -> Step:
    """Of the times that passed, at most the last one still goes, and only if it is not too late:
    never a burst."""
    rule, over = rule_of(series), []
    one = upcoming(series)
    while one is not None and one.at <= now:
        over.append(one)
        one = rules.after(rule, one.at, one.number)
    made = [over.pop()] if over and now - over[-1].at <= late else []
    passed = max([series.passed, *(each.number for each in (*over, *made))])
    if one is None:
        return Step(made, over, passed, None)
    return Step([*made, one], over, one.number, rules.after(rule, one.at, one.number))


def upcoming(series: Series) -> rules.Occurrence | None:
    """The next one without a row, at the instant that was worked out when it became the next."""
    wall = walls.of_text(series.next_wall)
    if series.next_at is None or wall is None:
        return None
    moment = walls.Moment(wall, series.rule["zone"], series.next_at, wall)
    return rules.Occurrence(series.passed + 1, moment)


def _advance(series: Series, now: datetime) -> None:
    mine = Series.objects.filter(pk=series.pk, status=SeriesStatus.ACTIVE, next_at=series.next_at)
    if series.next_at is None:
        mine.update(status=SeriesStatus.ENDED, ended_at=now)
        return
    found = step(series, now, timedelta(minutes=settings.LATE_MINUTES))
    with transaction.atomic():
        if not mine.update(passed=found.passed, **next_fields(found.following)):
            return
        for one in found.made:
            make(series, one)
        miss(series, found.missed)


def make(series: Series, one: rules.Occurrence) -> Notification:
    """The notification of one occurrence: scheduled, with the words that were confirmed."""
    uuid, thread = uuid4(), uuid4()
    told = revision.of_another(series.revision, uuid, thread, one.at)
    notification = Notification.objects.create(
        uuid=uuid,
        thread=thread,
        status=NotificationStatus.SCHEDULED,
        author_id=series.author_id,
        confirmed_by_id=series.confirmed_by_id,
        confirmed_at=series.reviewed_at,
        reviewed_phones=series.reviewed_phones,
        due_at=one.at,
        revision=told,
        revision_sha256=revision.sha256_of(told),
        **_time_of(one),
        **series.fields,
    )
    Occurrence.objects.create(
        series=series, number=one.number, at=one.at, notification=notification
    )
    return notification


def miss(series: Series, over: list[rules.Occurrence]) -> None:
    if not over:
        return
    Occurrence.objects.bulk_create(
        [
            Occurrence(series=series, number=one.number, at=one.at, state=OccurrenceState.MISSED)
            for one in over
        ],
        batch_size=500,
    )
    facts = {"times": len(over), "from": over[0].at.isoformat(), "to": over[-1].at.isoformat()}
    audit.record(None, "missed", series, facts)


# ---------------------------------------------------------------- an occurrence among others


def of(notification: Notification) -> Occurrence | None:
    return Occurrence.objects.select_related("series").filter(notification=notification).first()


def looked_at(notification: Notification, phones: int, now: datetime) -> None:
    """What a person released is what the next ones are held against."""
    mine = Occurrence.objects.filter(notification=notification).values("series")
    Series.objects.filter(pk__in=mine).update(reviewed_phones=phones, reviewed_at=now)


def is_superseded(one: Occurrence, now: datetime) -> bool:
    """A later time of the same series has come, too: sending both would be a burst."""
    return Occurrence.objects.filter(series=one.series_id, at__gt=one.at, at__lte=now).exists()


def to_come(series: Series, most: int) -> list[rules.Occurrence]:
    """The next ones that have no row yet."""
    found: list[rules.Occurrence] = []
    rule, one = rule_of(series), upcoming(series)
    while one is not None and len(found) < most:
        found.append(one)
        one = rules.after(rule, one.at, one.number)
    return found
