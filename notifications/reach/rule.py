"""Send to this phone, or why not. One rule, said twice: `evaluate` for one phone (the engine obeys
it) and `reasons` for counting and listing millions; a property test holds them together.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, CharField, Q, Value, When

from devices import preferences
from devices.models import Device
from devices.states import DeviceState, PermissionStatus, Platform
from notifications.reach.caps import Cap
from notifications.reach.quiet import Hours

STALE_AFTER = timedelta(days=30)
_ACTIVE = DeviceState.ACTIVE.value

# The columns of a device that decide, in the order of Facts.
COLUMNS = (
    "pk", "token", "platform", "owner_id", "state", "deliverable", "perm_known", "opted_out",
    "perm_status", "last_seen_at",
)  # fmt: skip


class Facts(NamedTuple):
    """One device as it is when its window opens. A tuple: the engine reads millions."""

    pk: int
    token: str | None
    platform: str
    owner_id: int | None
    state: str
    deliverable: bool
    perm_known: bool
    opted_out: bool
    perm_status: str
    last_seen_at: datetime | None = None  # read only where the policy asks


@dataclass(frozen=True, slots=True)
class Policy:
    """The sending policy at one moment. `stale_before` is None where stale phones are sent to;
    `cap` and `hours` are None while there is no frequency limit, or no quiet hours."""

    send_when_unknown: bool = True
    stale_before: datetime | None = None
    cap: Cap | None = None
    hours: Hours | None = None


POLICY_NAMES = (
    "send_when_permission_unknown", "skip_stale", "frequency_limit", "frequency_hours",
    "frequency_triggers", "quiet_on", "quiet_from", "quiet_to", "app_timezone",
)  # fmt: skip


def policy(now: datetime) -> Policy:
    return policy_from(preferences.read(*POLICY_NAMES), now)


def policy_from(known: dict[str, Any], now: datetime) -> Policy:
    return Policy(
        send_when_unknown=bool(known["send_when_permission_unknown"]),
        stale_before=now - STALE_AFTER if known["skip_stale"] else None,
        cap=Cap.of(known),
        hours=Hours.of(known),
    )


def evaluate(facts: Facts, policy: Policy) -> str:
    """ "" when the phone can be sent to, else the reason code; the first that holds wins. What a
    notification or the policy says of its person comes after it: `limits`."""
    if facts.state != _ACTIVE:
        return "unregistered"
    if not facts.token:
        return "no_token"
    if facts.opted_out:
        return "opted_out"
    if not facts.deliverable or not (facts.perm_known or policy.send_when_unknown):
        return "no_permission_denied" if _known_denial(facts) else "no_permission_never_asked"
    if policy.stale_before is not None and facts.last_seen_at is not None:
        return "stale" if facts.last_seen_at < policy.stale_before else ""
    return ""


def _known_denial(facts: Facts) -> bool:
    """P7 (Android, denied exactly once) counts as a denial; an iPhone that should explain was
    never asked."""
    if facts.perm_status == PermissionStatus.DENIED:
        return True
    once = facts.perm_status == PermissionStatus.SHOULD_EXPLAIN
    return once and facts.platform == Platform.ANDROID


def reasons(policy: Policy, target_os: str = "all") -> list[tuple[str, Q]]:
    """`evaluate` as conditions over Device: what holds against a phone alone; the first wins."""
    denied = Q(perm_status=PermissionStatus.DENIED) | Q(
        perm_status=PermissionStatus.SHOULD_EXPLAIN, platform=Platform.ANDROID
    )
    mute = _mute(policy)
    found = [
        ("unregistered", ~Q(state=DeviceState.ACTIVE)),
        ("no_token", Q(token=None)),
        ("opted_out", Q(opted_out=True)),
        ("no_permission_denied", mute & denied),
        ("no_permission_never_asked", mute),
    ]
    if target_os != "all":
        found.insert(0, ("other_os", ~Q(platform=target_os)))
    if policy.stale_before is not None:
        found.append(("stale", Q(last_seen_at__lt=policy.stale_before)))
    return found


def reason_expression(policy: Policy, target_os: str = "all") -> Case:
    """The code of it, "" where nothing does."""
    whens = [When(against, then=Value(why)) for why, against in reasons(policy, target_os)]
    return Case(*whens, default=Value(""), output_field=CharField())


def reachable(policy: Policy) -> Q:
    """Where none of `reasons` holds, as one condition: databases can join by it."""
    found = Q(state=DeviceState.ACTIVE, token__isnull=False, opted_out=False) & ~_mute(policy)
    if policy.stale_before is not None:
        found &= Q(last_seen_at__gte=policy.stale_before)
    return found


def _mute(policy: Policy) -> Q:
    mute = Q(deliverable=False)
    return mute if policy.send_when_unknown else mute | Q(perm_known=False)


def facts_of(device: Device) -> Facts:
    return Facts(*(getattr(device, name) for name in COLUMNS))
