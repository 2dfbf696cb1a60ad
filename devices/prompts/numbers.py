"""The counts of a prompt and what follows from them. Pure. Nothing is shown as a percentage
below 30, and every share comes with its 95 % interval."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import sqrt
from typing import Any

ENOUGH = 30
Z = 1.959964  # the normal distribution's quantile for 95 %


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `n`, in per cent; None where `n` is too small to say."""

    hits: int
    n: int

    @property
    def percent(self) -> float | None:
        return 100 * self.hits / self.n if self.n >= ENOUGH else None

    @property
    def low(self) -> float | None:
        return 100 * self.interval[0] if self.n >= ENOUGH else None

    @property
    def high(self) -> float | None:
        return 100 * self.interval[1] if self.n >= ENOUGH else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's: holds near 0 and 1, too."""
        if not self.n:
            return 0.0, 1.0
        n, share = self.n, min(self.hits / self.n, 1.0)
        middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    def as_dict(self) -> dict[str, Any]:
        return {
            "hits": self.hits,
            "n": self.n,
            "percent": rounded(self.percent),
            "low": rounded(self.low),
            "high": rounded(self.high),
        }


@dataclass(frozen=True, slots=True)
class Lift:
    """How many more of every 100 allow notifications than of those held out."""

    treated: Rate
    held: Rate

    @property
    def points(self) -> float | None:
        if self.treated.percent is None or self.held.percent is None:
            return None
        return self.treated.percent - self.held.percent

    @property
    def low(self) -> float | None:
        return self._edge(self.treated, self.held, -1)

    @property
    def high(self) -> float | None:
        return self._edge(self.held, self.treated, 1)

    def _edge(self, lower: Rate, upper: Rate, sign: int) -> float | None:
        """Newcombe's interval of a difference, from the two of Wilson."""
        if self.points is None:
            return None
        down = lower.hits / lower.n - lower.interval[0]
        up = upper.interval[1] - upper.hits / upper.n
        return self.points + sign * 100 * sqrt(down * down + up * up)

    def as_dict(self) -> dict[str, Any]:
        return {
            "treated": self.treated.as_dict(),
            "held_out": self.held.as_dict(),
            "points": rounded(self.points),
            "low": rounded(self.low),
            "high": rounded(self.high),
        }


def rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Phones count once each, with the version and on the day of their last display; those found
    eligible or held out on the day that was found. Events count each, on their own day."""

    eligible: int = 0
    eligible_allowed: int = 0
    held_out: int = 0
    held_out_allowed: int = 0
    shown: int = 0
    tapped: int = 0
    asked: int = 0
    granted: int = 0
    sent_to_settings: int = 0
    recovered: int = 0
    opted_in: int = 0
    converted: int = 0
    impressions: int = 0
    clicks: int = 0
    dismissals: int = 0
    asks: int = 0
    grants: int = 0
    burned: int = 0
    swiped: int = 0
    settings_opened: int = 0

    @property
    def ctr(self) -> Rate:
        return Rate(self.tapped, self.shown)

    @property
    def conversion(self) -> Rate:
        """Phones that came to allow notifications within a day of their last display."""
        return Rate(self.converted, self.shown)

    @property
    def grant_rate(self) -> Rate:
        return Rate(self.grants, self.asks)

    @property
    def burn_rate(self) -> Rate:
        return Rate(self.burned, self.asks)

    @property
    def lift(self) -> Lift:
        return Lift(
            Rate(self.eligible_allowed, self.eligible), Rate(self.held_out_allowed, self.held_out)
        )

    @property
    def funnel(self) -> list[tuple[str, str, int]]:
        """(name, label, phones)"""
        return [
            ("eligible", "Eligible", self.eligible),
            ("shown", "Shown", self.shown),
            ("tapped", "Tapped", self.tapped),
            ("asked", "Asked by the system", self.asked),
            ("granted", "Granted", self.granted),
        ]

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in NAMES}

    def as_dict(self) -> dict[str, Any]:
        rates = ("ctr", "conversion", "grant_rate", "burn_rate", "lift")
        return self.counts() | {name: getattr(self, name).as_dict() for name in rates}


NAMES = tuple(field.name for field in fields(Numbers))


def of_row(row: Mapping[str, int | None]) -> Numbers:
    return Numbers(**{name: row.get(name) or 0 for name in NAMES})
