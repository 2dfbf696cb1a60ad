"""Over the frequency limit: what they had got by then, and when the next one may come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from devices.models import AppUser
from notifications import reach
from notifications.models import Delivery, Notification
from notifications.reach.limits import caps_of
from notifications.states import Outcome

NAMED = 3


@dataclass(frozen=True, slots=True)
class Lately:
    """`free_at`: from when on there is room for another one."""

    titles: list[str]
    hours: int
    by_policy: bool
    free_at: datetime
    now: datetime

    @property
    def clause(self) -> str:
        count, named = len(self.titles), ", ".join(f"“{one}”" for one in self.titles[:NAMED])
        more = " and others" if count > NAMED else ""
        rule = (
            "the sending policy allows no more"
            if self.by_policy
            else "it leaves out whoever has so many"
        )
        got = f"{count} notification{'' if count == 1 else 's'}"
        return f"they had {got} in the {self.hours} hours before ({named}{more}), and {rule}"

    @property
    def step(self) -> str:
        if self.free_at <= self.now:
            return "They can get one again. Send it to them from their page if it still matters."
        local = timezone.localtime(self.free_at)
        when = f"{local:%a} {local.day} {local:%b}, {local:%H:%M} {local:%Z}"
        if not self.by_policy:
            return f"They have room for another one from {when}."
        return f"They can get the next one from {when}. The limit is set by ops, in Settings."


def before(one: Notification, person: AppUser, at: datetime, now: datetime) -> Lately | None:
    """As the limits are now; None where they no longer tell why."""
    policy = reach.policy(now)
    for cap in caps_of(reach.who(one), policy):
        since = at - timedelta(hours=cap.hours)
        rows = Delivery.objects.filter(
            user=person.pk, outcome=Outcome.ACCEPTED, at__gte=since, at__lte=at,
            notification__kind__in=cap.kinds,
        ).exclude(notification=one.pk)  # fmt: skip
        got: dict[int, Delivery] = {}
        for row in rows.select_related("notification").order_by("-at"):
            got.setdefault(row.notification_id, row)
        if len(got) < cap.most:
            continue
        found = list(got.values())
        free_at = found[cap.most - 1].at + timedelta(hours=cap.hours)
        titles = [str(row.notification) for row in found]
        return Lately(titles, cap.hours, cap == policy.cap, free_at, now)
    return None
