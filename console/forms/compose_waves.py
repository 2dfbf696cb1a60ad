"""Compose's fields of waves: a few phones first, then more, then the rest."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from console.clock import span
from notifications import waves

WAITS = (60, 300, 600, 1_800, 3_600, 4 * 3_600, 86_400)


class WaveFields(forms.Form):
    in_waves = forms.BooleanField(required=False, label="Send in waves")
    wave_percents = forms.CharField(
        required=False,
        max_length=100,
        label="First waves",
        help_text=f"Up to how many percent, such as {waves.EXAMPLE}. The rest is the last wave.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal"}),
    )
    wave_wait = forms.TypedChoiceField(
        required=False,
        label="Wait between waves",
        coerce=int,
        choices=(),
        help_text="After a wave is done, and every phone of it has its outcome.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = int(self.initial.get("wave_wait", waves.WAIT_DEFAULT_S))
        field: Any = self.fields["wave_wait"]
        field.choices = [(one, span(one)) for one in sorted({now, *WAITS})]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self.waves: dict[str, Any] = {}
        if cleaned.get("in_waves"):
            self._read_waves(cleaned)
        return cleaned

    def _read_waves(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("when") == "each":
            self.add_error("in_waves", waves.NOT_EACH)
        wait_s = cleaned.get("wave_wait")
        if not isinstance(wait_s, int):
            wait_s = waves.WAIT_DEFAULT_S
        try:
            percents = waves.read(cleaned.get("wave_percents", ""))
            self.waves = waves.check({"percents": percents, "wait_s": wait_s})
        except ValidationError as error:
            self.add_error("wave_percents", error.message_dict["waves"])


def initial_of(kept: dict[str, Any]) -> dict[str, Any]:
    """What the fields show for a notification's waves."""
    shares = kept.get("percents") or waves.read(waves.EXAMPLE)
    return {
        "in_waves": bool(kept),
        "wave_percents": ", ".join(f"{one:g}" for one in shares),
        "wave_wait": waves.wait_s(kept),
    }
