"""Settings → Pages: the pages of the app that a tap can open."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from console.forms import pages as form_of
from console.views.gate import address, requires
from console.views.settings.cards import draw
from notifications import audit
from notifications.models import Notification, Page
from notifications.states import NotificationStatus

ROW_BUTTONS = ("add_parameter", "remove_parameter")


@require_http_methods(["GET", "POST"])
@requires("settings")
def pages(request: HttpRequest) -> HttpResponse:
    """All pages, and below them the form for another one."""
    context: dict[str, Any] = {"pages": Page.objects.prefetch_related("parameters")}
    return edited(request, None, "pages", context)


@require_http_methods(["GET", "POST"])
@requires("settings")
def page(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Page, pk=pk)
    return edited(request, found, "page", {"page": found})


def edited(
    request: HttpRequest, found: Page | None, part: str, context: dict[str, Any]
) -> HttpResponse:
    form = form_of.PageForm(request.POST or None, page=found)
    rows = form_of.rows_of(found)
    if any(button in request.POST for button in ROW_BUTTONS):
        form = form_of.PageForm(initial=request.POST.dict(), page=found)
        rows = form_of.redrawn_rows(request.POST)
        context["just_added"] = "add_parameter" in request.POST
    elif request.method == "POST":
        rows = form_of.typed_rows(request.POST)
        if form.is_valid() & rows.is_valid() and kept(request, form, rows, found):
            return redirect("settings-pages")
    template = context | {"form": form, "rows": rows}
    return draw(request, "settings-pages", template, part=part)


def kept(
    request: HttpRequest, form: form_of.PageForm, rows: form_of.ParameterRows, found: Page | None
) -> bool:
    """False, with the error on the form, when someone else took the name a moment ago."""
    try:
        saved = save(request, form, rows, found)
    except IntegrityError:
        name = form.cleaned_data["name"]
        form.add_error("name", f"There is already a page named {name}.")
        return False
    messages.success(request, f"Saved. A tap can now open {saved.name}.")
    return True


@transaction.atomic
def save(
    request: HttpRequest, form: form_of.PageForm, rows: form_of.ParameterRows, found: Page | None
) -> Page:
    before = described(found) if found else None
    saved = form_of.save(form, rows)
    facts = {"before": before, "after": described(saved)} if before else described(saved)
    verb = "changed a page" if before else "added a page"
    audit.record(request.user, verb, saved, facts, address(request))
    return saved


def described(page: Page) -> dict[str, object]:
    return {
        "name": page.name,
        "parameters": [
            f"{each.name}: {each.type}{'' if each.required else '?'}"
            for each in page.parameters.all()
        ],
    }


@require_http_methods(["GET", "POST"])
@requires("settings")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Page, pk=pk)
    if request.method == "POST":
        with transaction.atomic():
            audit.record(request.user, "deleted a page", found, described(found), address(request))
            found.delete()
        messages.success(request, f"Deleted. Nothing new can open {found.name}.")
        return redirect("settings-pages")
    drafts = Notification.objects.filter(
        status=NotificationStatus.DRAFT, initial_page=found.name
    ).count()
    return draw(request, "settings-pages", {"page": found, "drafts": drafts}, part="page_delete")
