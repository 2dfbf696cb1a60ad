"""The words that are typed before something large happens."""

from django import forms


def typed_phrase(words: str) -> forms.CharField:
    """Whether they are right is the domain's to say."""
    attrs = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
    return forms.CharField(
        required=False,
        strip=False,
        label=f"Type “{words}” to confirm",
        widget=forms.TextInput(attrs=attrs),
    )
