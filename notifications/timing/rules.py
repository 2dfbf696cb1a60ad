"""What repeats: daily, weekly, monthly or by cron, on the wall clock of one zone.

Every occurrence is one instant, and no instant comes twice: two wall times that a jump of the
clocks makes one are sent once. `count` counts instants from the first on.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import islice, pairwise, takewhile
from typing import Any

from notifications.timing import walls
from notifications.timing.cron import Cron, parse

EVERY = DAY, WEEK, MONTH, CRON = "day", "week", "month", "cron"
CRON_MAX, COUNT_MAX = 120, 10_000
LAST_DAY = 0
DAY_LONG = timedelta(days=1)
BARREN = timedelta(days=9 * 366)  # no time in so long: there never is one
OFTEN = timedelta(minutes=15)  # the closest two may be


@dataclass(frozen=True)
class Rule:
    """`weekdays` count from Monday, 0; `day` of the month, where 0 is its last one and a day that
    a month lacks is its last one, too. `until` is the last local day."""

    every: str
    zone: str
    start: date
    clock: time = time(9)
    weekdays: tuple[int, ...] = ()
    day: int = LAST_DAY
    cron: str = ""
    until: date | None = None
    count: int | None = None

    @cached_property
    def parsed(self) -> Cron:
        return parse(self.cron)

    def on(self, day: date) -> list[time]:
        """The wall times of that day."""
        if self.every == CRON:
            return self.parsed.on(day)
        if self.every == WEEK:
            return [self.clock] if day.weekday() in self.weekdays else []
        if self.every == MONTH:
            last = monthrange(day.year, day.month)[1]
            wanted = min(self.day or last, last)
            return [self.clock] if day.day == wanted else []
        return [self.clock]

    def as_json(self) -> dict[str, Any]:
        told = asdict(self) | {
            "start": self.start.isoformat(),
            "clock": self.clock.isoformat(timespec="minutes"),
            "weekdays": list(self.weekdays),
            "until": self.until.isoformat() if self.until else None,
        }
        return {name: told[name] for name in self.__dataclass_fields__}


def of_json(told: dict[str, Any]) -> Rule:
    return Rule(
        every=told["every"],
        zone=told["zone"],
        start=date.fromisoformat(told["start"]),
        clock=time.fromisoformat(told["clock"]),
        weekdays=tuple(told["weekdays"]),
        day=told["day"],
        cron=told["cron"],
        until=date.fromisoformat(told["until"]) if told["until"] else None,
        count=told["count"],
    )


@dataclass(frozen=True, slots=True)
class Occurrence:
    number: int  # from 1
    moment: walls.Moment

    @property
    def at(self) -> datetime:
        return self.moment.at


def occurrences(rule: Rule, not_before: datetime | None = None) -> Iterator[Occurrence]:
    """From the rule's first day on. What is earlier than `not_before` is no occurrence of it."""
    since = _first_day(rule, not_before) if not_before else rule.start
    moments = (one for one in _moments(rule, since) if not_before is None or one.at > not_before)
    for number, one in enumerate(islice(moments, rule.count), start=1):
        yield Occurrence(number, one)


def after(rule: Rule, at: datetime, passed: int) -> Occurrence | None:
    """The next one later than `at`, of which `passed` are over; None when that was the last."""
    if rule.count is not None and passed >= rule.count:
        return None
    found = next((one for one in _moments(rule, _first_day(rule, at)) if one.at > at), None)
    return Occurrence(passed + 1, found) if found else None


def _first_day(rule: Rule, at: datetime) -> date:
    """From which on to look for what is later than `at`, however long ago the rule began."""
    return max(rule.start, at.astimezone(walls.zone_of(rule.zone)).date() - 2 * DAY_LONG)


def _moments(rule: Rule, day: date) -> Iterator[walls.Moment]:
    """In order of their instants. A jump moves a time past later ones of the same day, so a day is
    given out only when the next has begun."""
    pending: dict[datetime, walls.Moment] = {}
    barren_since = day
    while not (rule.until and day > rule.until) and day - barren_since < BARREN:
        for clock in rule.on(day):
            one = walls.resolve(datetime.combine(day, clock), rule.zone)
            pending.setdefault(one.at, one)
            barren_since = day
        try:
            day += DAY_LONG
            begins = walls.instant(datetime.combine(day, time()), rule.zone) if pending else None
        except (OverflowError, ValueError):
            break
        for at in sorted(at for at in pending if begins and at < begins):
            yield pending.pop(at)
    yield from (pending[at] for at in sorted(pending))


def closest(rule: Rule, not_before: datetime) -> timedelta | None:
    """The shortest distance between two of the next occurrences; None when there are not two. A
    line for leap days says within BARREN what it will ever say."""
    found = islice(occurrences(rule, not_before), 200)
    began = max(not_before, datetime.combine(rule.start, time(), tzinfo=UTC))
    soon = [one.at for one in takewhile(lambda one: one.at - began < BARREN, found)]
    return min((b - a for a, b in pairwise(soon)), default=None)
