"""The day's counts: kept with each event, in its transaction, and made anew from what they count."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Aggregate, Count, F, Q, Sum
from django.db.models.functions import TruncDate

from devices.locking import number
from devices.models import Prompt, PromptDay, PromptEvent, PromptState
from devices.states import PromptEventType as E

Delta = Counter[tuple[int, date, str]]  # (version, day, column) → how many
Key = tuple[int, str, date]  # version, platform, day

OF_ELIGIBLE = ("eligible", "eligible_allowed", "held_out", "held_out_allowed")
OF_SHOWN = (
    "shown", "tapped", "asked", "granted", "sent_to_settings", "recovered", "opted_in", "converted",
)  # fmt: skip
OF_EVENTS = (
    "impressions", "clicks", "dismissals", "asks", "grants", "burned", "swiped", "settings_opened",
)  # fmt: skip
COLUMNS = (*OF_ELIGIBLE, *OF_SHOWN, *OF_EVENTS)
EVENT_COLUMNS = {
    E.IMPRESSION: "impressions", E.CLICK: "clicks", E.DISMISS: "dismissals",
    E.SETTINGS_OPENED: "settings_opened",
}  # fmt: skip
RESULT_COLUMNS = {"granted": "grants", "denied": "burned", "dismissed": "swiped"}


def day_of(at: datetime) -> date:
    return at.astimezone(UTC).date()


def of_state(state: PromptState) -> Delta:
    """What one phone's row adds to the counts."""
    found: Delta = Counter()
    if state.eligible_at is not None:
        name = "held_out" if state.held_out else "eligible"
        place = (state.eligible_version, day_of(state.eligible_at))
        found[(*place, name)] = 1
        found[(*place, f"{name}_allowed")] = int(state.allowed_at is not None)
    if state.displays and state.slice_at is not None:
        place = (state.slice_version, day_of(state.slice_at))
        flags = {
            "shown": True,
            "tapped": state.clicks,
            "asked": state.asked,
            "granted": state.granted_at,
            "sent_to_settings": state.settings_opened_at,
            "recovered": state.recovered_at,
            "opted_in": state.opted_in_at,
            "converted": state.converted_at,
        }
        for name, flag in flags.items():
            found[(*place, name)] = int(bool(flag))
    return found


def of_event(event: PromptEvent) -> Delta:
    place = (event.version, day_of(event.at))
    found: Delta = Counter({(*place, "asks"): event.asks})
    if event.type in EVENT_COLUMNS:
        found[(*place, EVENT_COLUMNS[E(event.type)])] += 1
    if event.type == E.SYSTEM_RESULT and event.result in RESULT_COLUMNS:
        found[(*place, RESULT_COLUMNS[event.result])] += 1
    return found


def difference(after: Delta, before: Delta) -> Delta:
    changed = Counter(after)
    changed.subtract(before)
    return Counter({key: n for key, n in changed.items() if n})


def apply(prompt_pk: int, platform: str, delta: Delta) -> None:
    """Call it last in the transaction: the day's row is locked until the end of it."""
    rows: dict[tuple[int, date], dict[str, int]] = defaultdict(lambda: dict.fromkeys(COLUMNS, 0))
    for (version, day, column), n in delta.items():
        if n:
            rows[(version, day)][column] = n
    if not rows:
        return
    _hold(prompt_pk, shared=True)
    with connection.cursor() as cursor:
        for (version, day), counts in sorted(rows.items()):
            cursor.execute(
                _upsert(), [prompt_pk, version, platform, day, *(counts[c] for c in COLUMNS)]
            )


def _upsert() -> str:
    table = PromptDay._meta.db_table
    marks = ", ".join(["%s"] * (4 + len(COLUMNS)))
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in COLUMNS)
    return (
        f"INSERT INTO {table} (prompt_id, version, platform, day, {', '.join(COLUMNS)}) "  # noqa: S608
        f"VALUES ({marks}) ON CONFLICT (prompt_id, day, version, platform) DO UPDATE SET {added}"
    )


def _hold(prompt_pk: int, *, shared: bool) -> None:
    """Many count at once, and none while the counts are made anew. SQLite has one writer."""
    if connection.vendor == "postgresql":
        name = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {name}(%s)", [number(f"prompt-days:{prompt_pk}")])


