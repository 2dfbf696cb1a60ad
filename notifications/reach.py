"""Who gets a notification, and why the others do not. One rule, said twice: `evaluate` for one
phone (the engine obeys it) and `reason_expression` for counting millions; a property test holds
them together.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import BooleanField, Case, CharField, Count, Q, Value, When

from devices import audiences, preferences
from devices.models import AppUser, Device
from devices.querysets import DeviceQuerySet
from devices.states import DeviceState, PermissionStatus, Platform
from notifications import reasons
from notifications.models import Notification
from notifications.states import SendTo

STALE_AFTER = timedelta(days=30)
_ACTIVE = DeviceState.ACTIVE.value
SLICE = 5_000  # user pks named in one query

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
    """The sending policy at one moment. `stale_before` is None where stale phones are sent to."""

    send_when_unknown: bool = True
    stale_before: datetime | None = None


POLICY_NAMES = ("send_when_permission_unknown", "skip_stale")


def policy(now: datetime) -> Policy:
    return policy_from(preferences.read(*POLICY_NAMES), now)


def policy_from(known: dict[str, Any], now: datetime) -> Policy:
    return Policy(
        send_when_unknown=bool(known["send_when_permission_unknown"]),
        stale_before=now - STALE_AFTER if known["skip_stale"] else None,
    )


def evaluate(facts: Facts, policy: Policy) -> str:
    """ "" when the phone is sent to, else the reason code; the first that holds wins."""
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


def reason_expression(policy: Policy) -> Case:
    """`evaluate` as SQL, over Device."""
    denied = Q(perm_status=PermissionStatus.DENIED) | Q(
        perm_status=PermissionStatus.SHOULD_EXPLAIN, platform=Platform.ANDROID
    )
    mute = Q(deliverable=False)
    if not policy.send_when_unknown:
        mute |= Q(perm_known=False)
    whens = [
        When(~Q(state=DeviceState.ACTIVE), then=Value("unregistered")),
        When(token=None, then=Value("no_token")),
        When(opted_out=True, then=Value("opted_out")),
        When(mute & denied, then=Value("no_permission_denied")),
        When(mute, then=Value("no_permission_never_asked")),
    ]
    if policy.stale_before is not None:
        whens.append(When(last_seen_at__lt=policy.stale_before, then=Value("stale")))
    return Case(*whens, default=Value(""), output_field=CharField())


# ---------------------------------------------------------------- the audience


@dataclass(frozen=True, slots=True)
class Who:
    """To whom, before it is a row: what a form or a notification says."""

    send_to: str
    target_os: str = "all"
    recipients: tuple[str, ...] = ()
    audience: Any = None


def who(notification: Notification) -> Who:
    return Who(
        notification.send_to,
        notification.target_os,
        tuple(notification.recipients),
        notification.audience,
    )


def devices_of(who: Who) -> Iterator[DeviceQuerySet]:
    """All phones of the audience's people whatever their state or system, in disjoint querysets
    (people named one by one come in slices)."""
    if who.send_to == SendTo.EVERYONE:
        yield Device.objects.all()
    elif who.send_to == SendTo.USERS:
        for pks in user_slices(who.recipients):
            yield Device.objects.of_users(pks)
    else:
        yield audiences.devices(who.audience)


def user_slices(user_ids: tuple[str, ...] | list[str]) -> Iterator[list[int]]:
    for start in range(0, len(user_ids), SLICE):
        part = user_ids[start : start + SLICE]
        yield list(AppUser.objects.filter(user_id__in=part).values_list("pk", flat=True))


def people_of(who: Who) -> int:
    if who.send_to == SendTo.EVERYONE:
        return AppUser.objects.count()
    if who.send_to == SendTo.USERS:
        return sum(len(pks) for pks in user_slices(who.recipients))
    return audiences.people(who.audience).count()


# ---------------------------------------------------------------- the waterfall


@dataclass(frozen=True, slots=True)
class Step:
    """One bar that is taken away: `count` phones for `reason`."""

    reason: str
    label: str
    hint: str
    count: int
    by: dict[str, int]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """people → phones → minus each reason → will be sent. The steps and `will_send` add up to
    `phones`; `planned` is the audience: active phones of the target system."""

    people: int = 0
    phones: int = 0
    platforms: dict[str, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    planned: int = 0
    will_send: int = 0
    will_send_by: dict[str, int] = field(default_factory=dict)
    people_reached: int = 0
    unknown_permission: int = 0
    quietly: int = 0

    @property
    def not_sent(self) -> int:
        return self.phones - self.will_send


ORDER = [
    "other_os", "no_permission_denied", "no_permission_never_asked", "opted_out", "unregistered",
    "no_token", "stale", "excluded", "frequency_cap", "quiet_hours",
]  # fmt: skip


def waterfall(notification: Notification, now: datetime) -> Waterfall:
    return count(who(notification), now)


def live_count(
    send_to: str, recipients: list[str], audience: Any, target_os: str, now: datetime
) -> Waterfall:
    return count(Who(send_to, target_os, tuple(recipients), audience), now)


def count(who: Who, now: datetime) -> Waterfall:
    """Two queries per slice of the audience, whatever its size."""
    rule = policy(now)
    tally: dict[tuple[str, str], int] = {}
    unknown = quiet = reached = 0
    for devices in devices_of(who):
        seen = devices.exclude(state=DeviceState.UNREGISTERED)
        rows = (
            seen.annotate(
                why=_with_os(who.target_os, rule),
                quiet=Case(
                    When(perm_system__in=("provisional", "ephemeral"), then=True),
                    default=False,
                    output_field=BooleanField(),
                ),
            )
            .order_by()
            .values_list("platform", "why", "perm_known", "quiet")
            .annotate(n=Count("pk"))
        )
        for platform, why, known, is_quiet, n in rows:
            tally[platform, why] = tally.get((platform, why), 0) + n
            unknown += n if not why and not known else 0
            quiet += n if not why and is_quiet else 0
        reached += (
            seen.annotate(why=_with_os(who.target_os, rule))
            .filter(why="", owner__isnull=False)
            .aggregate(n=Count("owner_id", distinct=True))["n"]
        )
    return _add_up(who, tally, unknown, quiet, reached)


def phones_because(who: Who, why: str, now: datetime) -> Iterator[DeviceQuerySet]:
    """The phones behind one bar of the waterfall, slice by slice; "" are those it is sent to."""
    rule = policy(now)
    for devices in devices_of(who):
        seen = devices.exclude(state=DeviceState.UNREGISTERED)
        yield seen.annotate(why=_with_os(who.target_os, rule)).filter(why=why)


def _with_os(target_os: str, rule: Policy) -> Case:
    within = reason_expression(rule)
    if target_os == "all":
        return within
    return Case(
        When(~Q(platform=target_os), then=Value("other_os")),
        default=within,
        output_field=CharField(),
    )


def _add_up(
    who: Who, tally: dict[tuple[str, str], int], unknown: int, quiet: int, reached: int
) -> Waterfall:
    by_reason: dict[str, dict[str, int]] = {}
    for (platform, why), n in tally.items():
        by_reason.setdefault(why, {})[platform] = n
    sent = by_reason.pop("", {})
    ranked = sorted(by_reason, key=lambda why: ORDER.index(why) if why in ORDER else len(ORDER))
    steps = [
        Step(why, _label(why), reasons.sentence(why), sum(by.values()), by)
        for why in ranked
        if (by := by_reason[why])
    ]
    platforms = {
        one: sum(n for (platform, _), n in tally.items() if platform == one)
        for one in Platform.values
    }
    outside = {"other_os", "unregistered"}
    return Waterfall(
        people=people_of(who),
        phones=sum(tally.values()),
        platforms=platforms,
        steps=steps,
        planned=sum(n for (_, why), n in tally.items() if why not in outside),
        will_send=sum(sent.values()),
        will_send_by={one: sent.get(one, 0) for one in Platform.values},
        people_reached=reached,
        unknown_permission=unknown,
        quietly=quiet,
    )


def _label(why: str) -> str:
    return "App removed" if why == "unregistered" else reasons.label(why)


# ---------------------------------------------------------------- one person


@dataclass(frozen=True, slots=True)
class Lane:
    """One phone of one person: sent to, or not and why."""

    device: Device
    reason: str

    @property
    def sentence(self) -> str:
        return reasons.sentence(self.reason) if self.reason else ""


def lanes(notification: Notification, user_id: str, now: datetime) -> list[Lane]:
    """Each phone of that person with the reason it would not be sent to now ("" when it would)."""
    rule, target = policy(now), who(notification)
    member = _is_member(target, user_id)
    found = Device.objects.filter(owner__user_id=user_id).select_related("owner")
    return [Lane(device, _lane(device, target, member, rule)) for device in found]


def _is_member(target: Who, user_id: str) -> bool:
    if target.send_to == SendTo.USERS:
        return user_id in target.recipients
    if target.send_to == SendTo.AUDIENCE:
        return audiences.people(target.audience).filter(user_id=user_id).exists()
    return True


def _lane(device: Device, target: Who, member: bool, rule: Policy) -> str:
    if not member:
        return "not_in_audience"
    if target.target_os not in ("all", device.platform):
        return "other_os"
    return evaluate(facts_of(device), rule)


def facts_of(device: Device) -> Facts:
    return Facts(*(getattr(device, name) for name in COLUMNS))
