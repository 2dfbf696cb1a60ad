"""Sending one batch: open a window, put it on the wire, record what came back, until it is done.

No transaction is open while talking to FCM, and no byte leaves before the transaction that opens
it has committed: its manifest is the write-ahead. Killed anywhere, the manifest minus its rows is
in doubt, and `settle` writes that down for whoever takes over (engine.md's P4).
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any, NamedTuple

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet

from devices.worded import Question
from notifications.fcm.client import Client, Wire
from notifications.fcm.credentials import BadCredentials
from notifications.fcm.outcomes import Answer
from notifications.models import Batch
from notifications.sending import clock, failpoints, guards, pacing, plan
from notifications.sending import lease as leases
from notifications.sending.air import Air
from notifications.sending.channel import SandboxAway
from notifications.sending.lease import Lease
from notifications.sending.opening import Halt, Opening
from notifications.sending.settle import settle
from notifications.states import BatchKind
from notifications.states import NotificationStatus as S

logger = logging.getLogger(__name__)

STEP_S = 0.2  # a transaction at least so often while answers come in
PACED_S = 0.05  # how long to wait when the bucket is empty
SLOW_COMMIT_TRIES = 30


class Glimpse(NamedTuple):
    """Of a batch, before anyone claims it."""

    free: bool
    queue: str
    kind: str
    left: int  # of a list: members after the cursor


def _seen(pk: int, now: datetime) -> QuerySet[Any, Any]:
    nobodys = Q(leased_until=None) | Q(leased_until__lte=now)
    free = ExpressionWrapper(Q(finished_at=None) & nobodys, BooleanField())
    return Batch.objects.filter(pk=pk).values_list(
        free, "queue", "kind", F("last_pk") - F("cursor")
    )


_GLIMPSE = Question(_seen, int, datetime)


@dataclass(slots=True)
class Run:
    """One worker's time with one batch."""

    lease: Lease
    opening: Opening
    stopping: Callable[[], bool]
    air: Air = field(default_factory=Air)

    def first(self) -> list[tuple[int, bytes]]:
        """The first opening."""
        grant = pacing.pacer().grant(self.opening.room(), self.lease.batch.queue)
        return self._step([], [], grant)

    def go(self, start: Callable[[], Wire], requests: list[tuple[int, bytes]]) -> None:
        if self.opening.ended:
            return
        wire = start()
        try:
            self._work(wire, requests)
        finally:
            wire.close()

    def _work(self, wire: Wire, requests: list[tuple[int, bytes]]) -> None:
        not_after = self.lease.safe_until
        while True:
            if requests:
                failpoints.reached("after_open_before_send")
                not_after = self.lease.safe_until
                wire.send(requests, not_after)
                requests = []
            answers = self._listen(wire)
            held = wire.withdraw() if monotonic() > not_after else []
            if self.stopping():
                self.opening.halt(Halt("stopping"))
            grant = self._grant(len(answers) + len(held))
            if not (answers or held or grant or self._must_write()):
                continue
            requests = self._step(answers, held, grant)
            if self.opening.ended:
                return

    def _listen(self, wire: Wire) -> list[tuple[int, Answer]]:
        waiting = len(self.opening.out)
        if not waiting:
            return []
        return wire.answers(STEP_S, min_count=max(1, min(waiting, settings.SEND_WINDOW // 2)))

    def _grant(self, freed: int) -> int:
        """How many devices may be opened in the step that records `freed` others; waits a little
        where the bucket is empty."""
        room = self.opening.room(freed)
        if not room:
            return 0
        grant = pacing.pacer().grant(room, self.lease.batch.queue)
        if not grant and not self.opening.out:
            sleep(PACED_S)
        return grant

    def _must_write(self) -> bool:
        """Nothing came and nothing is to be opened: only to end, or to keep the lease alive."""
        if not self.opening.out and (self.opening.halted or self.opening.exhausted):
            return True
        return monotonic() - self.lease.renewed > settings.LEASE_SECONDS / 3

    def _step(
        self, answers: Sequence[tuple[int, Answer]], held: Sequence[int], grant: int
    ) -> list[tuple[int, bytes]]:
        """Record and open in one transaction; tried again while the database is away."""
        for tries in range(SLOW_COMMIT_TRIES):
            try:
                with self.air:
                    return self.opening.step(answers, held, grant)
            except OperationalError as error:
                if tries + 1 == SLOW_COMMIT_TRIES:
                    raise
                logger.warning("The database is away (%s); trying again.", error)
                self.opening.reconnect()
                sleep(min(2.0, 0.1 * 2**tries))
        return []


def deliver(
    batch_id: int, *, get_client: Callable[[], Client], stopping: Callable[[], bool]
) -> Batch | None:
    """Send what is left of one batch. Returns it as it was seen last; None when someone else
    holds it or nothing is to be done. Raises nothing for what FCM says; the ledger has it."""
    air = Air()
    sender = _sender(get_client)
    seen = next(iter(_GLIMPSE.rows(batch_id, clock.now())), None)
    if seen is None or not seen[0]:  # most doorbells ring for what someone else has begun
        return None
    granted = _granted_ahead(Glimpse(*seen))
    opening, requests = None, []
    with air, transaction.atomic():
        lease = _taken(batch_id)
        if lease is None:
            return None
        if not _goes_on(lease.batch):
            _put_down(lease)
            return lease.batch
        if granted and sender.client is not None:
            opening = Opening(lease)
            requests = opening.step([], [], granted)
    failpoints.reached("after_claim")
    if lease.batch.kind == BatchKind.PLAN:
        plan.run(lease)
    elif sender.client is None:
        _lay_aside(lease, sender)
    else:
        run = Run(lease, opening or Opening(lease), stopping, air)
        if opening is None:
            requests = run.first()
        run.go(sender.client.start, requests)
    return lease.batch


@dataclass(frozen=True, slots=True)
class Sender:
    """The client, or why there is none and what becomes of the batch."""

    client: Client | None = None
    blocked_by: str = ""
    detail: str = ""


def _sender(get_client: Callable[[], Client]) -> Sender:
    """Before any transaction: a first client may ask a sandbox for its key."""
    try:
        return Sender(get_client())
    except BadCredentials as error:
        logger.error("No usable key: %s", error)
        return Sender(blocked_by="credentials", detail=str(error))
    except SandboxAway as error:
        logger.warning("%s", error)
        return Sender()


def _granted_ahead(seen: Glimpse) -> int:
    """What the bucket grants a short list, asked before its claim: there the claim and the first
    opening are one transaction. 0 for everything else."""
    if seen.queue != "trigger" or seen.kind != BatchKind.LIST:
        return 0
    return pacing.pacer().grant(min(seen.left, settings.SEND_WINDOW), "trigger")


def _taken(batch_id: int) -> Lease | None:
    """Claimed, and what a former holder left in doubt is written down."""
    lease = leases.claim(batch_id)
    if lease is not None and lease.batch.in_doubt:
        settle(lease, lease.now())
        failpoints.reached("after_settle")
    return lease


def _goes_on(batch: Batch) -> bool:
    return (
        batch.finished_at is None
        and not batch.blocked_by
        and batch.notification.status == S.SENDING
    )


def _lay_aside(lease: Lease, sender: Sender) -> None:
    """No client: blocked until someone changes the key, or again when the sandbox may be up."""
    with transaction.atomic():
        if not lease.fence():
            return
        if sender.blocked_by:
            guards.note_cause(lease.batch.notification, sender.blocked_by, sender.detail)
            lease.let_go(blocked_by=sender.blocked_by)
        else:
            lease.let_go(due_at=lease.now() + timedelta(seconds=settings.RETRY_SECONDS))


def _put_down(lease: Lease) -> None:
    """Settled only: the notification is paused, stopped, or the batch is done or blocked."""
    if lease.batch.finished_at is None and lease.batch.notification.status == S.STOPPED:
        lease.finish()
    else:
        lease.let_go()
