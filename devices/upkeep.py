"""What is done about devices now and then, without anyone asking."""

import logging
from dataclasses import dataclass
from datetime import datetime

from devices.consent import OPEN_FOR
from devices.models import PermissionAsk
from devices.reports import freshness

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    unanswered: int
    stale: int
    expected_dead: int


def keep(now: datetime) -> Kept:
    """Once a night, or as often as you like. Nothing is retired for its age: only FCM says that
    a token is dead; the counts tell what is to be expected."""
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
