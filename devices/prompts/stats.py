"""What became of a prompt, by day, version and system: sums of its day rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum

from devices.models import Prompt, PromptDay
from devices.prompts.numbers import NAMES, Numbers, of_row

SUMS: dict[str, Any] = {f"n_{name}": Sum(name) for name in NAMES}


@dataclass(frozen=True, slots=True)
class Filters:
    """None and "" are all. `until` is the last day that counts."""

    version: int | None = None
    platform: str = ""
    since: date | None = None
    until: date | None = None

    def rows(self, prompts: Iterable[int]) -> QuerySet[PromptDay]:
        wanted = {
            "version": self.version,
            "platform": self.platform or None,
            "day__gte": self.since,
            "day__lte": self.until,
        }
        known = {name: value for name, value in wanted.items() if value is not None}
        return PromptDay.objects.filter(prompt__in=list(prompts), **known).order_by()


ALL = Filters()


def read(prompt: Prompt, filters: Filters = ALL) -> Numbers:
    return of_prompts([prompt], filters)[prompt.pk]


def of_prompts(prompts: Sequence[Prompt], filters: Filters = ALL) -> dict[int, Numbers]:
    """One query, however many."""
    found = grouped(filters.rows(prompt.pk for prompt in prompts), "prompt")
    return {prompt.pk: found.get(prompt.pk, Numbers()) for prompt in prompts}


def by_day(prompt: Prompt, filters: Filters = ALL) -> list[tuple[date, Numbers]]:
    """Days on which something was counted, oldest first."""
    return sorted(grouped(filters.rows([prompt.pk]), "day").items())


def by_version(prompt: Prompt, filters: Filters = ALL) -> list[tuple[int, Numbers]]:
    """Newest first."""
    return sorted(grouped(filters.rows([prompt.pk]), "version").items(), reverse=True)


def by_platform(prompt: Prompt, filters: Filters = ALL) -> list[tuple[str, Numbers]]:
    found = grouped(filters.rows([prompt.pk]), "platform")
    return [(platform, found[platform]) for platform in ("ios", "android") if platform in found]


def grouped(rows: QuerySet[PromptDay], key: str) -> dict[Any, Numbers]:
    summed = rows.values_list(key).annotate(**SUMS)
    return {row[0]: of_row(dict(zip(NAMES, row[1:], strict=True))) for row in summed}


def csv_rows(prompt: Prompt, filters: Filters = ALL) -> Iterator[list[Any]]:
    """The headings, then every day, version and system."""
    yield ["day", "version", "platform", *NAMES]
    rows = filters.rows([prompt.pk]).order_by("day", "version", "platform")
    for row in rows.values_list("day", "version", "platform", *NAMES).iterator():
        yield list(row)
