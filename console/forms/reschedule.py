"""Another time for what is held."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from console.forms import moments
from console.middleware import ZONES


class RescheduleForm(forms.Form):
    date = forms.DateField(
        label="Date", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time = forms.TimeField(
        label="Time", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    timezone = forms.ChoiceField(label="Clock", choices=())

    use_required_attribute = False

    def __init__(self, *args: Any, now: datetime, zone: str, **kwargs: Any) -> None:
        self.now = now
        self.moment: moments.Moment | None = None
        here = timezone.get_current_timezone_name()
        kwargs["initial"] = {"timezone": zone if zone in ZONES else here}
        super().__init__(*args, **kwargs)
        self.fields["timezone"].choices = moments.zone_choices(zone, here)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if {"date", "time", "timezone"} <= cleaned.keys():
            try:
                self.moment = moments.moment(
                    cleaned["date"], cleaned["time"], cleaned["timezone"], now=self.now
                )
            except ValidationError as error:
                self.add_error("date", error)
        return cleaned
