"""Making an API key."""

from typing import Any

from django import forms

from devices.keys import SCOPES
from devices.states import KeyKind

SCOPE_WORDS = {
    "trigger": "trigger: send to people it names",
    "users": "users: write people’s attributes, erase them",
    "campaigns": "campaigns: compose and confirm for whole audiences",
    "read": "read: numbers and outcomes",
}


class KeyForm(forms.Form):
    name = forms.CharField(
        label="Name of the key",
        max_length=80,
        help_text="Who uses it, such as “booking service” or “Android app”.",
        error_messages={"required": "Name whoever uses it, so that it can be revoked one day."},
    )
    kind = forms.ChoiceField(
        label="Kind", choices=KeyKind.choices, initial=KeyKind.SERVER, widget=forms.RadioSelect
    )
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What a server key may do. A client key has none: it registers phones only.",
    )

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or {}
        if chosen.get("kind") == KeyKind.CLIENT:
            chosen["scopes"] = []
        elif chosen.get("kind") and "scopes" in chosen and not chosen["scopes"]:
            self.add_error("scopes", "A server key without a scope may do nothing. Pick one.")
        return chosen
