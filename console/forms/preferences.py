"""Settings that staff change: each form's fields carry the names in `devices.preferences`."""

import re
from typing import Any
from zoneinfo import available_timezones

from django import forms

from devices import preferences
from notifications import content

CHANNEL = re.compile(r"^[\w.:-]{1,100}$")
ZONES = sorted(available_timezones())


class PreferencesForm(forms.Form):
    """Shows what is kept now; `save` writes what changed and returns it as {name: [was, is]}."""

    def __init__(self, data: Any = None) -> None:
        self.now = preferences.read(*self.base_fields)
        super().__init__(data, initial=self.now)

    def save(self) -> dict[str, list[Any]]:
        changed = {
            name: [self.now[name], value]
            for name, value in self.cleaned_data.items()
            if value != self.now[name]
        }
        preferences.put(**{name: value for name, (_, value) in changed.items()})
        return changed


class ChannelField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
        super().__init__(required=False, max_length=100, widget=widget, **options)

    def clean(self, value: Any) -> str:
        channel_id = str(super().clean(value))
        if channel_id and not CHANNEL.match(channel_id):
            raise forms.ValidationError(
                f"“{channel_id}” can’t be a channel id: letters, digits and . _ : - only."
            )
        return channel_id


class SoundForm(PreferencesForm):
    sound_channel = ChannelField(
        label="Sound channel",
        help_text="Used while Deliver with sound is on. Empty: the channel the app falls back to.",
    )
    silent_channel = ChannelField(
        label="Silent channel",
        help_text="Used while it is off. Empty: Android 8 and later may still make a sound.",
    )

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or {}
        if chosen.get("silent_channel") and (
            chosen.get("silent_channel") == chosen.get("sound_channel")
        ):
            self.add_error("silent_channel", "One channel can’t both sound and be silent.")
        return chosen


class AppForm(PreferencesForm):
    app_name = forms.CharField(
        label="App name",
        max_length=40,
        help_text="As it stands under the icon. Previews show it.",
        error_messages={"required": "Give the name that stands under the app’s icon."},
    )
    app_timezone = forms.ChoiceField(
        label="Time zone",
        choices=[(zone, zone) for zone in ZONES],
        help_text="Where most of your people are; used when nobody says another.",
    )
    ios_image_extension = forms.BooleanField(
        label="The iPhone app can show images",
        required=False,
        help_text=(
            "It can once it has a notification service extension. Without one iPhones show the "
            "text alone, and Compose says so."
        ),
    )

    def clean_app_name(self) -> str:
        name = content.clean_text(self.cleaned_data["app_name"])
        if not name:
            raise forms.ValidationError("Give the name that stands under the app’s icon.")
        return name