def asks_and_burned(prompt_pk: int) -> tuple[int, int]:
    found = PromptDay.objects.filter(prompt=prompt_pk).aggregate(a=Sum("asks"), b=Sum("burned"))
    return max(found["a"] or 0, 0), max(found["b"] or 0, 0)


# ---------------------------------------------------------------- made anew


@transaction.atomic
def rebuild(prompt: Prompt, now: datetime) -> int:
    """Count again; how many rows were wrong. Days whose events are no longer kept stay as they
    were counted."""
    _hold(prompt.pk, shared=False)
    kept_since = day_of(now - timedelta(days=settings.KEEP_DAYS)) + timedelta(days=1)
    rows = {(r.version, r.platform, r.day): r for r in PromptDay.objects.filter(prompt=prompt)}
    fresh = _counted(prompt, kept_since)
    for key, row in rows.items():
        if row.day < kept_since:
            fresh[key].update({name: getattr(row, name) for name in OF_EVENTS})
    changed = 0
    for key in fresh.keys() | rows.keys():
        counts = dict.fromkeys(COLUMNS, 0) | fresh.get(key, {})
        changed += _settle(prompt, key, rows.get(key), counts)
    return changed


def _settle(prompt: Prompt, key: Key, row: PromptDay | None, counts: dict[str, int]) -> bool:
    version, platform, day = key
    before = {name: getattr(row, name) if row else 0 for name in COLUMNS}
    if before == counts:
        return False
    PromptDay.objects.update_or_create(
        prompt=prompt, version=version, platform=platform, day=day, defaults=counts
    )
    return True


_OF_ELIGIBLE: dict[str, Aggregate] = {
    "eligible": Count("pk", filter=Q(held_out=False)),
    "eligible_allowed": Count("pk", filter=Q(held_out=False, allowed_at__isnull=False)),
    "held_out": Count("pk", filter=Q(held_out=True)),
    "held_out_allowed": Count("pk", filter=Q(held_out=True, allowed_at__isnull=False)),
}
_OF_SHOWN: dict[str, Aggregate] = {
    "shown": Count("pk"),
    "tapped": Count("pk", filter=Q(clicks__gt=0)),
    "asked": Count("pk", filter=Q(dialogs_told__gt=F("unshown")) | Q(answers__gt=0)),
    "granted": Count("granted_at"),
    "sent_to_settings": Count("settings_opened_at"),
    "recovered": Count("recovered_at"),
    "opted_in": Count("opted_in_at"),
    "converted": Count("converted_at"),
}
_OF_EVENTS: dict[str, Aggregate] = (
    {name: Count("pk", filter=Q(type=kind)) for kind, name in EVENT_COLUMNS.items()}
    | {
        name: Count("pk", filter=Q(type=E.SYSTEM_RESULT, result=result))
        for result, name in RESULT_COLUMNS.items()
    }
    | {"asks": Sum("asks")}
)


def _counted(prompt: Prompt, events_since: date) -> dict[Key, dict[str, int]]:
    found: dict[Key, dict[str, int]] = defaultdict(dict)
    states, events = PromptState.objects.filter(prompt=prompt), PromptEvent.objects
    eligible = states.filter(eligible_at__isnull=False)
    shown = states.filter(displays__gt=0, slice_at__isnull=False)
    told = events.filter(prompt=prompt)
    queries = (
        (eligible, "eligible_version", "eligible_at", _OF_ELIGIBLE),
        (shown, "slice_version", "slice_at", _OF_SHOWN),
        (told, "version", "at", _OF_EVENTS),
    )
    for rows, version, at, columns in queries:
        counted = (
            rows.order_by()
            .annotate(counted_on=TruncDate(at, tzinfo=UTC))
            .values_list(version, "platform", "counted_on")
            .annotate(**{f"n_{name}": count for name, count in columns.items()})
        )
        for row in counted:
            key, numbers = (row[0], row[1], row[2]), row[3:]
            if at == "at" and row[2] < events_since:
                continue
            found[key].update(dict(zip(columns, numbers, strict=True)))
    return found
