"""The devices of a window that are not sent to now: why not, and what becomes of each."""

from collections.abc import Mapping
from datetime import datetime

from notifications import reach
from notifications.models import Batch
from notifications.sending import holding, ledger, pairs
from notifications.sending.recording import Record
from notifications.sending.window import Candidate
from notifications.states import BatchKind, Outcome


class Unsent:
    """Takes them one by one, then writes them at once. `held`: by a limit of its person, by the
    device's pk; `blocked`: the set-up that fails, by platform."""

    def __init__(
        self,
        batch: Batch,
        record: Record,
        held: Mapping[int, reach.Held],
        blocked: Mapping[str, str],
    ) -> None:
        self.batch, self.record, self.held, self.blocked = batch, record, held, blocked
        self._expired = record.now >= record.expires_at
        self._rows: list[ledger.Row] = []
        self._waiting: list[pairs.Pair] = []
        self._asleep: dict[datetime, list[ledger.Row]] = {}

    def takes(self, candidate: Candidate) -> bool:
        facts = candidate.facts
        if candidate.reason:
            self._rows.append(self._row(candidate, Outcome.SKIPPED, candidate.reason))
        elif self._expired:
            self._rows.append(self._row(candidate, Outcome.EXPIRED, "ttl"))
        elif facts.pk in self.held:
            self._hold(candidate, self.held[facts.pk])
        elif facts.platform in self.blocked:
            self._waiting.append((facts.pk, candidate.user_id))
            why = self.blocked[facts.platform]
            self._rows.append(self._row(candidate, Outcome.WAITING, why))
        else:
            return False
        return True

    def _hold(self, candidate: Candidate, held: reach.Held) -> None:
        if held.until is None or held.until >= self.record.expires_at:
            self._rows.append(self._row(candidate, Outcome.SKIPPED, held.reason))
        else:
            row = self._row(candidate, Outcome.WAITING, held.reason)
            self._asleep.setdefault(held.until, []).append(row)

    def _row(self, candidate: Candidate, outcome: Outcome, reason: str) -> ledger.Row:
        now = self.record.now
        return ledger.Row(
            self.batch.notification_id, candidate.facts.pk, candidate.user_id or None,
            self.batch.pk, candidate.facts.platform, outcome, reason, "", candidate.attempts,
            candidate.doubtful, candidate.started_at or now, now,
        )  # fmt: skip

    def write(self) -> None:
        record, rows = self.record, self._rows
        if self._waiting:
            why = next(iter(self.blocked.values()))
            waits = record.retries.add((why, None, 0, why), self._waiting, record.now, record.now)
            rows = [
                row._replace(batch_id=waits) if row.outcome == Outcome.WAITING else row
                for row in rows
            ]
        rows = rows + holding.until_awake(self._asleep, record.retries, record.now)
        for row in rows:
            record.delta[row.platform, row.outcome, row.reason] += 1
        write = ledger.insert if self.batch.kind == BatchKind.RANGE else ledger.merge
        write(rows)
