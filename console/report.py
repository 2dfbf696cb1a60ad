"""The numbers of one notification as its page shows them: they add up, and each leads to its rows."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from console import charts
from console.clock import span
from console.openings import Opens, opens_of, pace_of
from console.templatetags import beckon
from devices.states import Platform
from notifications import kill_switch, reasons, reports, waves
from notifications.models import Batch, Notification
from notifications.sending import waving
from notifications.states import ENDED, BatchKind
from notifications.states import NotificationStatus as S

TERMS = {  # the page's <dl>, in this order, by these words
    "planned": "Planned",
    "targeted": "Targeted",
    "waiting": "Waiting",
    "accepted": "Accepted",
    "rejected": "Rejected",
    "dead_token": "Dead token",
    "skipped": "Skipped",
    "expired": "Expired",
    "stopped": "Stopped",
    "unknown": "Unknown",
    "received": "Received",
    "opened": "Opened",
}
OUTCOMES = {  # kind of a bar's part: (word, what it means)
    "accepted": ("Accepted", "Google took it"),
    "skipped": ("Skipped", "on purpose"),
    "rejected": ("Rejected", "Google refused it"),
    "dead_token": ("Dead token", "the app was removed"),
    "expired": ("Expired", "its time ran out"),
    "stopped": ("Stopped", "before their turn"),
    "unknown": ("Unknown", "no answer came back"),
    "waiting": ("Waiting", "on the wire"),
}
SEEN = ("received", "opened")
RATE_LEAST = 30  # phones; a share of fewer says nothing
CELLS_MAX = 52  # batches drawn one by one; more become one bar


@dataclass(frozen=True, slots=True)
class ReasonRow:
    outcome: str
    code: str
    count: int
    url: str

    @property
    def says(self) -> reasons.Reason:
        return reasons.reason(self.code, self.outcome)

    @property
    def label(self) -> str:
        return reasons.label(self.code, self.outcome)

    @property
    def look(self) -> tuple[str, str]:
        return charts.look(self.outcome)


@dataclass(frozen=True, slots=True)
class System:
    name: str
    icon: str
    counts: reports.Counts
    parts: list[dict[str, Any]]

    @property
    def total(self) -> int:
        return self.counts.targeted


@dataclass(frozen=True, slots=True)
class Cell:
    """One batch: done, now, or waiting for its turn."""

    ordinal: int
    state: str


@dataclass(frozen=True)
class Report:
    notification: Notification
    counts: reports.Counts
    pace: reports.Pace
    next_try_at: datetime | None
    now: datetime

    @property
    def total(self) -> int:
        """Phones that have, or are still to get, an outcome."""
        if self.is_over:
            return self.counts.targeted
        return max(self.notification.planned or 0, self.counts.targeted)

    @property
    def is_over(self) -> bool:
        return self.notification.status in ENDED

    @property
    def not_yet(self) -> int:
        return self.total - self.counts.targeted

    @property
    def share(self) -> int:
        """Whole per cent handled; 100 only when it is all of them."""
        return int(100 * self.counts.handled / self.total) if self.total else 0

    @property
    def missed(self) -> int:
        """Phones with an outcome that surely never got it."""
        found = self.counts
        return found.skipped + found.rejected + found.dead_token + found.expired + found.stopped

    @property
    def reason_count(self) -> int:
        kinds = {key for key in self.counts.by_outcome if key[0] != "unknown"}
        return len(kinds)

    @property
    def terms(self) -> list[dict[str, Any]]:
        numbers = {"planned": self.notification.planned} | self.counts.numbers()
        return [
            {"term": word, "count": numbers[name], "url": self.rows_url(**_asked_by(name))}
            for name, word in TERMS.items()
        ]

    @property
    def headline(self) -> list[dict[str, Any]]:
        """The three numbers of a report: each is a part of what stands beside it."""
        found = self.counts
        named = (
            ("accepted", "Accepted by Google", found.targeted, "of all phones"),
            ("received", "Received, said the app", found.accepted, ""),
            ("opened", "Opened", found.accepted, "of accepted"),
        )
        return [
            {
                "label": label,
                "count": (n := getattr(found, name)),
                "whole": whole,
                "share": 100 * n / whole if whole else 0,
                "note": self.said(name, n, whole, of),
                "fill": f"f-{name}",
                "url": self.rows_url(**_asked_by(name)),
            }
            for name, label, whole, of in named
        ]

    def said(self, name: str, n: int, whole: int, of: str) -> str:
        """A share where it says something: `received` is a lower bound and never made a rate, and
        below RATE_LEAST phones there is no percentage, nor where phones in doubt opened it, too."""
        if name == "received":
            return "at least: an app in the background often can’t tell"
        if n > whole:
            return "more than accepted: some in doubt have it after all"
        if whole < RATE_LEAST:
            phones = beckon.plural(whole, "phone,phones")
            return f"of {phones}" if name == "accepted" else f"of {beckon.n(whole)} accepted"
        return f"{beckon.percent(n, whole)} {of}"

    @property
    def took_s(self) -> float:
        one = self.notification
        if not (one.started_at and one.finished_at):
            return 0
        return (one.finished_at - one.started_at).total_seconds()

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The hero bar: every phone of `total` in exactly one part."""
        found = parts_of(self.counts, self.rows_url, {"waiting": self._waiting_note()})
        if self.not_yet:
            found.append({"kind": "not_yet", "label": "Not yet", "count": self.not_yet,
                          "note": "their batch comes"})  # fmt: skip
        return found

    def _waiting_note(self) -> str:
        if self.next_try_at and self.next_try_at > self.now:
            return f"next try in {span((self.next_try_at - self.now).total_seconds())}"
        return "on the wire"

    @property
    def systems(self) -> list[System]:
        named = (
            ("iPhone", "brand-apple", Platform.IOS),
            ("Android", "brand-android", Platform.ANDROID),
        )
        return [
            System(
                name,
                icon,
                self.counts.platforms[platform],
                parts_of(self.counts.platforms[platform], self._rows_on(platform), {}),
            )
            for name, icon, platform in named
        ]

    def _rows_on(self, platform: str) -> Any:
        return lambda **asked: self.rows_url(platform=platform, **asked)

    @property
    def reasons(self) -> list[ReasonRow]:
        """Why phones did not get it, the most frequent first."""
        ordered = sorted(self.counts.by_outcome.items(), key=lambda item: (-item[1], item[0]))
        return [
            ReasonRow(outcome, code, n, self.rows_url(outcome=outcome, reason=code))
            for (outcome, code), n in ordered
        ]

    def rows_url(self, **asked: str) -> str:
        query = urlencode({"tab": "recipients"} | asked)
        return f"{self.notification.get_absolute_url()}?{query}"

    @cached_property
    def waves(self) -> list[waving.Wave]:
        return waving.standing(self.notification, self.now)

    @property
    def wave_wait_s(self) -> int:
        return waves.wait_s(self.notification.waves)

    @cached_property
    def opens(self) -> Opens:
        return opens_of(self.notification, self.counts.opened, self.now)

    @cached_property
    def pace_columns(self) -> list[charts.Column]:
        return pace_of(self.notification, self.now)

    @cached_property
    def cells(self) -> list[Cell]:
        if not 1 < self.counts.batches_planned <= CELLS_MAX:
            return []
        rows = (
            Batch.objects.filter(notification=self.notification).primary().order_by("ordinal", "pk")
        )
        found = rows.values_list("finished_at", "started_at")
        return [
            Cell(place, "done" if finished else "now" if started else "later")
            for place, (finished, started) in enumerate(found, 1)
        ]


def _asked_by(name: str) -> dict[str, str]:
    if name in SEEN:
        return {"seen": name}
    return {} if name in ("planned", "targeted") else {"outcome": name}


def parts_of(found: reports.Counts, url: Any, notes: dict[str, str]) -> list[dict[str, Any]]:
    """One part for each outcome that any phone has; accepted also when nobody has it."""
    parts = []
    for kind, (word, note) in OUTCOMES.items():
        n = getattr(found, kind)
        if n or kind == "accepted":
            parts.append(
                {
                    "kind": kind,
                    "label": word,
                    "count": n,
                    "note": notes.get(kind, note),
                    "url": url(outcome=kind),
                }
            )
    return parts


def report(notification: Notification, now: datetime) -> Report:
    found = reports.counts(notification)
    next_try = None
    if found.waiting and notification.status == S.SENDING:
        retries = Batch.objects.unfinished().filter(
            notification=notification, kind=BatchKind.LIST, primary=False, due_at__gt=now
        )
        next_try = retries.order_by("due_at").values_list("due_at", flat=True).first()
    held = kill_switch.held_kinds() if notification.status == S.SENDING else frozenset()
    pace = reports.pace(notification, found, now, held)
    return Report(notification, found, pace, next_try, now)
