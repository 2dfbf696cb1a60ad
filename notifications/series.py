"""What people do to a series: pause, resume, end it. Its rows are made by `occurrences`."""

from datetime import datetime
from typing import Any

from django.db import transaction

from notifications import access, audit, lifecycle, occurrences
from notifications.models import Notification, Occurrence, Series
from notifications.states import NotificationStatus as S
from notifications.states import OccurrenceState
from notifications.states import SeriesStatus as Status
from notifications.timing import rules

WrongState = lifecycle.WrongState
VERBS = {"pause": {Status.ACTIVE}, "resume": {Status.PAUSED}, "end": {Status.ACTIVE, Status.PAUSED}}


def can(series: Series, verb: str) -> bool:
    return series.status in VERBS[verb]


def pause(series: Series, *, by: Any, now: datetime, ip: str | None = None) -> Series:
    """No more are made, and the one to come is held."""
    access.check(by, "series")
    with transaction.atomic():
        _move(series, "pause", Status.PAUSED)
        for notification in _to_come(series, S.SCHEDULED, now):
            lifecycle.move(notification, "hold", paused_reason="series_paused", paused_facts={})
        audit.record(by, "paused", series, ip=ip)
    return series


def resume(series: Series, *, by: Any, now: datetime, ip: str | None = None) -> Series:
    """Times that passed meanwhile are left out; the one that was held goes at its time if that is
    still to come."""
    access.check(by, "series")
    with transaction.atomic():
        _move(series, "resume", Status.ACTIVE)
        for notification in _held(series):
            if notification.due_at and notification.due_at > now:
                lifecycle.move(notification, "release", paused_reason="", paused_facts={})
            else:
                lifecycle.move(notification, "cancel", finished_at=now)
        _leave_out(series, now)
        audit.record(by, "resumed", series, ip=ip)
    series.refresh_from_db()
    return series


def end(series: Series, *, by: Any, now: datetime, ip: str | None = None) -> Series:
    """For good; the one to come is cancelled. What is being sent goes on."""
    access.check(by, "series")
    with transaction.atomic():
        _move(series, "end", Status.ENDED, ended_at=now, next_at=None, next_wall="")
        for notification in [*_to_come(series, S.SCHEDULED, now), *_held(series)]:
            lifecycle.move(notification, "cancel", finished_at=now)
        audit.record(by, "ended", series, ip=ip)
    return series


def end_of(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """The series that this one is a time of ends, whatever became of this one."""
    access.check(by, "series")
    end(_occurrence(notification).series, by=by, now=now, ip=ip)
    return notification


def take_back(
    notification: Notification, *, by: Any, now: datetime, ip: str | None = None
) -> Notification:
    """The whole series back into one draft: it ends, and its one to come becomes the draft, which
    repeats by the same rule."""
    access.check(by, "series")
    one = _occurrence(notification)
    with transaction.atomic():
        lifecycle.edit(notification, by=by, now=now, ip=ip)
        end(one.series, by=by, now=now, ip=ip)
        Notification.objects.filter(pk=notification.pk).update(
            repeat=one.series.rule, send_at=None, wall=""
        )
        Occurrence.objects.filter(pk=one.pk).update(notification=None, state=OccurrenceState.PASSED)
    notification.refresh_from_db()
    return notification


def _occurrence(notification: Notification) -> Occurrence:
    one = occurrences.of(notification)
    if one is None:
        raise WrongState("This does not repeat.")
    return one


def _move(series: Series, verb: str, after: Status, **fields: Any) -> None:
    mine = Series.objects.filter(pk=series.pk, status__in=VERBS[verb])
    if not mine.update(status=after, **fields):
        series.refresh_from_db()
        raise WrongState(f"Can’t {verb} this series: it is {series.get_status_display().lower()}.")
    series.refresh_from_db()


def _to_come(series: Series, status: S, now: datetime) -> list[Notification]:
    mine = Notification.objects.filter(occurrence__series=series, status=status)
    return list(mine.filter(due_at__gt=now))


def _held(series: Series) -> list[Notification]:
    mine = Notification.objects.filter(occurrence__series=series, status=S.HELD)
    return list(mine.filter(paused_reason="series_paused"))


def _leave_out(series: Series, now: datetime) -> None:
    rule, one, over = occurrences.rule_of(series), occurrences.upcoming(series), []
    while one is not None and one.at <= now:
        over.append(one)
        one = rules.after(rule, one.at, one.number)
    Occurrence.objects.bulk_create(
        [
            Occurrence(series=series, number=each.number, at=each.at, state=OccurrenceState.PASSED)
            for each in over
        ]
    )
    passed = over[-1].number if over else series.passed
    Series.objects.filter(pk=series.pk).update(passed=passed, **occurrences.next_fields(one))
