"""When: the part of Compose that says at what moment, on whose clock, and how often."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from console import when_words
from console.clock import span
from console.forms import moments
from console.middleware import ZONES
from notifications import moments as timing
from notifications.models import Notification
from notifications.states import IfPast
from notifications.timing import rules, walls

TIMELESS = ("autosave", "test")  # a time that is not finished yet stands in nobody's way
WHEN = (
    ("now", "Now"),
    ("at", "At a time"),
    ("each", "Each person’s local time"),
    ("repeat", "Repeat"),
)
EVERY = ((rules.DAY, "Day"), (rules.WEEK, "Week"), (rules.MONTH, "Month"), (rules.CRON, "Cron"))
ENDS = (("never", "Never"), ("until", "On a date"), ("count", "After some times"))
DAYS = tuple((str(number), name[:3]) for number, name in enumerate(when_words.WEEKDAYS))
MONTH_DAYS = ((0, "The last day"), *((day, f"Day {day}") for day in range(1, 32)))


class WhenFields(forms.Form):
    """`when_fields()` of a valid form are columns of a notification."""

    when = forms.ChoiceField(label="When", choices=WHEN, widget=forms.RadioSelect)
    date = forms.DateField(
        required=False,
        label="Date",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    time = forms.TimeField(
        required=False, label="Time", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    timezone = forms.ChoiceField(label="Clock", choices=(), required=False)
    if_past = forms.ChoiceField(
        required=False, label="Where that time has passed", choices=IfPast.choices
    )
    every = forms.ChoiceField(
        required=False, label="Every", choices=EVERY, widget=forms.RadioSelect
    )
    weekdays = forms.MultipleChoiceField(
        required=False, label="On", choices=DAYS, widget=forms.CheckboxSelectMultiple
    )
    month_day = forms.TypedChoiceField(
        required=False,
        label="On",
        coerce=int,
        choices=MONTH_DAYS,
        help_text="A month without that day has its last one instead.",
    )
    cron = forms.CharField(
        required=False,
        label="Cron line",
        max_length=rules.CRON_MAX,
        help_text="Minute, hour, day of the month, month, day of the week; on the clock below.",
    )
    ends = forms.ChoiceField(required=False, label="Ends", choices=ENDS)
    until = forms.DateField(
        required=False,
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    times = forms.IntegerField(
        required=False, label="Times", min_value=1, max_value=rules.COUNT_MAX
    )
    spread_min = forms.TypedChoiceField(
        required=False,
        label="Spread over",
        coerce=int,
        choices=[
            (minutes, span(minutes * 60) if minutes else "Not at all") for minutes in timing.SPREADS
        ],
    )

    use_required_attribute = False
    mode = "review"
    now: datetime
    moment: moments.Moment | None = None
    rule: rules.Rule | None = None
    wall: datetime | None = None

    def offer_zones(self, zone: str) -> None:
        here = timezone.get_current_timezone_name()
        self.fields["timezone"].choices = moments.zone_choices(zone, here)  # type: ignore[attr-defined]

    # ------------------------------------------------------------ checking

    def check_when(self, cleaned: dict[str, Any]) -> None:
        check = {"at": self._check_moment, "each": self._check_each, "repeat": self._check_rule}
        if found := check.get(cleaned.get("when", "")):
            found(cleaned)

    def _is_strict(self) -> bool:
        return self.mode not in TIMELESS

    def _wrong(self, name: str, error: Any) -> None:
        if self._is_strict() and name not in self.errors:
            self.add_error(name, error)

    def _all_there(self, cleaned: dict[str, Any], *names: str, instead: str = "") -> bool:
        """All of them are there; those that are not are asked for."""
        for name in names:
            if cleaned.get(name) is None:
                self._wrong(name, f"Choose a {name}{instead}.")
        return all(cleaned.get(name) is not None for name in names)

    def _check_moment(self, cleaned: dict[str, Any]) -> None:
        if not self._all_there(cleaned, "date", "time", instead=", or Now"):
            return
        if not cleaned.get("timezone"):
            return self._wrong("timezone", "Choose a clock.")
        day, clock, zone = (cleaned[name] for name in ("date", "time", "timezone"))
        try:
            self.moment = moments.moment(day, clock, zone, now=self.now)
        except ValidationError as error:
            self._wrong("date", error)
        return None

    def _check_each(self, cleaned: dict[str, Any]) -> None:
        if not self._all_there(cleaned, "date", "time", instead=", or Now"):
            return
        wall = datetime.combine(cleaned["date"], cleaned["time"].replace(second=0, microsecond=0))
        try:
            first, last = walls.first_anywhere(wall), walls.last_anywhere(wall)
        except (OverflowError, ValueError):
            return self._wrong("date", f"{cleaned['date']} is too far away.")
        if last <= self.now:
            return self._wrong("date", "That time has passed everywhere. Choose a later one.")
        if first > self.now + moments.FAR:
            return self._wrong("date", "That is more than two years away.")
        self.wall = wall
        return None

    def _check_rule(self, cleaned: dict[str, Any]) -> None:
        every = cleaned.get("every") or rules.DAY
        wanted = ("date",) if every == rules.CRON else ("date", "time")
        if not self._all_there(cleaned, *wanted):
            return
        ends = cleaned.get("ends") or "never"
        if ends == "until" and not cleaned.get("until"):
            return self._wrong("until", "Choose the last day.")
        if ends == "count" and not cleaned.get("times"):
            return self._wrong("times", "Say after how many times.")
        return self._take(rule_of(cleaned, every, ends))

    def _take(self, rule: rules.Rule) -> None:
        try:
            timing.check_rule(rule, self.now)
        except ValidationError as error:
            part, messages = next(iter(error.message_dict.items()))
            whole = "cron" if rule.every == rules.CRON else "date"
            return self._wrong(whole if part == "repeat" else part, messages[0])
        self.rule = rule
        return None

    # ------------------------------------------------------------ what follows

    def when_fields(self) -> dict[str, Any]:
        """Without a finished time there is nothing to keep of it."""
        cleaned = self.cleaned_data
        fields: dict[str, Any] = {"spread_min": cleaned.get("spread_min") or 0}
        blank: dict[str, Any] = {"send_at": None, "wall": "", "each_clock": False, "repeat": {}}
        if cleaned["when"] == "now":
            return fields | blank
        if self.moment:
            at = {"send_at": self.moment.at, "wall": walls.text_of(self.moment.wall)}
            return fields | blank | at | {"timezone": self.moment.zone}
        if self.wall:
            each = {"each_clock": True, "wall": walls.text_of(self.wall)}
            if_past = cleaned.get("if_past") or IfPast.TOMORROW
            return fields | blank | each | {"timezone": timing.app_zone(), "if_past": if_past}
        if self.rule:
            return fields | blank | {"repeat": self.rule.as_json(), "timezone": self.rule.zone}
        return fields


class WhenForm(WhenFields):
    """The same fields alone, for the line that says what they come to."""

    def __init__(self, typed: Any, *, now: datetime) -> None:
        self.now = now
        super().__init__({"when": "at"} | typed.dict() | {"weekdays": typed.getlist("weekdays")})
        self.offer_zones("")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self.check_when(cleaned)
        return cleaned


def rule_of(cleaned: dict[str, Any], every: str, ends: str) -> rules.Rule:
    zone = cleaned.get("timezone") or timezone.get_current_timezone_name()
    return rules.Rule(
        every=every,
        zone=zone if zone in ZONES else "UTC",
        start=cleaned["date"],
        clock=(cleaned.get("time") or rules.Rule.clock).replace(second=0, microsecond=0),
        weekdays=tuple(int(day) for day in cleaned.get("weekdays") or ()),
        day=cleaned.get("month_day") or rules.LAST_DAY,
        cron=" ".join(cleaned.get("cron", "").split()) if every == rules.CRON else "",
        until=cleaned.get("until") if ends == "until" else None,
        count=cleaned.get("times") if ends == "count" else None,
    )


# ---------------------------------------------------------------- as it was kept


def initial_when(notification: Notification | None) -> dict[str, Any]:
    """What the fields show again of a saved notification."""
    here = timezone.get_current_timezone_name()
    blank: dict[str, Any] = {
        "when": "now", "timezone": here, "if_past": IfPast.TOMORROW, "every": rules.DAY,
        "ends": "never", "month_day": 0, "spread_min": 0,
    }  # fmt: skip
    if notification is None:
        return blank
    zone = notification.timezone if notification.timezone in ZONES else here
    blank |= {"spread_min": notification.spread_min, "if_past": notification.if_past}
    if notification.repeat:
        return blank | _of_rule(rules.of_json(notification.repeat))
    wall = walls.of_text(notification.wall)
    if notification.each_clock:
        return blank | {"when": "each"} | _of_wall(wall)
    if notification.send_at:
        shown = notification.send_at.astimezone(walls.zone_of(zone)).replace(tzinfo=None)
        return blank | {"when": "at", "timezone": zone} | _of_wall(wall or shown)
    return blank


def _of_wall(wall: datetime | None) -> dict[str, Any]:
    return {"date": wall.date(), "time": wall.time()} if wall else {}


def _of_rule(rule: rules.Rule) -> dict[str, Any]:
    ends = "until" if rule.until else "count" if rule.count else "never"
    return {
        "when": "repeat", "every": rule.every, "date": rule.start, "time": rule.clock,
        "timezone": rule.zone, "weekdays": [str(day) for day in rule.weekdays],
        "month_day": rule.day, "cron": rule.cron, "ends": ends, "until": rule.until,
        "times": rule.count,
    }  # fmt: skip
