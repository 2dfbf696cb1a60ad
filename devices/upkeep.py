"""What is done about devices now and then, without anyone asking."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from devices.consent import OPEN_FOR
from devices.models import PermissionAsk, PromptEvent
from devices.reports import freshness

logger = logging.getLogger(__name__)

SLICE = 5_000


@dataclass(frozen=True, slots=True)
class Kept:
    unanswered: int
    stale: int
    expected_dead: int


def keep(now: datetime) -> Kept:
    """Once a night, or as often as you like. Nothing is retired for its age: only FCM says that
    a token is dead; the counts tell what is to be expected."""
    forget_prompt_events(now)
    ages = freshness(now)
    kept = Kept(close_unanswered(now), ages.stale, ages.expected_dead)
    logger.info(
        "Phones: %s silent for over 30 days, %s Androids for over 270; %s dialogs unanswered.",
        kept.stale,
        kept.expected_dead,
        kept.unanswered,
    )
    return kept


def close_unanswered(now: datetime) -> int:
    """Dialogs whose end nobody told us."""
    rows = PermissionAsk.objects.filter(result="", shown_at__lt=now - OPEN_FOR)
    return rows.update(result="unresolved", ended_at=now)


def forget_prompt_events(now: datetime) -> int:
    """What phones told of soft prompts, older than KEEP_DAYS; the day's counts stay."""
    old = PromptEvent.objects.filter(at__lt=now - timedelta(days=settings.KEEP_DAYS))
    gone = 0
    while pks := list(old.order_by("pk").values_list("pk", flat=True)[:SLICE]):
        gone += PromptEvent.objects.filter(pk__in=pks).delete()[0]
    return gone
