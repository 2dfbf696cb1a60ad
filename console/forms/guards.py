"""What halts a notification in waves: the names are those in `devices.preferences`."""

from typing import Any

from django import forms

from console.forms.preferences import PreferencesForm


class Percent(forms.IntegerField):
    def __init__(self, label: str, says: str) -> None:
        told = "Give a whole number from 1 to 100."
        names = ("required", "invalid", "min_value", "max_value")
        super().__init__(
            label=label,
            help_text=says,
            min_value=1,
            max_value=100,
            error_messages=dict.fromkeys(names, told),
        )


class GuardsForm(PreferencesForm):
    guard_dead_token_percent = Percent(
        "Dead tokens, in percent", "Phones whose app was removed. A few are usual."
    )
    guard_rejected_percent = Percent(
        "Refusals, in percent", "Google refused the message for this phone."
    )
    guard_mismatch_percent = Percent(
        "Other projects, in percent", "The token belongs to another Firebase project than the key."
    )
    guard_least = forms.IntegerField(
        label="Least answers",
        help_text="Below this many answers nothing is judged.",
        min_value=1,
        max_value=100_000,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            "Give a whole number from 1 to 100000.",
        ),
    )

    def clean(self) -> dict[str, Any]:
        return super().clean() or {}
