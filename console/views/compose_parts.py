"""Fragments of Compose, for htmx: each is the very partial that the whole page includes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from console import drafts
from console.forms import when_told
from console.forms.compose import ComposeForm
from console.forms.compose_languages import ADD, REMOVE
from console.forms.compose_when import WhenForm
from console.views.gate import requires

WEIGHED = ("parameter_", "title_", "body_")  # fields of which there are as many as it takes


@require_POST
@requires("compose")
def reach(request: HttpRequest) -> HttpResponse:
    """How many phones the form as it stands would reach, and all that depends on it. Where only
    the message changed, nobody is counted again: the answer is its weight."""
    form = ComposeForm(request.POST, mode="fields")
    changed = request.POST.get("changed", "")
    if changed in ("extra", "sound", "initial_page") or changed.startswith(WEIGHED):
        weighed = render(request, "console/compose/_weighed.html", drafts.weight(form))
        weighed.headers["HX-Reswap"] = "none"
        return weighed
    context = drafts.page_context(form, None, timezone.now()) | {"changed": changed}
    return render(request, "console/compose/_reach_refresh.html", context)


@require_POST
@requires("compose")
def preview(request: HttpRequest) -> HttpResponse:
    form = ComposeForm(request.POST, mode="fields")
    context = drafts.preview_context(form) | {"form": form}
    return render(request, "console/compose/_phones_refresh.html", context)


@require_POST
@requires("compose")
def languages(request: HttpRequest) -> HttpResponse:
    """One language more or less; what stands in the others stays."""
    form = ComposeForm(request.POST, mode=REMOVE if REMOVE in request.POST else ADD)
    return render(request, "console/compose/_languages.html", {"form": form})


@require_POST
@requires("compose")
def image(request: HttpRequest) -> HttpResponse:
    """Keeps a picture that is uploaded or fetched, and draws its field anew, or what is wrong."""
    action = request.POST.get("action", "")
    mode = action if action in ("remove_image", "fetch_image") else "fields"
    form = ComposeForm(request.POST, request.FILES, mode=mode)
    return render(request, "console/compose/_image.html", {"form": form})


@require_GET
@requires("compose")
def fields(request: HttpRequest) -> HttpResponse:
    """The parameters of the page that was just chosen; what stood in fields of the same name
    stays."""
    typed = {name: text for name, text in request.GET.items() if name.startswith("parameter_")}
    form = ComposeForm(initial=typed, page_name=request.GET.get("initial_page", ""))
    return render(request, "console/compose/_page_fields.html", {"form": form})


@require_GET
@requires("compose")
def when(request: HttpRequest) -> HttpResponse:
    """What the time chosen so far comes to, or what is wrong with it."""
    form = WhenForm(request.GET, now=timezone.now())
    form.is_valid()
    unfinished = {
        name
        for name in ("date", "time", "weekdays", "cron", "until", "times")
        if not request.GET.get(name)
    }
    wrong = [name for name in form.errors if name not in unfinished]
    sentence = str(form.errors[wrong[0]][0]) if wrong else ""
    told = {"error": sentence} if sentence else when_told.told(form)
    return render(request, "console/compose/_moment.html", {"told": told})
