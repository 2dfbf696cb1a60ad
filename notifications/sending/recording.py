"""What became of each answered device: its row, its next try, and what it says of the whole."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from devices import registry
from notifications.fcm.outcomes import Answer, Kind
from notifications.models import Batch
from notifications.sending import backoff, counters, guards, ledger, pairs, pause, plan
from notifications.sending.retries import Key, Retries
from notifications.states import BatchKind, Outcome
from notifications.states import NotificationStatus as S

if TYPE_CHECKING:
    from notifications.sending.opening import Out

MESSAGE_REFUSED = "bad_message"
_BAD = (Outcome.DEAD_TOKEN, Outcome.REJECTED)
_ACCEPTED = Outcome.ACCEPTED.value
IOS_ONLY = {"apns_key"}  # a wrong set-up that leaves Android alone


class Record:
    """Collects the answers of one transaction, then writes them at once (`write`)."""

    def __init__(self, batch: Batch, expires_at: datetime, now: datetime, retries: Retries) -> None:
        self.batch, self.notification, self.retries = batch, batch.notification, retries
        self._notification_pk, self._batch_pk = self.notification.pk, batch.pk
        self.expires_at, self.now = expires_at, now
        self.delta = counters.Delta()
        self.blocked_by = ""
        self.blocked_platform: dict[str, str] = {}
        self.project_until: datetime | None = None
        self.paused = False
        self._rows: list[ledger.Row] = []
        self._dead: list[tuple[int, str]] = []
        self._refused: Answer | None = None
        self._detail = ""
        self._back: list[tuple[ledger.Row, pairs.Pair]] = []
        self._again: dict[tuple[Key, datetime], list[tuple[ledger.Row, pairs.Pair]]] = defaultdict(
            list
        )
        self._unnamed = 0
        self._quota_end: datetime | None = None

    # ------------------------------------------------------------ collecting

    def answers(self, answered: Iterable[tuple[int, "Out", Answer]]) -> None:
        for pk, out, answer in answered:
            _TAKE[answer.kind](self, pk, out, answer)

    def hand_back(self, held: Iterable[tuple[int, "Out"]]) -> None:
        """Opened, but never put on the wire: waiting, due at once, no attempt counted."""
        for pk, out in held:
            if row := self._waiting(pk, out, "lease", out.attempts):
                self._back.append((row, (pk, out.user_id)))

    def _accepted(self, pk: int, out: "Out", answer: Answer) -> None:
        # By far the most frequent: no method between, plain text where the driver wants it.
        user_id, platform, _, attempts, doubtful, started_at = out
        self.delta[platform, _ACCEPTED, ""] += 1
        self._rows.append(
            ledger.Row(
                self._notification_pk, pk, user_id or None, self._batch_pk, platform, _ACCEPTED, "",
                answer.message_id.rpartition("/")[2][:100], attempts + 1, doubtful, started_at,
                self.now,
            )
        )  # fmt: skip

    def _dead_token(self, pk: int, out: "Out", answer: Answer) -> None:
        self._dead.append((pk, out.token))
        self._add(self._row(pk, out, Outcome.DEAD_TOKEN, answer.reason, out.attempts + 1))

    def _rejected(self, pk: int, out: "Out", answer: Answer) -> None:
        if answer.reason != "sender_id_mismatch":
            self._refused = self._refused or answer
        self._add(self._row(pk, out, Outcome.REJECTED, answer.reason, out.attempts + 1))

    def _misconfigured(self, pk: int, out: "Out", answer: Answer) -> None:
        if answer.reason in IOS_ONLY:
            self.blocked_platform[out.platform] = answer.reason
        else:
            self.blocked_by = self.blocked_by or answer.reason
        self._detail = self._detail or answer.detail
        self._wait(pk, out, (answer.reason, None, 0, answer.reason), self.now, out.attempts)

    def _unknown(self, pk: int, out: "Out", answer: Answer) -> None:
        if not self.notification.at_least_once:
            self._add(self._row(pk, out, Outcome.UNKNOWN, answer.reason, out.attempts + 1))
            return
        self._retry(pk, out._replace(doubtful=True), answer)

    def _retry(self, pk: int, out: "Out", answer: Answer) -> None:
        attempts = out.attempts + (1 if answer.counts_attempt else 0)
        floor = backoff.floor_s(answer, attempts)
        due_at = self.now + timedelta(seconds=floor)
        if answer.reason == "quota" and answer.quota_scope != "device":
            self._unnamed += 2 if answer.quota_scope == "project" else 1
            self._quota_end = max(due_at, self._quota_end or due_at)
        if backoff.gives_up(attempts, out.started_at, due_at, self.expires_at):
            outcome = Outcome.UNKNOWN if out.doubtful else Outcome.EXPIRED
            self._add(self._row(pk, out, outcome, answer.reason, attempts))
            return
        self._wait(pk, out, (answer.reason, floor, attempts, ""), due_at, attempts)

    def _wait(self, pk: int, out: "Out", key: Key, not_before: datetime, attempts: int) -> None:
        if row := self._waiting(pk, out, key[0], attempts):
            self._again[key, not_before].append((row, (pk, out.user_id)))

    def _waiting(self, pk: int, out: "Out", reason: str, attempts: int) -> ledger.Row | None:
        """Its row, to be given its batch; None where a stop ended the waiting."""
        if self.notification.status == S.STOPPED:
            self._add(self._row(pk, out, Outcome.STOPPED, "stopped", attempts))
            return None
        return self._row(pk, out, Outcome.WAITING, reason, attempts)

    def _row(self, pk: int, out: "Out", outcome: Outcome, reason: str, attempts: int) -> ledger.Row:
        return ledger.Row(
            self.notification.pk, pk, out.user_id or None, self.batch.pk, out.platform,
            outcome.value, reason, "", attempts, out.doubtful, out.started_at, self.now,
        )  # fmt: skip

    def _add(self, row: ledger.Row) -> None:
        self.delta[row.platform, row.outcome, row.reason] += 1
        self._rows.append(row)

    # ------------------------------------------------------------ writing

    def write(self) -> None:
        """Rows, the list batches of what is tried again, retirements, and pauses."""
        self._pace()
        for (key, not_before), waiting in self._again.items():
            if self.project_until and not key[3]:
                not_before = max(not_before, self.project_until)
            members = [pair for _, pair in waiting]
            batch_pk = self.retries.add(key, members, not_before, self.now)
            self._rows += [row._replace(batch_id=batch_pk) for row, _ in waiting]
        if self._back:
            back = [pair for _, pair in self._back]
            zone = self.batch.timezone
            batch = plan.add_list(self.notification, back, self.now, zone=zone)
            self._rows += [row._replace(batch_id=batch.pk) for row, _ in self._back]
        if self.batch.kind == BatchKind.RANGE:
            ledger.insert(self._rows)
        else:
            ledger.merge(self._rows)
        self._guard()

    def _pace(self) -> None:
        end = self._quota_end
        if self._unnamed and end and pause.note_quota(self._unnamed, end, self.now):
            self.project_until = end

    def _guard(self) -> None:
        """Pauses are written here, before any token is retired."""
        if cause := self.blocked_by or next(iter(self.blocked_platform.values()), ""):
            guards.note_cause(self.notification, cause, self._detail)
        if self._refused is not None:
            facts = guards.facts_of(self._refused.detail) | {"reason": self._refused.reason}
            self.paused |= guards.pause(self.notification, MESSAGE_REFUSED, facts, self.now)
        pulled, facts = self._pulled()
        if pulled:
            self.paused |= guards.pause(self.notification, pulled, facts, self.now)
        elif self._dead and self.notification.paused_reason not in guards.KEEP_DEAD:
            registry.retire(self._dead, self.now)

    def _pulled(self) -> tuple[str, dict[str, Any]]:
        """The guard or brake that these answers pull, with its facts; all batches are read only
        where one of them is bad."""
        if not any(outcome in _BAD for _, outcome, _ in self.delta):
            return "", {}
        if self.notification.waves and (found := guards.of_waves(self.notification, self.delta)):
            return guards.GUARD, found
        return (self._brake() if self._looks_dead() else ""), guards.facts_of()

    def _looks_dead(self) -> bool:
        """Cheap: only where this batch's own share is above the brake's are all batches read."""
        mine = counters.total([self.batch.counters, counters.apply({}, self.delta)])
        dead = sum(one[Outcome.DEAD_TOKEN] + one[Outcome.REJECTED] for one in mine.values())
        answered = dead + sum(one[Outcome.ACCEPTED] for one in mine.values())
        return bool(dead > guards.BRAKE_SHARE * answered)

    def _brake(self) -> str:
        return guards.brake(self.notification, self.delta)


_TAKE = {
    Kind.ACCEPTED: Record._accepted,
    Kind.DEAD_TOKEN: Record._dead_token,
    Kind.REJECTED: Record._rejected,
    Kind.MISCONFIGURED: Record._misconfigured,
    Kind.RETRY: Record._retry,
    Kind.UNKNOWN: Record._unknown,
}
