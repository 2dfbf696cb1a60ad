"""The editor of a soft prompt: a new one, or one that is there, with a preview beside it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from console.forms import prompt_rules
from console.forms.prompts import FREQUENCY_HINTS, PromptForm
from console.views.gate import address, requires
from devices import preferences
from devices.models import Prompt
from devices.prompts import keeping
from devices.states import PromptLayout
from notifications import audit

NEW = {"accept_label": "Yes, tell me", "dismiss_label": "Not now"}


@require_http_methods(["GET", "POST"])
@requires("prompts")
def new(request: HttpRequest) -> HttpResponse:
    """Blank, or from the template."""
    template = request.GET.get("from") == "template"
    words = keeping.TEMPLATE if template else NEW
    fresh = Prompt(**words | ({"name": keeping.free_name(words["name"])} if template else {}))
    if request.method == "POST":
        return posted(request, fresh)
    return drawn(request, PromptForm(prompt=fresh))


@require_http_methods(["GET", "POST"])
@requires("prompts")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    prompt = get_object_or_404(Prompt, pk=pk)
    if not keeping.can(prompt, "edit"):
        messages.warning(request, str(keeping.WrongState(prompt, "edit")))
        return redirect("prompt", prompt.pk)
    if request.method == "POST":
        return posted(request, prompt)
    return drawn(request, PromptForm(prompt=prompt))


@require_POST
@requires("prompts")
def preview(request: HttpRequest) -> HttpResponse:
    """The two phones beside the form, as typed."""
    form = PromptForm(request.POST, prompt=Prompt())
    return render(request, "console/prompts/_preview.html", pictured(form))


# ---------------------------------------------------------------- saving


def posted(request: HttpRequest, prompt: Prompt) -> HttpResponse:
    form = PromptForm(request.POST, request.FILES, prompt=prompt)
    if form.is_redraw:
        form.redraw()
        return drawn(request, form)
    if not form.is_valid():
        return drawn(request, form, status=422)
    try:
        saved = save(request, form, prompt)
    except ValidationError as error:
        form.refuse(error)
        return drawn(request, form, status=422)
    except keeping.Conflict as late:
        return drawn(request, form, status=409, conflict=str(late))
    except keeping.WrongState as late:
        messages.warning(request, str(late))
        return redirect("prompt", prompt.pk)
    messages.success(request, f"Saved {saved.name}.")
    return redirect("prompt", saved.pk)


@transaction.atomic
def save(request: HttpRequest, form: PromptForm, prompt: Prompt) -> Prompt:
    fields = form.prompt_fields()
    if prompt.pk is None:
        made = keeping.create(fields, by=request.user)
        audit.record(request.user, "made a prompt", made, {}, address(request))
        return made
    before = prompt.version
    kept = keeping.change(prompt, fields, by=request.user, changed_at=form.seen_at)
    facts = {"version": {"before": before, "after": kept.version}}
    audit.record(request.user, "changed a prompt", kept, facts, address(request))
    return kept


# ---------------------------------------------------------------- drawing


def drawn(
    request: HttpRequest, form: PromptForm, *, status: int = 200, conflict: str = ""
) -> HttpResponse:
    saved = form.prompt if form.prompt.pk else None
    context: dict[str, Any] = {
        "form": form,
        "prompt": saved,
        "conflict": conflict,
        "here": reverse("prompt-edit", args=[saved.pk]) if saved else reverse("prompt-new"),
        "kinds": prompt_rules.KINDS,
        "ops": prompt_rules.OPS,
        "frequency_hints": FREQUENCY_HINTS,
        "overlapping": keeping.overlapping(saved) if saved else [],
    }
    context |= pictured(form)
    return render(request, "console/prompt_edit.html", context, status=status)


def pictured(form: PromptForm) -> dict[str, Any]:
    """What the preview draws."""
    texts = ("title", "body", "accept_label", "dismiss_label", "layout")
    p = {name: form.typed(name) or "" for name in texts}
    if p["layout"] not in PromptLayout.values:
        p["layout"] = PromptLayout.MODAL
    p["layout_word"] = PromptLayout(p["layout"]).label
    p["image"] = form.picture.src if form.picture else ""
    systems = form.typed("systems")
    return {"p": p, "systems": systems, "app_name": preferences.get("app_name")}
