"""Message cards: written by marketers, looked at by everyone. `person_send` fills them."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.forms.cards import ADD_VARIABLE, REDRAW, REMOVE_VARIABLE, CardForm
from console.forms.compose_languages import REMOVE
from console.typed import whole
from console.views.gate import address, requires
from devices import preferences
from notifications import access, cards
from notifications.models import CardVersion, MessageCard


@require_safe
@requires("view")
def index(request: HttpRequest) -> HttpResponse:
    archived = "archived" in request.GET
    found = MessageCard.objects.filter(archived_at__isnull=not archived)
    rows = found.annotate(uses=Count("versions__notifications"))
    newest = {one.card_id: one for one in newest_of(rows)}
    context = {
        "cards": [{"card": one, "version": newest[one.pk]} for one in rows],
        "archived": archived,
        "any_archived": MessageCard.objects.exclude(archived_at=None).exists(),
        "may_change": access.allowed(request.user, "cards"),
    }
    return render(request, "console/cards.html", context)


def newest_of(found: Any) -> list[CardVersion]:
    """Of each card what it says now; one query."""
    now = CardVersion.objects.filter(number=F("card__version"))
    return list(now.filter(card__in=[one.pk for one in found]).select_related("card"))


@require_http_methods(["GET", "POST"])
@requires("cards")
def new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return posted(request, None, None)
    return drawn(request, CardForm())


@require_http_methods(["GET", "HEAD", "POST"])
@requires("view")
def one(request: HttpRequest, key: str) -> HttpResponse:
    card = get_object_or_404(MessageCard, key=key)
    version = cards.current(card)
    if request.method != "POST":
        return drawn(request, CardForm(card=card, version=version))
    access.check(request.user, "cards")
    if request.POST.get("do") in ("archive", "restore"):
        return put(request, card)
    return posted(request, card, version)


@require_POST
@requires("cards")
def preview(request: HttpRequest) -> HttpResponse:
    """The phones as the form stands: with the samples."""
    form = CardForm(request.POST, mode="fields")
    image = form.picture.src if form.picture else ""
    context = shown(form.unsaved()) | {"image": image}
    return render(request, "console/cards/_preview.html", context)


def shown(version: CardVersion) -> dict[str, Any]:
    title, body = cards.preview(version, {})
    return {
        "title": title,
        "body": body,
        "app_name": preferences.get("app_name"),
    }


def call_of(card: MessageCard, variables: list[cards.Variable]) -> str:
    """The body of a call that sends it."""
    samples = {one.name: one.sample for one in variables}
    body = {"template": card.key, "variables": samples, "user_id": "…"}
    return json.dumps(body, ensure_ascii=False, indent=1)


def mode_of(request: HttpRequest) -> str:
    for name in (REMOVE, REMOVE_VARIABLE, ADD_VARIABLE):
        if name in request.POST:
            return name
    mode = request.POST.get("action", "save")
    return mode if mode in REDRAW else "save"


def posted(
    request: HttpRequest, card: MessageCard | None, version: CardVersion | None
) -> HttpResponse:
    mode = mode_of(request)
    form = CardForm(request.POST, request.FILES, card=card, version=version, mode=mode)
    if mode in REDRAW or not form.is_valid():
        return drawn(request, form, status=200 if mode in REDRAW else 422)
    by, ip = request.user, address(request)
    try:
        if card is None:
            key = form.cleaned_data["key"].strip()
            kept = cards.create(key, form.card_fields(), by=by, ip=ip)
        else:
            number = whole(request.POST.get("version", "")) or 0
            kept = cards.revise(card, form.card_fields(), by=by, version=number, ip=ip)
    except ValidationError as error:
        form.refuse(error.message_dict)
        return drawn(request, form, status=422)
    except (cards.Archived, cards.Conflict) as late:
        messages.warning(request, str(late))
        return redirect("card", card.key if card else "")
    messages.success(request, f"Saved {kept.name}, version {kept.version}.")
    return redirect("card", kept.key)


def put(request: HttpRequest, card: MessageCard) -> HttpResponse:
    if request.POST.get("do") == "archive":
        cards.archive(card, by=request.user, ip=address(request))
        messages.success(request, "Archived. Nobody can send it until it is restored.")
        return redirect("cards")
    cards.restore(card, by=request.user, ip=address(request))
    messages.success(request, "Restored. Support and the API can send it again.")
    return redirect("card", card.key)


def drawn(request: HttpRequest, form: CardForm, status: int = 200) -> HttpResponse:
    may, card = access.allowed(request.user, "cards"), form.card
    context: dict[str, Any] = {
        "form": form,
        "card": card,
        "may_change": may and not (card and card.archived_at),
        "may_manage": may,
        "image": form.picture.src if form.picture else "",
        **shown(form.unsaved()),
    }
    if card is not None:
        context["versions"] = card.versions.annotate(uses=Count("notifications"))[:20]
        variables = cards.declared(form.version or form.unsaved())
        context["variables"] = variables
        context["call"] = call_of(card, variables)
    return render(request, "console/card.html", context, status=status)
