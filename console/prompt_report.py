"""The numbers of a soft prompt as its page shows them: each share with its n and its interval."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from console.clock import NARROW
from console.templatetags.beckon import n, percent
from console.typed import whole
from devices.models import Prompt
from devices.prompts import stats
from devices.prompts.numbers import ENOUGH, Numbers, Rate
from devices.states import Platform

DAYS_MOST = 92  # of a chart
PLOT_HEIGHT = 120
SCALES = (5, 10, 20, 50, 100)  # per cent at the right end
PLATFORMS = {Platform.IOS.value: "iPhone", Platform.ANDROID.value: "Android"}


@dataclass(frozen=True, slots=True)
class Filters(stats.Filters):
    """As they stand in the address; what makes no sense there is left out."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filters":
        platform = query.get("platform", "")
        return cls(
            version=whole(query.get("version", "")),
            platform=platform if platform in PLATFORMS else "",
            since=day_of(query.get("from", "")),
            until=day_of(query.get("to", "")),
        )

    @property
    def any(self) -> bool:
        return self != Filters()

    @property
    def query(self) -> str:
        named = {
            "version": self.version, "platform": self.platform, "from": self.since,
            "to": self.until,
        }  # fmt: skip
        return urlencode({name: str(value) for name, value in named.items() if value})


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the funnel: `parts` are (fill, pattern, x, width) in per cent."""

    label: str
    note: str
    count: int
    share: str
    parts: list[tuple[str, str, str, str]]


@dataclass(frozen=True, slots=True)
class Share:
    """One rate in words, and where it lies on a scale of its own chart."""

    label: str
    hits: int
    n: int
    text: str
    interval: str
    x: str
    low: str
    width: str

    @property
    def known(self) -> bool:
        return bool(self.interval)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the chart: a point and its interval on a plot of PLOT_HEIGHT."""

    share: Share
    day: date
    x: str
    y: str
    top: str
    height: str


def share_text(value: float | None) -> str:
    """37.6 %: one decimal, since the interval has one too."""
    return "" if value is None else f"{value:.1f}{NARROW}%"


def share(label: str, rate: Rate, scale: float) -> Share:
    if rate.percent is None:
        return Share(
            label, rate.hits, rate.n, f"{n(rate.hits)} of {n(rate.n)}", "", "0%", "0%", "0%"
        )
    low, high = rate.low or 0.0, rate.high or 0.0
    return Share(
        label=label,
        hits=rate.hits,
        n=rate.n,
        text=share_text(rate.percent),
        interval=f"{low:.1f} to {share_text(high)}",
        x=place(rate.percent, scale),
        low=place(low, scale),
        width=place(high - low, scale),
    )


def place(value: float, scale: float) -> str:
    return f"{max(0.0, min(100.0, 100 * value / scale)):.2f}%"


def scale_of(rates: list[Rate]) -> int:
    """The smallest round number that holds them all."""
    top = max((rate.high or 0.0 for rate in rates if rate.percent is not None), default=0.0)
    return next((scale for scale in SCALES if top <= scale), SCALES[-1])


def report(prompt: Prompt, filters: Filters) -> dict[str, Any]:
    numbers = stats.read(prompt, filters)
    lift = numbers.lift
    scale = scale_of([numbers.conversion, lift.held])
    platforms = stats.by_platform(prompt, replace(filters, platform=""))
    versions = stats.by_version(prompt, replace(filters, version=None))
    return {
        "numbers": numbers,
        "conversion": share("Became reachable", numbers.conversion, scale),
        "held": share("Without it", lift.held, scale),
        "treated": share("Eligible", lift.treated, scale),
        "lift": lift,
        "scale": f"{scale}{NARROW}%",
        "funnel": funnel(prompt, numbers),
        "not_allowed": max(0, numbers.asked - numbers.granted),
        "burn": share("Burned", numbers.burn_rate, 100),
        "by_platform": compared([(PLATFORMS[key], one) for key, one in platforms]),
        "by_version": compared([(f"Version {key}", one) for key, one in versions]),
        "days": days(prompt, filters),
        "height": PLOT_HEIGHT,
    }


# ---------------------------------------------------------------- the funnel


def funnel(prompt: Prompt, found: Numbers) -> list[Bar]:
    whole = max(found.eligible, found.shown, 1)
    asked = [
        ("f-accepted", "", found.granted),
        ("f-rejected", "p-diag", found.asked - found.granted),
    ]
    return [
        bar("Eligible", "Not allowed yet, and the prompt is for them", found.eligible, "", whole, ink),
        bar("Saw the soft prompt", "Our own screen, costs nothing", found.shown,
            part_of(found.shown, found.eligible), whole, pale),
        bar(f"Tapped “{prompt.accept_label}”", "", found.tapped,
            part_of(found.tapped, found.shown, " of those"), whole, pale),
        bar("Were asked by the phone", "The one that counts", found.asked,
            part_of(found.asked, found.tapped), whole, asked),
        bar("Allowed", "", found.granted,
            part_of(found.granted, found.asked, " of asked"), whole, full),
        bar("Allowed in Settings", f"{n(found.sent_to_settings)} were sent there", found.recovered,
            part_of(found.recovered, found.sent_to_settings), whole, full),
    ]  # fmt: skip


ink, pale, full = "f-ink", "f-received", "f-accepted"


def part_of(part: int, whole: int, of: str = "") -> str:
    """A share where it says something."""
    if whole < ENOUGH:
        return ""
    return percent(part, whole) + of


def bar(label: str, note: str, count: int, share: str, whole: int, look: Any) -> Bar:
    fills = [(look, "", count)] if isinstance(look, str) else look
    parts, x = [], 0.0
    for fill, pattern, many in fills:
        if many > 0:
            parts.append((fill, pattern, f"{x:.2f}%", f"{max(0.45, 100 * many / whole):.2f}%"))
            x += 100 * many / whole
    return Bar(label, note, count, share, parts)


# ---------------------------------------------------------------- by day, version, platform


def compared(named: list[tuple[str, Numbers]]) -> dict[str, Any]:
    scale = scale_of([one.conversion for _, one in named])
    return {
        "rows": [share(label, one.conversion, scale) for label, one in named],
        "scale": f"{scale}{NARROW}%",
    }


def days(prompt: Prompt, filters: Filters) -> dict[str, Any]:
    found = [(day, one.conversion) for day, one in stats.by_day(prompt, filters)]
    shown = [(day, rate) for day, rate in found if rate.n]
    scale = scale_of([rate for _, rate in shown])
    last = shown[-DAYS_MOST:]
    first = last[0][0] if last else date.min
    width = (last[-1][0] - first).days + 1 if last else 1
    return {
        "rows": [plotted(day, rate, scale, (day - first).days, width) for day, rate in last],
        "scale": f"{scale}{NARROW}%",
        "first": first,
        "last": first + timedelta(days=width - 1) if last else first,
        "cut": len(shown) > len(last),
        "enough": any(rate.percent is not None for _, rate in last),
    }


def plotted(day: date, rate: Rate, scale: float, place: int, of: int) -> Day:
    def height(value: float | None) -> float:
        return PLOT_HEIGHT * min(value or 0.0, scale) / scale

    low, high = height(rate.low), height(rate.high)
    return Day(
        share=share(f"{day:%-d %b}", rate, scale),
        day=day,
        x=f"{100 * (place + 0.5) / of:.2f}%",
        y=f"{PLOT_HEIGHT - height(rate.percent):.1f}",
        top=f"{PLOT_HEIGHT - high:.1f}",
        height=f"{max(1.0, high - low):.1f}",
    )
