"""One soft prompt: what it says, whom it reaches, and what came of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from console import prompt_words
from console.views.gate import requires
from devices import preferences
from devices.models import Prompt
from devices.prompts import keeping
from notifications import access


@require_safe
@requires("view")
def page(request: HttpRequest, pk: int) -> HttpResponse:
    prompt = get_object_or_404(Prompt.objects.select_related("audience"), pk=pk)
    context = {
        "prompt": prompt,
        "sentence": prompt_words.sentence(prompt),
        "p": prompt_words.preview(prompt),
        "app_name": preferences.get("app_name"),
        "may_change": access.allowed(request.user, "prompts"),
        "can": {verb: keeping.can(prompt, verb) for verb in ("edit", "live", "pause", "archive")},
        "overlapping": keeping.overlapping(prompt),
    }
    return render(request, "console/prompt.html", context)
