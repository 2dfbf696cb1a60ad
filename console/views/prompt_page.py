"""One soft prompt: what came of it, who would see it now, and the page before it goes live."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from console import csv_files, prompt_asks, prompt_report, prompt_words
from console.prompt_report import Filters
from console.views.gate import requires
from console.views.prompts import moved
from devices import preferences
from devices.models import Prompt
from devices.prompts import keeping, stats
from notifications import access

VERBS = ("edit", "live", "pause", "archive")


def found(pk: int) -> Prompt:
    return get_object_or_404(Prompt.objects.select_related("audience"), pk=pk)


@require_safe
@requires("view")
def page(request: HttpRequest, pk: int) -> HttpResponse:
    prompt, filters = found(pk), Filters.of(request.GET)
    context = {
        "may_change": access.allowed(request.user, "prompts"),
        "can": {verb: keeping.can(prompt, verb) for verb in VERBS},
        "overlapping": keeping.overlapping(prompt),
        "versions": list(prompt.versions.values_list("number", flat=True)),
        "filters": filters,
        "query": filters.query,
    }
    context |= pictured(prompt) | prompt_report.report(prompt, filters)
    context |= simulated(request, prompt, reverse("prompt", args=[prompt.pk]))
    return render(request, "console/prompt.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("prompts")
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows whom it would ask and what that may cost; POST sets it live."""
    prompt = found(pk)
    if request.method == "POST":
        return moved(request, pk, "live")
    if not keeping.can(prompt, "live"):
        return redirect("prompt", prompt.pk)
    context = pictured(prompt) | prompt_asks.budget(prompt)
    context |= {"remarks": keeping.remarks(prompt)}
    context |= simulated(request, prompt, reverse("prompt-live", args=[prompt.pk]))
    return render(request, "console/prompt_live.html", context)


@require_safe
@requires("view")
def budget(request: HttpRequest, pk: int) -> HttpResponse:
    """Alone: it walks every phone, so the page asks for it by itself."""
    context = prompt_asks.budget(found(pk))
    return render(request, "console/prompts/_budget.html", context)


@require_safe
@requires("view")
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """Every count by day, version and system."""
    prompt = found(pk)
    columns, *rows = stats.csv_rows(prompt, Filters.of(request.GET))
    return csv_files.answer(f"prompt-{prompt.pk}", columns, rows)  # type: ignore[return-value]


def pictured(prompt: Prompt) -> dict[str, Any]:
    return {
        "prompt": prompt,
        "sentence": prompt_words.sentence(prompt),
        "p": prompt_words.preview(prompt),
        "app_name": preferences.get("app_name"),
    }


def simulated(request: HttpRequest, prompt: Prompt, here: str) -> dict[str, Any]:
    """Would one person see it now? Asked by `user_id` in the address."""
    asked = request.GET.get("user_id", "").strip().removeprefix("users/")
    asked = asked.replace("\x00", "")[:128]
    context: dict[str, Any] = {"here": here, "asked": asked}
    return context | (prompt_asks.person(prompt, asked) if asked else {})
