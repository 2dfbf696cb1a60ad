"""Reading the next devices of a batch, as they are in the transaction that opens them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from time import monotonic
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection

from devices.models import Device
from devices.querysets import DeviceQuerySet
from devices.worded import Question
from notifications import reach
from notifications.fcm.outcomes import WRONG_SET_UP
from notifications.models import Batch, Delivery, Notification
from notifications.sending import pairs, portions, zoning
from notifications.states import BatchKind, Outcome

REWORDED_S = 5.0
FEW = 5  # phones of a list whose questions are kept in words


class Candidate(NamedTuple):
    """A device of the window, and what its row already says if it waits for a retry."""

    facts: reach.Facts
    user_id: int  # 0: nobody's
    reason: str  # why it is not sent to; "" when it is
    attempts: int = 0
    doubtful: bool = False
    started_at: datetime | None = None
    fresh: bool = True  # no row yet: this opening makes it `targeted`


@dataclass(frozen=True, slots=True)
class Window:
    candidates: Sequence[Candidate]
    cursor: int
    exhausted: bool


class Reader:
    """Reads the windows of one batch."""

    def __init__(self, batch: Batch, notification: Notification) -> None:
        self.notification = notification
        self._part = batch  # the bounds of its portion, which never change
        self._asked: tuple[float, str, tuple[Any, ...]] | None = None
        self._zoning = zoning.Zoning(batch, notification) if notification.each_clock else None

    def read(self, batch: Batch, policy: reach.Policy, most: int) -> Window:
        """At most `most` devices after the batch's cursor."""
        taken = self._zoning.on_the_wire() if self._zoning else frozenset[int]()
        if batch.kind == BatchKind.LIST:
            found = _read_list(batch, self.notification, policy, most)
        else:
            found = self._read_range(batch, policy, most)
        if self._zoning:
            found = replace(found, candidates=self._zoning.sift(found.candidates, taken))
        return found

    def _read_range(self, batch: Batch, policy: reach.Policy, most: int) -> Window:
        found = [reach.Facts(*row) for row in self._facts(batch, policy, most)]
        evaluate = reach.evaluate
        candidates = [Candidate(one, one.owner_id or 0, evaluate(one, policy)) for one in found]
        exhausted = len(found) < most
        cursor = batch.last_pk if exhausted else found[-1].pk
        return Window(candidates, cursor, exhausted or cursor >= batch.last_pk)

    def _facts(self, batch: Batch, policy: reach.Policy, most: int) -> Sequence[tuple[Any, ...]]:
        """As the database gives them, without Django's converters, which cost as much as the read:
        booleans may be 0 and 1. Only a policy about stale phones needs `last_seen_at`, converted.
        """
        if policy.stale_before is not None:
            members = self._members().filter(pk__gt=batch.cursor, pk__lte=batch.last_pk)
            return list(members.order_by("pk").values_list(*reach.COLUMNS)[:most])
        try:
            sql, params = self._in_words()
        except EmptyResultSet:
            return []
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} LIMIT {int(most)}", (*params, batch.cursor, batch.last_pk))
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def _in_words(self) -> tuple[str, tuple[Any, ...]]:
        """The query for members after one pk and up to another, put into words once for a while:
        the rules of an audience may speak of the present moment."""
        if self._asked is None or monotonic() - self._asked[0] > REWORDED_S:
            bounds = (-1, -2)
            members = self._members().filter(pk__gt=bounds[0], pk__lte=bounds[1])
            asked = members.order_by("pk").values_list(*reach.COLUMNS[:-1])
            sql, params = asked.query.sql_with_params()
            if tuple(params[-2:]) != bounds:
                raise AssertionError(f"the bounds are not the last parameters: {params}")
            self._asked = (monotonic(), sql, tuple(params[:-2]))
        return self._asked[1:]

    def _members(self) -> DeviceQuerySet:
        """The audience now: only ranges ask, and theirs is one queryset."""
        target = reach.who(self.notification)
        devices = next(iter(reach.devices_of(target))).active().on(target.target_os)
        if self._zoning:
            return self._zoning.members(devices)
        return portions.within(devices, self._part, self.notification)


def _read_list(batch: Batch, notification: Notification, policy: reach.Policy, most: int) -> Window:
    wanted = pairs.unpack(batch.members, batch.cursor, most)
    cursor = batch.cursor + len(wanted)
    pks = [pk for pk, _ in wanted]
    facts = {row[0]: reach.Facts(*row) for row in _facts_of(pks, policy)}
    rows = _rows(notification, pks)
    candidates = []
    for pk, user_id in wanted:
        row = rows.get(pk)
        if row is not None and not (row[1] == Outcome.WAITING and row[2] == batch.pk):
            continue
        if pk in facts:
            candidates.append(_candidate(facts[pk], user_id, row, policy))
        elif row is not None:
            candidates.append(_gone(pk, user_id, row))
    return Window(candidates, cursor, cursor >= pairs.count(batch.members))


WaitingRow = tuple[int, str, int, int, bool, datetime, str, str]


@cache
def _asking_for(few: int) -> Question:
    def facts(*pks: int) -> Any:
        return Device.objects.filter(pk__in=pks).values_list(*reach.COLUMNS[:-1])

    return Question(facts, *[int] * few)


def _facts_of(pks: list[int], policy: reach.Policy) -> Sequence[tuple[Any, ...]]:
    """As `Reader._facts` reads them. Few phones, by far the most frequent list, are asked for in
    words that are kept."""
    if policy.stale_before is None and 0 < len(pks) <= FEW:
        return _asking_for(len(pks)).rows(*pks)
    return list(Device.objects.filter(pk__in=pks).values_list(*reach.COLUMNS))


@cache
def _asking_for_rows(few: int) -> Question:
    def rows(notification: int, *pks: int) -> Any:
        known = Delivery.objects.filter(notification=notification, device_id__in=pks)
        return known.values_list("device_id")

    return Question(rows, int, *[int] * few)


def _rows(notification: Notification, pks: list[int]) -> dict[int, WaitingRow]:
    if 0 < len(pks) <= FEW and not _asking_for_rows(len(pks)).rows(notification.pk, *pks):
        return {}
    rows = Delivery.objects.filter(notification=notification, device_id__in=pks).values_list(
        "device_id", "outcome", "batch_id", "attempts", "doubtful", "started_at", "platform",
        "reason",
    )  # fmt: skip
    return {row[0]: row for row in rows}


def _candidate(
    facts: reach.Facts, user_id: int, row: WaitingRow | None, policy: reach.Policy
) -> Candidate:
    reason = reach.evaluate(facts, policy)
    if facts.state == "active" and (facts.owner_id or 0) != user_id:
        reason = "owner_changed"
    if row is None:
        return Candidate(facts, user_id, reason)
    # Nothing of what a wrong set-up blocked went out: the time for its tries begins now.
    began = None if row[7] in WRONG_SET_UP else row[5]
    return Candidate(facts, user_id, reason, row[3], row[4], began, fresh=False)


def _gone(pk: int, user_id: int, row: WaitingRow) -> Candidate:
    """The device was erased while its row waited."""
    nothing = reach.Facts(pk, None, row[6], None, "unregistered", False, True, False, "", row[5])
    return Candidate(nothing, user_id, "unregistered", row[3], row[4], row[5], fresh=False)
