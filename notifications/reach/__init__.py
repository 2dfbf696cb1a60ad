"""Who gets a notification, and why the others do not."""

from notifications.reach.limits import Held, Limits, limits
from notifications.reach.person import Lane, lanes, look
from notifications.reach.quiet import Hours
from notifications.reach.rule import (
    COLUMNS,
    POLICY_NAMES,
    STALE_AFTER,
    Facts,
    Policy,
    evaluate,
    facts_of,
    policy,
    policy_from,
    reason_expression,
)
from notifications.reach.target import Who, devices_of, people_of, who
from notifications.reach.waterfall import (
    ORDER,
    Step,
    Waterfall,
    count,
    frequent,
    of_users,
    phones_because,
    waterfall,
)

__all__ = [
    "COLUMNS", "ORDER", "POLICY_NAMES", "STALE_AFTER", "Facts", "Held", "Hours", "Lane", "Limits",
    "Policy", "Step", "Waterfall", "Who", "count", "devices_of", "evaluate", "facts_of",
    "frequent", "lanes", "limits", "look", "of_users", "people_of", "phones_because",
    "policy", "policy_from", "reason_expression", "waterfall", "who",
]  # fmt: skip
