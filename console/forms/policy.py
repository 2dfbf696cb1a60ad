"""Settings → Sending policy: who is left out, how often, when, and what each role may."""

from typing import Any

from django import forms

from console.forms.preferences import PreferencesForm

LIMIT_MAX = 1_000_000
KEPT = (
    "frequency_limit", "frequency_hours", "quiet_from", "quiet_to", "marketer_limit", "ops_limit",
    "devices_per_person",
)  # fmt: skip


class WholeNumber(forms.IntegerField):
    def __init__(self, label: str, least: int, most: int, **options: Any) -> None:
        told = f"Give a number from {least} to {most}."
        errors = dict.fromkeys(("required", "min_value", "max_value", "invalid"), told)
        options = {"required": False} | options
        super().__init__(
            label=label, min_value=least, max_value=most, error_messages=errors, **options
        )


class ClockField(forms.TimeField):
    """A time of day, kept as its text."""

    def __init__(self, label: str, **options: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        super().__init__(
            label=label, required=False, widget=widget,
            error_messages={"invalid": "Give a time of day, such as 22:00."}, **options,
        )  # fmt: skip

    def clean(self, value: Any) -> str:
        found = super().clean(value)
        return found.strftime("%H:%M") if found else ""


class PolicyForm(PreferencesForm):
    send_when_permission_unknown = forms.BooleanField(
        label="Send to phones that never reported their permission",
        required=False,
        help_text=(
            "Imported phones and older apps never say whether notifications are on. On: FCM is "
            "asked, the phone decides. Off: they are skipped until the app reports."
        ),
    )
    skip_stale = forms.BooleanField(
        label="Leave out phones not seen for 30 days",
        required=False,
        help_text=(
            "Most such apps are gone, but some people only open an app because of a "
            "notification. Off: they are sent to and shown as a number of their own."
        ),
    )
    hold_on_drift = forms.BooleanField(
        label="Hold when the audience changed much since the review",
        required=False,
        help_text="Held, it waits for someone to look at both numbers. Off: it goes.",
    )
    frequency_limit = WholeNumber(
        "At most",
        0,
        50,
        help_text="Notifications that a person may get within so many hours. 0: no limit.",
    )
    frequency_hours = WholeNumber(
        "Within hours", 1, 720, help_text="Counted back from the moment a phone’s turn comes."
    )
    frequency_triggers = forms.BooleanField(
        label="Count what events trigger, too",
        required=False,
        help_text=(
            "On: they count, and are held back above the limit. Off: an order’s news always goes, "
            "and takes nobody’s place."
        ),
    )
    quiet_on = forms.BooleanField(
        label="Quiet hours",
        required=False,
        help_text=(
            "By the clock where each phone is. Compose says what a notification does then: wait "
            "until they end, leave those people out, or go anyway. What events trigger goes anyway."
        ),
    )
    quiet_from = ClockField("From")
    quiet_to = ClockField("Until", help_text="May be on the next morning.")
    support_limit = WholeNumber("Support", 0, LIMIT_MAX, required=True)
    marketer_limit = WholeNumber("Marketers", 0, LIMIT_MAX)
    ops_limit = WholeNumber("Ops", 0, LIMIT_MAX)
    ticket_roles = forms.MultipleChoiceField(
        label="Must give a reason or ticket number",
        required=False,
        choices=[("support", "Support"), ("marketer", "Marketers"), ("ops", "Ops")],
        widget=forms.CheckboxSelectMultiple,
        help_text="Asked at Review, kept with the notification and in the person’s history.",
    )
    ask_at_app_start = forms.BooleanField(
        label="Ask at app start",
        required=False,
        help_text=(
            "On: the app asks for permission as soon as it opens. An iPhone can be asked once in "
            "its life, and people who don’t know why yet tend to say no. Off: the app "
            "explains first and asks when it matters."
        ),
    )
    ios_ask_direct = forms.BooleanField(
        label="Ask iPhones without explaining first",
        required=False,
        help_text=(
            "On: the app is told should_request for an iPhone that was never asked. Off: it is "
            "told should_explain_then_request, since the one ask is better not wasted."
        ),
    )
    auto_create_users = forms.BooleanField(
        label="Make people as their phones register",
        required=False,
        help_text="Off: your back end must name a person first, and others are refused.",
    )
    allow_anonymous_devices = forms.BooleanField(
        label="Take phones that nobody is signed in on",
        required=False,
        help_text="They can be reached by a notification to everyone, and by no other.",
    )

    devices_per_person = WholeNumber(
        "Phones of one person",
        0,
        10_000,
        help_text=(
            "One more, and the phone that was not seen for longest stops getting notifications, "
            "until its app registers again. 0: no limit."
        ),
    )

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or {}
        for name in KEPT:  # what a form leaves out stays as it is
            if chosen.get(name) in (None, "") and name not in self.errors:
                chosen[name] = self.now[name]
        if chosen["quiet_on"] and chosen.get("quiet_from") == chosen.get("quiet_to"):
            self.add_error("quiet_to", "Choose another time: this would be no hours at all.")
        return chosen
