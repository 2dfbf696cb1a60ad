"""A form field for each typed parameter of a page."""

from django import forms

from notifications.models import PageParameter
from notifications.states import ParameterType

HINTS = {
    ParameterType.INTEGER: "A whole number",
    ParameterType.DOUBLE: "A number, such as 4.5",
    ParameterType.DATE_TIME: "Such as 2026-11-27T15:00; UTC unless it ends in a zone like +01:00",
    ParameterType.LAT_LNG: "Latitude,longitude, such as 48.2082,16.3738",
    ParameterType.DOCUMENT: "A document: collection/document",
}
KEYBOARDS = {ParameterType.INTEGER: "numeric", ParameterType.DOUBLE: "decimal"}
QUIET = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}


def parameter_field(parameter: PageParameter) -> forms.CharField | forms.ChoiceField:
    """A text field for every type, so that what was typed is never lost; Boolean has two values."""
    kind = ParameterType(parameter.type)
    attrs = {"data-type": str(kind)}
    if kind is ParameterType.BOOLEAN:
        return forms.ChoiceField(
            label=parameter.name,
            required=False,
            choices=[("", "Not set"), ("true", "true"), ("false", "false")],
            widget=forms.Select(attrs=attrs),
        )
    if kind in KEYBOARDS:
        attrs["inputmode"] = KEYBOARDS[kind]
    return forms.CharField(
        label=parameter.name,
        required=False,
        help_text=HINTS.get(kind, ""),
        widget=forms.TextInput(attrs=attrs | QUIET),
    )
