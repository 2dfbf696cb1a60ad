"""The one transaction of a batch: fence, record what came back, open the next devices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from django.conf import settings
from django.db import close_old_connections, connection, transaction

from devices import preferences
from notifications import reach, receipts
from notifications.fcm.message import Content, Template, template
from notifications.fcm.outcomes import Answer
from notifications.models import Batch, Notification
from notifications.sending import (
    counters,
    failpoints,
    holding,
    late,
    pairs,
    pause,
    sweep,
    window,
    zoning,
)
from notifications.sending.glance import Glance
from notifications.sending.lease import Lease
from notifications.sending.letters import Letters
from notifications.sending.recording import Record
from notifications.sending.retries import Key, Mine, Retries
from notifications.sending.unsent import Unsent
from notifications.states import NotificationStatus as S


class Halt(NamedTuple):
    """Why nothing more is opened, and what becomes of the batch when all answers are in."""

    why: str
    due_at: datetime | None = None
    blocked_by: str = ""


class Out(NamedTuple):
    """A device that is opened and not yet recorded."""

    user_id: int
    platform: str
    token: str
    attempts: int
    doubtful: bool
    started_at: datetime


def expiry(notification: Notification, zone: str = "") -> datetime:
    """Of a message in that zone, where each has a turn of its own."""
    started = notification.started_at or notification.due_at
    assert started is not None  # noqa: S101  the state machine: sending has started
    if notification.each_clock:
        started = max(started, zoning.begins(notification, zone) or started)
    spread = timedelta(minutes=notification.spread_min)
    return started + spread + timedelta(seconds=notification.ttl_s)


def content_of(notification: Notification, zone: str = "") -> Content:
    """The frozen revision as FCM's message; nothing of the row's present fields."""
    frozen = notification.revision or {}
    return Content(
        title=frozen["title"],
        body=frozen["body"],
        image=frozen["image"] or None,
        data=frozen["data"],
        sound=frozen["sound"],
        channel_id=frozen["channel_id"] or None,
        thread=frozen["thread"],
        ttl_s=frozen["ttl_s"],
        expires_at=int(expiry(notification, zone).timestamp()),
    )


@dataclass
class Opening:
    lease: Lease
    out: dict[int, Out] = field(default_factory=dict)
    exhausted: bool = False
    ended: bool = False
    halted: Halt | None = None
    blocked_platforms: dict[str, str] = field(default_factory=dict)
    own_retries: Mapping[Key, Mine] = field(default_factory=dict)

    @property
    def batch(self) -> Batch:
        return self.lease.batch

    @property
    def notification(self) -> Notification:
        return self.lease.batch.notification

    @cached_property
    def templates(self) -> dict[str, Template]:
        content = content_of(self.notification, self.batch.timezone)
        return {
            "ios": template(content, "ios"),
            "android": template(content, "android"),
        }

    @cached_property
    def letters(self) -> Letters | None:
        """Only where the revision has variables or languages."""
        personal = (self.notification.revision or {}).get("personal")
        if personal is None:
            return None
        content = content_of(self.notification, self.batch.timezone)
        return Letters(personal, content, self.templates)

    @cached_property
    def reader(self) -> window.Reader:
        return window.Reader(self.batch, self.notification)

    @cached_property
    def holder(self) -> holding.Holder:
        return holding.Holder(self.notification)

    @cached_property
    def expires_at(self) -> datetime:
        return expiry(self.notification, self.batch.timezone)

    def room(self, freed: int = 0) -> int:
        """For how many devices, once `freed` of those on the wire are recorded."""
        if self.exhausted or self.halted or self.ended:
            return 0
        return max(0, settings.SEND_WINDOW - len(self.out) + freed)

    def halt(self, halt: Halt) -> None:
        self.halted = self.halted or halt

    def reconnect(self) -> None:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
            close_old_connections()

    # ------------------------------------------------------------ the transaction

    def step(
        self, answers: Sequence[tuple[int, Answer]], held: Sequence[int], grant: int
    ) -> list[tuple[int, bytes]]:
        """Returns the requests to put on the wire, after the commit. What this object holds
        changes only when the commit went through."""
        requests: list[tuple[int, bytes]] = []
        answered = [(pk, self.out[pk], answer) for pk, answer in answers if pk in self.out]
        handed_back = [(pk, self.out[pk]) for pk in held if pk in self.out]
        done = {pk for pk, _, _ in answered} | {pk for pk, _ in handed_back}
        left = {pk: one for pk, one in self.out.items() if pk not in done}
        with transaction.atomic():
            seen = self.lease.fence()
            if seen is None:
                late.merge(self.batch, answered, self.lease.now())
                self.out, self.ended = {}, True
                return []
            now = seen.now
            policy = self._look_around(seen)
            retries = Retries(self.notification, self.own_retries, self.batch.timezone)
            record = Record(self.batch, self.expires_at, now, retries)
            record.answers(answered)
            record.hand_back(handed_back)
            record.write()
            self._heed(record)
            opened: dict[int, Out] = {}
            cursor, exhausted = self.batch.cursor, self.exhausted
            if most := min(grant, self.room(len(done))):
                cursor, exhausted = self._open(most, policy, record, opened, requests)
            self._close(left | opened, cursor, exhausted, record.delta, now)
            touched = [pk for pk, *_ in answered]
            if touched:
                receipts.apply_waiting(self.notification.pk, touched, now)
                failpoints.reached("after_answers_before_commit")
        self.out = left | opened
        self.exhausted, self.own_retries = exhausted, retries.known
        return requests

    def _look_around(self, seen: Glance) -> reach.Policy:
        """Status, pauses and policy as they are now; a pause or stop is heeded before opening."""
        mine = self.notification
        mine.status, mine.paused_reason = seen.status, seen.paused_reason
        mine.brake_released = seen.brake_released
        known = preferences.read(*reach.POLICY_NAMES, *pause.ALL)
        if mine.status != S.SENDING:
            self.halt(Halt(mine.status))
        elif known["pause_all_since"] and pause.all_holds(mine.kind, known):
            self.halt(Halt("all_paused"))
        elif seen.project_until:
            self.halt(Halt("project", due_at=seen.project_until))
        return reach.policy_from(known, seen.now)

    def _heed(self, record: Record) -> None:
        if record.blocked_platform:
            self.blocked_platforms |= record.blocked_platform
        if record.blocked_by:
            self.halt(Halt("blocked", blocked_by=record.blocked_by))
        if record.project_until:
            self.halt(Halt("project", due_at=record.project_until))
        if record.paused:
            self.notification.status = S.PAUSED
            self.halt(Halt(S.PAUSED))

    # ------------------------------------------------------------ opening

    def _open(
        self,
        most: int,
        policy: reach.Policy,
        record: Record,
        opened: dict[int, Out],
        requests: list[tuple[int, bytes]],
    ) -> tuple[int, bool]:
        """Opens at most so many. Fills `opened` and `requests`; returns the batch's new cursor and
        whether it is read."""
        now = record.now
        read = self.reader.read(self.batch, policy, most)
        held = self.holder.look(read.candidates, policy, now)
        letters = self.letters.write(read.candidates) if self.letters else None
        unsent = Unsent(self.batch, record, held, self.blocked_platforms)
        bodies = {platform: one.body for platform, one in self.templates.items()}
        for candidate in letters.candidates if letters else read.candidates:
            facts = candidate.facts
            if candidate.fresh:
                record.delta[facts.platform, "targeted", ""] += 1
            if unsent.takes(candidate):
                continue
            token = facts.token or ""
            opened[facts.pk] = Out(
                candidate.user_id, facts.platform, token, candidate.attempts,
                candidate.doubtful, candidate.started_at or now,
            )  # fmt: skip
            requests.append((facts.pk, bodies[facts.platform](token)))
        if letters:
            requests[:] = [(pk, letters.bodies[pk]) for pk, _ in requests]
        unsent.write()
        return read.cursor, read.exhausted

    # ------------------------------------------------------------ ending

    def _close(
        self,
        out: dict[int, Out],
        cursor: int,
        exhausted: bool,
        delta: counters.Delta,
        now: datetime,
    ) -> None:
        """Write cursor, counters and manifest; the last record clears the lease."""
        fields = {"cursor": cursor, "counters": counters.apply(self.batch.counters, delta)}
        if self.batch.started_at is None:
            fields["started_at"] = now
        if out:
            manifest = pairs.pack((pk, one.user_id) for pk, one in out.items())
            self.lease.keep(manifest=manifest, in_doubt=len(out), **fields)
        elif exhausted or self.notification.status == S.STOPPED:
            self.lease.finish(**fields)
            self.ended = True
            short = self.batch.queue == "trigger"
            if short and sweep.finish_if_done(self.notification.pk, now):
                self.notification.status = S.SENT
        elif self.halted:
            if self.halted.due_at:
                fields["due_at"] = self.halted.due_at
            self.lease.let_go(blocked_by=self.halted.blocked_by, **fields)
            self.ended = True
        else:
            self.lease.keep(manifest=b"", in_doubt=0, **fields)
