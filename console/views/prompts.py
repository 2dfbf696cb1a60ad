"""Soft prompts: the list, and what is done with one: set live, pause, archive, duplicate."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from console import prompt_words
from console.views.gate import address, requires
from devices.models import Prompt
from devices.prompts import keeping
from devices.states import PromptStatus
from notifications import access, audit

DONE = {
    "live": ("set a prompt live", "Live. Phones show it from their next session on."),
    "pause": ("paused a prompt", "Paused. No phone shows it any more."),
    "archive": ("archived a prompt", "Archived. What was counted stays here."),
}


@require_safe
@requires("view")
def index(request: HttpRequest) -> HttpResponse:
    archived = "archived" in request.GET
    found = Prompt.objects.filter(status=PromptStatus.ARCHIVED)
    if not archived:
        found = Prompt.objects.exclude(status=PromptStatus.ARCHIVED)
    context = {
        "rows": prompt_words.rows(list(found.select_related("audience"))),
        "archived": archived,
        "any_archived": Prompt.objects.filter(status=PromptStatus.ARCHIVED).exists(),
        "may_change": access.allowed(request.user, "prompts"),
        "template": keeping.TEMPLATE,
    }
    return render(request, "console/prompts.html", context)


@require_POST
@requires("prompts")
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    return moved(request, pk, "pause")


@require_POST
@requires("prompts")
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    return moved(request, pk, "archive")


@require_POST
@requires("prompts")
@transaction.atomic
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    prompt = get_object_or_404(Prompt, pk=pk)
    copy = keeping.copy(prompt, by=request.user)
    audit.record(request.user, "duplicated a prompt", copy, {"of": prompt.pk}, address(request))
    messages.success(request, f"This is {copy.name}, a draft of its own.")
    return redirect("prompt-edit", copy.pk)


def moved(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Back to its page, with what was done or why not."""
    prompt = get_object_or_404(Prompt, pk=pk)
    action, said = DONE[verb]
    try:
        with transaction.atomic():
            kept = keeping.move(prompt, verb, now=timezone.now())
            facts: dict[str, Any] = {"version": kept.version}
            audit.record(request.user, action, kept, facts, address(request))
    except keeping.WrongState as late:
        messages.warning(request, str(late))
    except ValidationError as unready:
        messages.error(request, " ".join(unready.messages))
    else:
        messages.success(request, said)
    return redirect("prompt", prompt.pk)
