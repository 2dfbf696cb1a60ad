"""The schedule, as its page shows it."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from console.schedule import ahead, clocks, week
from notifications.models import Series
from notifications.states import NotificationStatus as S
from notifications.states import SeriesStatus

SERIES_MOST = 20


def context(asked: str, now: datetime) -> dict[str, Any]:
    today = timezone.localtime(now).date()
    monday = week.monday_of(_day(asked) or today)
    three = clocks.clocks(now)
    others = list(dict.fromkeys(one.zone for one in three[1:] if one.zone != three[0].zone))
    found, sends = week.events(monday), ahead.upcoming()
    both = ahead.overlaps(sends)
    return {
        "now": now,
        "monday": monday,
        "sunday": monday + 6 * week.DAY,
        "number": monday.isocalendar().week,
        "this_week": monday == week.monday_of(today),
        "before": (monday - 7 * week.DAY).isoformat(),
        "after": (monday + 7 * week.DAY).isoformat(),
        "days": [monday + n * week.DAY for n in range(7)],
        "today": today,
        "clocks": three,
        "others": others,
        "rows": week.week(monday, found, others, now),
        "has_quiet": bool(week.quiet_slots(monday)),
        "held": [one for one in sends if one.status == S.HELD],
        "sends": [(one, both.get(one.pk, [])) for one in sends],
        "series": list(Series.objects.exclude(status=SeriesStatus.ENDED)[:SERIES_MOST]),
        "loads": ahead.loads(found, now),
        "quota": settings.FCM_MESSAGES_PER_MINUTE,
        "empty": not found and not sends,
    }


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None
