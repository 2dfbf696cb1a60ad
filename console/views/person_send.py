"""Support's way: a message card, filled in for one person, then reviewed like everything else."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from console import phone_words, to_one
from console.forms.cards import FillForm
from console.views.gate import requires
from console.views.message_cards import newest_of
from devices import preferences
from devices.models import AppUser
from notifications import cards, lifecycle, personal
from notifications.models import MessageCard, Notification
from notifications.personal import people
from notifications.states import Kind, NotificationStatus, SendTo


@require_safe
@requires("compose")
def choose(request: HttpRequest, user_id: str) -> HttpResponse:
    """A message card, or words of one's own."""
    person = get_object_or_404(AppUser, user_id=user_id)
    found, reader = MessageCard.objects.filter(archived_at=None), people.of_user(person)
    context = {
        "person": person,
        "ways": to_one.ways(person, timezone.now()),
        "name": phone_words.display_name(person),
        "cards": [
            {"card": one.card, "words": cards.preview(one, {}, reader)} for one in newest_of(found)
        ],
        "free_url": f"{reverse('compose')}?{urlencode({'to': person.user_id})}",
    }
    return render(request, "console/person_send.html", context)


@require_http_methods(["GET", "POST"])
@requires("compose")
def fill(request: HttpRequest, user_id: str, key: str) -> HttpResponse:
    person = get_object_or_404(AppUser, user_id=user_id)
    card = get_object_or_404(MessageCard, key=key, archived_at=None)
    version = cards.current(card)
    form = FillForm(request.POST or None, version=version)
    to = {"send_to": SendTo.USERS, "recipients": [person.user_id]}
    if fields := filled(request, form):
        saved = lifecycle.compose(fields | to, by=request.user)
        return redirect("review", saved.uuid)
    return drawn(request, form, card, person=person)


@require_http_methods(["GET", "POST"])
@requires("compose")
def refill(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A draft of a card: its copy is locked, so only the values can be edited. It takes the
    card's newest words."""
    draft = get_object_or_404(Notification, uuid=uuid, kind=Kind.BROADCAST, card__isnull=False)
    assert draft.card is not None  # noqa: S101  the query says so
    card = draft.card.card
    if draft.status != NotificationStatus.DRAFT:
        return redirect(draft)
    version = cards.current(card)
    initial = {f"variable_{name}": text for name, text in draft.variables.items()}
    form = FillForm(request.POST or None, version=version, initial=initial)
    if fields := filled(request, form):
        try:
            lifecycle.revise(draft, fields, by=request.user, version=draft.version)
        except (lifecycle.WrongState, lifecycle.Conflict):
            return redirect(draft)
        return redirect("review", draft.uuid)
    ids = draft.recipients[:1] if draft.send_to == SendTo.USERS else []
    person = AppUser.objects.filter(user_id__in=ids).first()
    return drawn(request, form, card, person=person, draft=draft)


def filled(request: HttpRequest, form: FillForm) -> dict[str, Any] | None:
    """What the notification is made of; None while nothing is to be sent yet, or where the form
    says what is wrong."""
    if request.method != "POST":
        return None
    form.is_valid()
    shows = "show" in request.POST
    try:
        fields = cards.fields_of(form.version, form.values)
    except ValidationError as error:
        form.refuse(form.typed_only(error.message_dict) if shows else error.message_dict)
        return None
    return None if shows else fields


def drawn(
    request: HttpRequest,
    form: FillForm,
    card: MessageCard,
    *,
    person: AppUser | None,
    draft: Notification | None = None,
) -> HttpResponse:
    reader = people.of_user(person) if person else personal.NOBODY
    title, body = cards.preview(form.version, form.values, reader)
    context = {
        "form": form,
        "card": card,
        "person": person,
        "ways": to_one.ways(person, timezone.now()) if person else None,
        "draft": draft,
        "changed": draft is not None and draft.card_id != form.version.pk,
        "name": phone_words.display_name(person) if person else "",
        "title": title,
        "body": body,
        "app_name": preferences.get("app_name"),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "console/person_fill.html", context, status=status)
