"""The typed phrase, the ticks and the review's token. The domain decides about all three."""

from typing import Any

from django import forms
from django.http import QueryDict

from console.forms.phrase import typed_phrase
from notifications import content
from notifications.models import TICKET_MAX


class Ticks(forms.MultipleChoiceField):
    """Which warnings there are is known to the review alone: every code is taken as it comes."""

    def valid_value(self, value: Any) -> bool:
        return True


class ConfirmForm(forms.Form):
    phrase = typed_phrase(content.PHRASE)
    ticket = forms.CharField(
        required=False,
        label="Reason or ticket",
        max_length=TICKET_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Kept with the notification and in the person’s history.",
    )
    token = forms.CharField(required=False, widget=forms.HiddenInput)
    ticked = Ticks(required=False, choices=())

    use_required_attribute = False

    def read(self) -> dict[str, Any]:
        """As `lifecycle.confirm` takes them: what is wrong about them is its word to say."""
        return {
            "phrase": str(self.data.get("phrase", "")),
            "token": str(self.data.get("token", "")),
            "ticket": str(self.data.get("ticket", "")),
            "ticked": frozenset(self.ticks),
        }

    @property
    def ticks(self) -> list[str]:
        """The codes of the warnings that were ticked."""
        return self.data.getlist("ticked") if isinstance(self.data, QueryDict) else []
