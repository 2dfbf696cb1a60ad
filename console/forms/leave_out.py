"""Leave out: the part of Compose that says who of them does not get it, and what happens in quiet
hours."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from console.forms.parameters import QUIET
from devices import preferences
from devices.models import Audience
from notifications import content
from notifications.models import Notification
from notifications.states import QuietHours

PEOPLE_MAX = 5_000


class LeaveOutFields(forms.Form):
    """`leave_out_fields()` of a valid form are columns of a notification."""

    exclude_audience = forms.ModelChoiceField(
        required=False,
        label="Leave out an audience",
        queryset=Audience.objects.none(),
        empty_label="None",
    )
    exclude_people = forms.CharField(
        required=False,
        label="Leave out people",
        widget=forms.Textarea(attrs={"rows": 2, **QUIET}),
    )
    quiet_hours = forms.ChoiceField(
        required=False, label="In quiet hours", choices=QuietHours.choices
    )

    mode: str
    notification: Notification | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted: Any = self.fields["exclude_audience"]
        wanted.queryset = Audience.objects.filter(archived_at=None)

    @property
    def leaves_out(self) -> bool:
        """Whether anybody is named, or something is wrong with it: the page then shows it open."""
        names = ("exclude_audience", "exclude_people")
        source = self.data if self.is_bound else self.initial
        return any(source.get(name) or name in self.errors for name in names)

    @property
    def quiet_between(self) -> str:
        """ "22:00 to 08:00", or "" while there are no quiet hours."""
        known = preferences.read("quiet_on", "quiet_from", "quiet_to")
        return f"{known['quiet_from']} to {known['quiet_to']}" if known["quiet_on"] else ""

    def clean_exclude_people(self) -> list[str]:
        references = content.parse_references(self.cleaned_data["exclude_people"])
        if len(references) > PEOPLE_MAX:
            raise ValidationError(
                f"{len(references):,} people; {PEOPLE_MAX:,} is the most here. Put them on an "
                "audience’s fixed list and leave that out."
            )
        unknown = content.find_users(references)[1]
        if unknown and self.mode == "review":
            named = ", ".join(f"users/{one}" for one in list(unknown)[:5])
            raise ValidationError(f"We don’t know {named}. Ids are case-sensitive.")
        return references

    def leave_out_fields(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        kept = self.notification.quiet_hours if self.notification else QuietHours.DEFER
        return {
            "exclude_audience": cleaned["exclude_audience"],
            "exclude_users": cleaned["exclude_people"],
            "quiet_hours": cleaned["quiet_hours"] or kept,
        }


def initial_leave_out(notification: Notification | None) -> dict[str, Any]:
    if notification is None:
        return {"quiet_hours": QuietHours.DEFER}
    return {
        "exclude_audience": notification.exclude_audience_id,
        "exclude_people": "\n".join(notification.exclude_users),
        "quiet_hours": notification.quiet_hours,
    }
