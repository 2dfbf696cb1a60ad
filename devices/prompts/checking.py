"""What may be a prompt. One check for the pages and the API; errors are named by field."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from devices.models import Audience, Prompt
from devices.models.prompts import LABEL_MAX
from devices.prompts import triggers
from devices.prompts.rules import version_key
from devices.states import Platform, PromptFrequency, PromptLayout

NAME_MAX, TITLE_MAX, BODY_MAX, IMAGE_MAX = 80, 80, 500, 500
DISPLAYS_MAX = 9_999
GAP_MAX_S = 10 * 365 * 24 * 3600
HOLDOUT_MAX = 50
LOCALES_MAX = 50
PRIORITY_MAX = 1_000
ASKS_MAX = 10_000_000
TEXTS = {  # field: (its name in sentences, most characters, must it say something?)
    "title": ("title", TITLE_MAX, True),
    "body": ("text", BODY_MAX, False),
    "accept_label": ("accept button", LABEL_MAX, True),
    "dismiss_label": ("dismiss button", LABEL_MAX, True),
}
FIELDS = (
    "name", "priority", "title", "body", "image", "accept_label", "dismiss_label", "layout",
    "locales", "fallback_to_settings", "audience", "platforms", "min_app_version",
    "max_app_version", "include_provisional", "include_opted_out", "triggers", "frequency",
    "max_displays", "gap_seconds", "starts_at", "ends_at", "holdout_pct", "pause_share",
    "pause_min_asks",
)  # fmt: skip
SWITCHES = ("fallback_to_settings", "include_provisional", "include_opted_out")
WHOLE = {  # field: (its name in sentences, least, most)
    "priority": ("The priority", -PRIORITY_MAX, PRIORITY_MAX),
    "max_displays": ("How often it is shown", 1, DISPLAYS_MAX),
    "gap_seconds": ("The gap", 0, GAP_MAX_S),
    "holdout_pct": ("The hold-out", 0, HOLDOUT_MAX),
    "pause_min_asks": ("The least number of dialogs", 1, ASKS_MAX),
}
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LOCALE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,4}", re.ASCII)


def check(fields: Mapping[str, Any], prompt: Prompt | None = None) -> dict[str, Any]:
    """All fields as they are kept: those given over those of `prompt` (or of a new one).
    `audience` may be an Audience, its pk or None. Raises ValidationError by field."""
    known = values(prompt or Prompt(title="", accept_label="", dismiss_label=""))
    checked = Checked(known | dict(fields), prompt)
    return checked.run(set(fields) - set(FIELDS))


def values(prompt: Prompt) -> dict[str, Any]:
    """`audience` as its pk."""
    return {
        name: prompt.audience_id if name == "audience" else getattr(prompt, name) for name in FIELDS
    }


class Checked:
    def __init__(self, given: dict[str, Any], prompt: Prompt | None) -> None:
        self.given = given
        self.prompt = prompt
        self.errors: dict[str, list[str]] = {}

    def run(self, unknown: set[str]) -> dict[str, Any]:
        for name in sorted(unknown):
            self.add(name, "A prompt has no such field.")
            self.given.pop(name)
        self.check_name()
        self.check_content(self.given, "")
        self.check_locales()
        self.check_image()
        self.check_whom()
        self.check_numbers()
        self.check_dates()
        for place, told in triggers.check(self.given["triggers"]).items():
            self.add(place, told)
        if self.errors:
            raise ValidationError(self.errors)
        return self.given

    def add(self, field: str, sentence: str) -> None:
        self.errors.setdefault(field, []).append(sentence)

    def check_name(self) -> None:
        name = self.given["name"] = str(self.given["name"] or "").strip()
        if not name or len(name) > NAME_MAX or CONTROL.search(name) or "\n" in name:
            self.add("name", f"Give it a name of 1 to {NAME_MAX} characters.")
        elif self.others().filter(name=name).exists():
            self.add("name", f"There is already a prompt named {name}.")

    def others(self) -> QuerySet[Prompt]:
        return Prompt.objects.exclude(pk=self.prompt.pk) if self.prompt else Prompt.objects.all()

    def check_content(self, texts: dict[str, Any], path: str) -> None:
        for field, (called, most, needed) in TEXTS.items():
            text = texts.get(field)
            if text is None and path:
                continue
            if not isinstance(text, str):
                self.add(path + field, f"The {called} is a text.")
                continue
            texts[field] = text = text.replace("\r\n", "\n").strip()
            if needed and not text:
                self.add(path + field, f"Write the {called}.")
            elif len(text) > most:
                self.add(
                    path + field, f"The {called} has {len(text)} characters; {most} is the most."
                )
            elif CONTROL.search(text):
                self.add(path + field, f"The {called} holds a control character.")

    def check_locales(self) -> None:
        locales = self.given["locales"]
        if not isinstance(locales, dict) or len(locales) > LOCALES_MAX:
            return self.add("locales", f"At most {LOCALES_MAX} languages, each with its texts.")
        kept: dict[str, dict[str, Any]] = {}
        for locale, texts in locales.items():
            path = f"locales.{locale:.20}"
            if not isinstance(locale, str) or not LOCALE.fullmatch(locale):
                self.add(path, f"{locale!r:.20} is no language, such as de or pt-BR.")
            elif not isinstance(texts, dict) or not texts.keys() <= TEXTS.keys():
                self.add(path, f"A language has texts for {', '.join(TEXTS)}.")
            else:
                kept[locale] = {field: text for field, text in texts.items() if text}
                self.check_content(kept[locale], f"{path}.")
        self.given["locales"] = kept

    def check_image(self) -> None:
        image = self.given["image"] = str(self.given["image"] or "").strip()
        parts = urlsplit(image) if "://" in image else None
        if len(image) > IMAGE_MAX or CONTROL.search(image) or "\n" in image:
            self.add("image", f"The image’s address has at most {IMAGE_MAX} characters.")
        elif parts is not None and (parts.scheme not in ("https", "http") or not parts.netloc):
            self.add("image", "The image’s address starts with https://.")

    def check_whom(self) -> None:
        if self.given["layout"] not in PromptLayout.values:
            self.add("layout", f"One of {', '.join(PromptLayout.values)}.")
        if self.given["frequency"] not in PromptFrequency.values:
            self.add("frequency", f"One of {', '.join(PromptFrequency.values)}.")
        for name in SWITCHES:
            if not isinstance(self.given[name], bool):
                self.add(name, "This is true or false.")
        self.check_platforms()
        self.check_audience()
        self.check_app_versions()

    def check_platforms(self) -> None:
        platforms = self.given["platforms"]
        if not isinstance(platforms, list | tuple | set) or not platforms:
            self.add("platforms", "Choose at least one system.")
        elif unknown := [one for one in platforms if one not in Platform.values]:
            self.add("platforms", f"{unknown[0]!r:.20} is none of {', '.join(Platform.values)}.")
        else:
            self.given["platforms"] = [one for one in Platform.values if one in platforms]

    def check_audience(self) -> None:
        audience = self.given["audience"]
        if isinstance(audience, Audience):
            audience = audience.pk
        self.given["audience"] = audience
        if audience is None:
            return
        whole = isinstance(audience, int) and not isinstance(audience, bool)
        found = Audience.objects.filter(pk=audience).first() if whole else None
        if found is None:
            self.add("audience", "There is no such audience.")
        elif found.archived_at is not None and audience != (
            self.prompt and self.prompt.audience_id
        ):
            self.add("audience", f"{found.name} is archived. Restore it or choose another one.")

    def check_app_versions(self) -> None:
        keys = []
        for name in ("min_app_version", "max_app_version"):
            version = self.given[name] = str(self.given[name] or "").strip()
            keys.append(version_key(version) if version else None)
            if version and (keys[-1] is None or len(version) > 32):
                self.add(name, "A version is up to four numbers with dots, such as 4.2.0.")
        low, high = keys
        if low is not None and high is not None and low > high:
            self.add("max_app_version", "This is older than the oldest version.")

    def check_numbers(self) -> None:
        for name, (called, least, most) in WHOLE.items():
            self.check_whole(name, called, least, most)
        if self.given["pause_share"] is not None:
            self.check_whole("pause_share", "The share of burned asks", 1, 100)

    def check_whole(self, name: str, called: str, least: int, most: int) -> None:
        number = self.given[name]
        whole = isinstance(number, int) and not isinstance(number, bool)
        if not whole or not least <= number <= most:
            self.add(name, f"{called} is a whole number from {least:,} to {most:,}.")

    def check_dates(self) -> None:
        moments = []
        for name in ("starts_at", "ends_at"):
            moment = self.given[name]
            if moment is not None and not (isinstance(moment, datetime) and moment.tzinfo):
                self.add(name, "A moment with its time zone, such as 2026-03-01T09:00:00Z.")
                moment = None
            moments.append(moment)
        start, end = moments
        if start and end and end <= start:
            self.add("ends_at", "The end is not after the start.")
