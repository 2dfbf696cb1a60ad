"""The whole project's pause: one row, so that every worker on every machine sees it."""

from datetime import datetime, timedelta
from typing import Any

from devices import preferences
from devices.worded import Question
from notifications.models import ProjectPause
from notifications.states import Kind

UNNAMED_WITHIN = timedelta(seconds=10)


def _lasting(now: datetime) -> Any:
    return ProjectPause.objects.filter(pk=1, until__gt=now)


_LASTS = Question(lambda now: _lasting(now).values_list("pk"), datetime)


def until(now: datetime) -> datetime | None:
    """The pause's end while it lasts."""
    end: datetime | None = _lasting(now).values_list("until", flat=True).first()
    return end


ALL = ("pause_all_since", "pause_all_triggers")  # what `all_holds` decides by


def all_since() -> str:
    """When a person paused all sending ("" while nobody has): nothing starts or is opened, but for
    triggers where she let them go on."""
    return str(preferences.get("pause_all_since"))


def all_holds(kind: str, known: dict[str, Any] | None = None) -> bool:
    """Whether that pause holds notifications of this kind; `known` are the preferences in ALL."""
    known = preferences.read(*ALL) if known is None else known
    spared = kind == Kind.TRIGGER and not known["pause_all_triggers"]
    return bool(known["pause_all_since"]) and not spared


def held(now: datetime) -> frozenset[str]:
    """The kinds of notifications of which nothing may be opened now, by Google's word or a
    person's."""
    if _LASTS.rows(now):
        return frozenset(Kind.values)
    known = preferences.read(*ALL)
    return frozenset(kind for kind in Kind.values if all_holds(kind, known))


def note_quota(unnamed: int, end: datetime, now: datetime) -> bool:
    """A 429 that names no device: one holds its own row, two within 10 s pause the project.

    Returns whether it paused. A pause is only ever made longer.
    """
    row, _ = ProjectPause.objects.select_for_update().get_or_create(pk=1)
    recent = row.unnamed_at is not None and now - row.unnamed_at <= UNNAMED_WITHIN
    row.unnamed_at = now
    paused = unnamed >= 2 or recent
    if paused:
        if row.until is None or row.until <= now:
            row.since = now
        row.until = max(end, row.until) if row.until else end
        row.reason = "quota"
    row.save()
    return paused
