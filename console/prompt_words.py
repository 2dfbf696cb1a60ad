"""A soft prompt as a reader would say it: for whom, when, how often, since when."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from console.clock import span
from console.forms.prompt_rules import words_of
from console.report import RATE_LEAST
from devices.models import Prompt, PromptDay
from devices.states import Platform, PromptFrequency

SYSTEMS = {Platform.IOS.value: "iPhones", Platform.ANDROID.value: "Android phones"}


@dataclass(frozen=True, slots=True)
class Row:
    prompt: Prompt
    shown: int = 0
    converted: int = 0
    burned: int = 0

    @property
    def enough(self) -> bool:
        """Below that, a share says nothing."""
        return self.shown >= RATE_LEAST

    @property
    def sentence(self) -> str:
        return sentence(self.prompt)


def rows(prompts: list[Prompt]) -> list[Row]:
    """One query, however many."""
    sums = PromptDay.objects.filter(prompt__in=prompts).order_by().values_list("prompt")
    counted = sums.annotate(Sum("shown"), Sum("converted"), Sum("burned"))
    found = {pk: counts for pk, *counts in counted}
    return [Row(prompt, *found.get(prompt.pk, ())) for prompt in prompts]


def sentence(prompt: Prompt) -> str:
    """Shown to everyone not yet allowed, when the app is opened, again after 14 days."""
    return ", ".join([f"Shown to {whom(prompt)}", words_of(prompt.triggers), often(prompt)])


def whom(prompt: Prompt) -> str:
    people = f"“{prompt.audience}”" if prompt.audience else "everyone not yet allowed"
    if len(prompt.platforms) == 1:
        people += f" on {SYSTEMS.get(prompt.platforms[0], prompt.platforms[0])}"
    low, high = prompt.min_app_version, prompt.max_app_version
    versions = [f"from {low}" if low else "", f"up to {high}" if high else ""]
    told = " ".join(filter(None, versions))
    return f"{people}, app {told}" if told else people


def often(prompt: Prompt) -> str:
    if prompt.frequency == PromptFrequency.ONCE:
        return "only once"
    if prompt.frequency == PromptFrequency.EVERY_TIME:
        return "every time, at most daily"
    most = "" if prompt.max_displays >= 9_999 else f", at most {prompt.max_displays} times"
    return f"again after {span(prompt.gap_seconds)}{most}"


def preview(prompt: Prompt) -> dict[str, Any]:
    """What _sequence.html draws of a saved prompt."""
    names = ("title", "body", "accept_label", "dismiss_label", "layout", "image")
    return {name: getattr(prompt, name) for name in names}
