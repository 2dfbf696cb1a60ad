"""How many phones could show a message now, each phone in exactly one group."""

from dataclasses import dataclass

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    ExpressionWrapper,
    Q,
    QuerySet,
    Value,
    When,
)

from devices.models import AppUser, Device
from devices.states import DeviceState, PermissionStatus, Platform, SystemPermission

GROUPS = (
    "granted", "provisional", "unreported", "should_request", "denied", "opted_out",
    "app_removed", "no_token",
)  # fmt: skip
REACHED = ("granted", "provisional", "unreported")
NO_TOKEN = Q(token=None)


@dataclass(frozen=True, slots=True)
class Reachability:
    """`groups` add up to `phones`. Phones whose person signed out are not anyone's: left out."""

    people: int
    phones: int
    groups: dict[str, int]

    @property
    def reached(self) -> int:
        return sum(self.groups[name] for name in REACHED)

    @property
    def could_ask(self) -> int:
        return self.groups["should_request"]


def reachability() -> Reachability:
    """Two queries; the first walks every phone, so keep the answer for a while. It asks for the
    token apart: PostgreSQL shares the walk among processes where it expects few groups, and of a
    group that is made of tokens it expects as many as there are phones."""
    rows = (
        Device.objects.exclude(state=DeviceState.UNREGISTERED)
        .annotate(group=_group(token=False), bare=ExpressionWrapper(NO_TOKEN, BooleanField()))
        .order_by()
        .values_list("group", "bare")
        .annotate(n=Count("pk"))
    )
    groups = dict.fromkeys(GROUPS, 0)
    for group, bare, count in rows:
        groups["no_token" if bare and group != "app_removed" else group] += count
    return Reachability(people=AppUser.objects.count(), phones=sum(groups.values()), groups=groups)


def in_group(phones: QuerySet[Device], group: str) -> QuerySet[Device]:
    """Those of `phones` that `reachability` counts there."""
    owned = phones.exclude(state=DeviceState.UNREGISTERED)
    return owned.annotate(group=_group()).filter(group=group)


def _group(*, token: bool = True) -> Case:
    """The order of `notifications.reach.evaluate`, so that both say the same of a phone."""
    quiet = Q(perm_system__in=(SystemPermission.PROVISIONAL, SystemPermission.EPHEMERAL))
    denied_once = Q(perm_status=PermissionStatus.SHOULD_EXPLAIN, platform=Platform.ANDROID)
    without_token = [When(NO_TOKEN, then=Value("no_token"))] if token else []
    return Case(
        When(~Q(state=DeviceState.ACTIVE), then=Value("app_removed")),
        *without_token,
        When(opted_out=True, then=Value("opted_out")),
        When(Q(deliverable=True) & quiet, then=Value("provisional")),
        When(deliverable=True, perm_known=False, then=Value("unreported")),
        When(deliverable=True, then=Value("granted")),
        When(Q(perm_status=PermissionStatus.DENIED) | denied_once, then=Value("denied")),
        default=Value("should_request"),
        output_field=CharField(),
    )
