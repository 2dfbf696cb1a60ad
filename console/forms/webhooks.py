"""Adding or changing a webhook."""

from typing import Any

from django import forms

from notifications.models import WebhookEndpoint
from notifications.webhooks.addresses import URL_MAX
from notifications.webhooks.catalogue import EVENTS


class WebhookForm(forms.Form):
    url = forms.CharField(
        label="Address",
        max_length=URL_MAX,
        help_text="Where your back end takes POST requests.",
        error_messages={"required": "Enter the address that is to be called."},
        widget=forms.TextInput(
            attrs={
                "inputmode": "url",
                "autocomplete": "off",
                "spellcheck": "false",
                "placeholder": "https://api.example.com/hooks/push",
            }
        ),
    )
    name = forms.CharField(
        label="Name",
        max_length=80,
        required=False,
        help_text="Whose it is, such as “CRM”. Without one it is called by its host.",
    )
    events = forms.MultipleChoiceField(
        label="Events",
        choices=list(EVENTS.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Pick at least one event."},
    )
    triggers = forms.BooleanField(
        label="Also for triggers",
        required=False,
        help_text="On: notifications that your back end started count too, one event for each.",
    )
    use_required_attribute = False

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> "WebhookForm":
        names = ("url", "name", "events", "triggers")
        return cls(initial={name: getattr(endpoint, name) for name in names})

    @property
    def fields_given(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("url", "name", "events", "triggers")}
