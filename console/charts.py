"""Where the pieces of a bar stand, in per cent: templates only draw."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SEEN = 0.45  # per cent: the narrowest part that can still be seen and pressed
PATTERNS = {  # kind: (fill class, pattern id); the same on every page
    "accepted": ("f-accepted", ""),
    "received": ("f-received", ""),
    "opened": ("f-opened", ""),
    "skipped": ("f-skipped", "p-dot"),
    "rejected": ("f-rejected", "p-diag"),
    "dead_token": ("f-rejected", "p-diag"),
    "unknown": ("f-unknown", "p-cross"),
    "retry": ("f-retry", "p-vert"),
    "waiting": ("f-retry", "p-vert"),
    "expired": ("f-skipped", "p-vert"),
    "stopped": ("f-skipped", ""),
    "not_yet": ("f-rest", ""),
    "rest": ("f-rest", ""),
    "ink": ("f-ink", ""),
    # who can be reached
    "granted": ("f-accepted", ""),
    "provisional": ("f-prov", ""),
    "should_request": ("f-asks", "p-vert"),
    "denied": ("f-skipped", "p-dot"),
    "opted_out": ("f-opt", "p-cross"),
    "app_removed": ("f-rejected", "p-diag"),
    "unreported": ("f-prov", "p-vert"),
    "no_token": ("f-dead", ""),
}


@dataclass(frozen=True, slots=True)
class Part:
    label: str
    count: int
    fill: str
    pattern: str
    url: str
    note: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    count: int
    kind: str  # from, minus or total
    fill: str
    pattern: str
    url: str
    note: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    count: int
    x: str
    y: str
    height: str


def look(kind: str) -> tuple[str, str]:
    """(fill class, pattern id) of an outcome or permission; what is not known looks unknown."""
    return PATTERNS.get(str(kind), PATTERNS["unknown"])


def bar(parts: Iterable[Any], total: int | None = None) -> list[Part]:
    """Each part needs `kind`, `label`, `count`; `url` and `note` are optional. What `total` has
    beyond the parts stays empty track. Parts of 0 get no width; small ones stay visible."""
    given = list(parts)
    whole = max(total or 0, sum(_of(part, "count", 0) for part in given)) or 1
    laid, x = [], 0.0
    for part in given:
        count = _of(part, "count", 0)
        share = 100 * count / whole
        fill, pattern = look(_of(part, "kind", "unknown"))
        laid.append(
            Part(
                label=_of(part, "label"),
                count=count,
                fill=fill,
                pattern=pattern,
                url=_of(part, "url"),
                note=_of(part, "note"),
                x=_percent(min(x, 100 - SEEN)),
                width=_percent(max(share, SEEN) if count else 0),
            )
        )
        x += share
    return laid


def waterfall(steps: Iterable[Any]) -> list[Step]:
    """Each step needs `kind` ("from", "minus", "total"), `label`, `count`; `look` (an outcome, for
    the fill), `url` and `note` are optional. Minus steps hang from what is left so far."""
    given = list(steps)
    whole = max((_of(step, "count", 0) for step in given), default=0) or 1
    laid, left = [], 0
    for step in given:
        count, kind = _of(step, "count", 0), _of(step, "kind", "minus")
        left = left - count if kind == "minus" else count
        share = 100 * count / whole
        start = 100 * left / whole if kind == "minus" else 0.0
        default = {"from": "ink", "total": "accepted"}.get(kind, "skipped")
        fill, pattern = look(_of(step, "look") or default)
        laid.append(
            Step(
                label=_of(step, "label"),
                count=count,
                kind=kind,
                fill=fill,
                pattern=pattern,
                url=_of(step, "url"),
                note=_of(step, "note"),
                x=_percent(max(0.0, min(start, 100 - SEEN))),
                width=_percent(max(share, SEEN) if count else 0),
            )
        )
    return laid


def columns(counts: list[tuple[str, int]], top: int, height: int, shift: float = 0) -> list[Column]:
    """Columns of one series standing on a baseline at `height` px; `top` is the count that reaches
    the ceiling. `shift` (per cent) sets a second series beside the first."""
    step = 100 / max(len(counts), 1)
    laid = []
    for place, (label, count) in enumerate(counts):
        tall = max(2.0, height * count / top) if count and top else 0.0
        laid.append(
            Column(
                label=label,
                count=count,
                x=_percent(2 + place * step + shift),
                y=f"{height - tall:.1f}",
                height=f"{tall:.1f}",
            )
        )
    return laid


def _of(part: Any, name: str, default: Any = "") -> Any:
    if isinstance(part, Mapping):
        return part.get(name) or default
    return getattr(part, name, None) or default


def _percent(share: float) -> str:
    return f"{share:.2f}%"
