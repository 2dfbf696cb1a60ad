"""The editor of a soft prompt: one form with rows for its triggers and blocks for its languages."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime

from console.forms import pictures, prompt_languages, prompt_rules
from devices.models import Audience, Prompt
from devices.states import Platform, PromptFrequency, PromptLayout
from notifications import content

REDRAW = (*prompt_rules.BUTTONS, *prompt_languages.BUTTONS, "remove_image")
UNITS = {"days": 86_400, "hours": 3_600, "minutes": 60}
TO = (("all", "Show to all users"), ("audience", "Saved audience"))
SYSTEMS = (("all", "All"), ("ios", "iOS"), ("android", "Android"))
FREQUENCY_HINTS = {
    PromptFrequency.ONCE: "Low chance: most people say no the first time.",
    PromptFrequency.EVERY_TIME: "Too aggressive for most apps.",
    PromptFrequency.MULTIPLE: "Recommended: again after a rest.",
}
PLAIN = (
    "name", "title", "body", "accept_label", "dismiss_label", "layout", "min_app_version",
    "max_app_version", "include_provisional", "include_opted_out", "fallback_to_settings",
    "frequency", "starts_at", "ends_at", "priority", "holdout_pct",
)  # fmt: skip
FORM_NAMES = {"gap_seconds": "gap", "platforms": "systems", "pause_min_asks": "pause_min_asks"}


def moment(label: str, hint: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(required=False, label=label, widget=widget, help_text=hint)


def version(label: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "placeholder": "any"})
    return forms.CharField(required=False, label=label, widget=widget)


class PromptForm(pictures.PictureFields):
    field_order = ("name", "title", "body")
    name = forms.CharField(
        required=False, label="Name", help_text="For your colleagues; phones never see it."
    )
    title = forms.CharField(required=False, label="Title", widget=forms.TextInput({"dir": "auto"}))
    body = forms.CharField(
        required=False, label="Text", widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    )
    accept_label = forms.CharField(required=False, label="Button that says yes")
    dismiss_label = forms.CharField(required=False, label="Button that says not now")
    layout = forms.ChoiceField(
        label="Layout", choices=PromptLayout.choices, widget=forms.RadioSelect
    )
    to = forms.ChoiceField(label="Audience", choices=TO, widget=forms.RadioSelect)
    audience = forms.ModelChoiceField(
        required=False, label="Which", queryset=Audience.objects.none(), empty_label="Choose…"
    )
    systems = forms.ChoiceField(label="Target OS", choices=SYSTEMS, widget=forms.RadioSelect)
    min_app_version = version("From app version")
    max_app_version = version("Up to app version")
    include_provisional = forms.BooleanField(
        required=False,
        label="Also to people who get them quietly",
        help_text="iPhones with provisional permission: they receive, and see no banner.",
    )
    include_opted_out = forms.BooleanField(
        required=False,
        label="Also to people who opted out in the app",
        help_text="A tap on yes opts them in again.",
    )
    fallback_to_settings = forms.BooleanField(
        required=False,
        label="Open the phone’s settings when no ask is left",
        help_text="Off: people whose asks are used up never see this prompt.",
    )
    frequency = forms.ChoiceField(
        label="How often", choices=PromptFrequency.choices, widget=forms.RadioSelect
    )
    max_displays = forms.IntegerField(required=False, label="At most", help_text="Up to 9,999.")
    gap = forms.IntegerField(required=False, label="Rest in between")
    gap_unit = forms.ChoiceField(label="Unit", choices=[(unit, unit) for unit in UNITS])
    starts_at = moment("Starts", "Empty: as soon as it is live.")
    ends_at = moment("Ends", "Empty: when somebody pauses it.")
    priority = forms.IntegerField(
        required=False, label="Priority", help_text="The higher one wins where two could show."
    )
    holdout_pct = forms.IntegerField(
        required=False, label="Kept aside, %", help_text="0 to 50. They show what it really adds."
    )
    auto_pause = forms.BooleanField(
        required=False,
        label="Pause by itself when too many asks are burned",
        help_text="A burned ask is a no to the phone’s own dialog. It never comes back.",
    )
    pause_share = forms.IntegerField(required=False, label="Burned share, %")
    pause_min_asks = forms.IntegerField(required=False, label="After this many asks")

    use_required_attribute = False

    def __init__(self, *args: Any, prompt: Prompt, **kwargs: Any) -> None:
        """`prompt`: the saved one, or an unsaved one with what a new one starts with."""
        self.prompt = prompt
        kwargs["initial"] = initial_of(prompt)
        super().__init__(*args, **kwargs)
        self._field("audience").queryset = Audience.objects.filter(archived_at=None)
        if self.is_bound:
            self.rules = prompt_rules.of_post(self.data)
            self.languages = prompt_languages.of_post(self.data)
            self.carry_picture(remove="remove_image" in self.data)
        else:
            self.rules = prompt_rules.of_triggers(prompt.triggers)
            self.languages = prompt_languages.of_locales(prompt.locales)
            self.picture = pictures.Picture(prompt.image) if prompt.image else None

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def typed(self, name: str) -> Any:
        """What the field holds now, unchecked: the preview draws it."""
        return self[name].value()

    @property
    def seen_at(self) -> datetime | None:
        """When the prompt had last been changed, as the editor saw it."""
        try:
            return parse_datetime(self.data.get("seen_at", ""))
        except ValueError:
            return None

    @property
    def is_redraw(self) -> bool:
        return any(button in self.data for button in REDRAW)

    def redraw(self) -> None:
        self.rules = prompt_rules.redrawn(self.rules, self.data)
        self.languages = prompt_languages.redrawn(self.languages, self.data)

    # ------------------------------------------------------------ checking

    def clean_audience(self) -> Audience | None:
        if self.cleaned_data.get("to") != "audience":
            return None
        audience: Audience | None = self.cleaned_data["audience"]
        if audience is None and "audience" not in self.errors:
            raise ValidationError("Choose a saved audience.")
        return audience

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("name", "title", "body", "accept_label", "dismiss_label"):
            cleaned[name] = content.clean_text(cleaned.get(name, ""))
        self.refuse_picture()
        if prompt_languages.refused(self.languages):
            raise ValidationError("A language is not right yet.")
        return cleaned

    def refuse(self, error: ValidationError) -> None:
        """What the domain found, each sentence beside what it is about."""
        for name, told in error.message_dict.items():
            field = FORM_NAMES.get(name, name)
            if name.startswith("triggers"):
                self.rules.refuse(name, told)
                self.add_error(None, "When it shows itself is not right yet.")
            elif name.startswith("locales."):
                self._refuse_language(name, told)
            else:
                self.add_error(field if field in self.fields else None, told)

    def _refuse_language(self, path: str, told: list[str]) -> None:
        _, code, *rest = path.split(".")
        for one in self.languages:
            if one.code == code:
                one.errors.setdefault(rest[0] if rest else "code", []).extend(told)
        self.add_error(None, f"{code}: {' '.join(told)}")

    # ------------------------------------------------------------ what is saved

    def prompt_fields(self) -> dict[str, Any]:
        """As the domain takes them. Only of a valid form."""
        cleaned = self.cleaned_data
        fields = {name: cleaned[name] for name in PLAIN if name in cleaned}
        fields = {name: value for name, value in fields.items() if not blank(name, value)}
        systems = Platform.values if cleaned["systems"] == "all" else [cleaned["systems"]]
        fields |= {
            "image": self.picture.name if self.picture else "",
            "audience": cleaned["audience"],
            "platforms": list(systems),
            "triggers": self.rules.triggers,
            "locales": prompt_languages.locales_of(self.languages),
            "pause_share": cleaned["pause_share"] if cleaned["auto_pause"] else None,
        }
        if cleaned["max_displays"] is not None:
            fields["max_displays"] = cleaned["max_displays"]
        if cleaned["gap"] is not None:
            fields["gap_seconds"] = cleaned["gap"] * UNITS[cleaned["gap_unit"]]
        if cleaned["pause_min_asks"] is not None:
            fields["pause_min_asks"] = cleaned["pause_min_asks"]
        return fields


def blank(name: str, value: Any) -> bool:
    """A number that was left empty stays what it was; an empty time means none."""
    return value is None and name not in ("starts_at", "ends_at")


def initial_of(prompt: Prompt) -> dict[str, Any]:
    number, unit = gap_of(prompt.gap_seconds)
    one_system = len(prompt.platforms) == 1
    return {name: getattr(prompt, name) for name in PLAIN} | {
        "to": "audience" if prompt.audience_id else "all",
        "audience": prompt.audience_id,
        "systems": prompt.platforms[0] if one_system else "all",
        "max_displays": prompt.max_displays,
        "gap": number,
        "gap_unit": unit,
        "auto_pause": prompt.pause_share is not None,
        "pause_share": prompt.pause_share if prompt.pause_share is not None else 60,
        "pause_min_asks": prompt.pause_min_asks,
    }


def gap_of(seconds: int) -> tuple[int, str]:
    """In the largest unit that says it exactly; a rest of seconds is rounded up."""
    for unit, length in UNITS.items():
        if seconds % length == 0:
            return seconds // length, unit
    return -(-seconds // 60), "minutes"
