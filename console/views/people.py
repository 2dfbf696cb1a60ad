"""Find a person; see what reaches her and why; act for her."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from console import phone_words, prompt_asks, sure, to_one, verdicts
from console.context import url_of
from console.history_words import permission_moment, registration_moment
from console.typed import whole
from console.views.gate import address, requires
from devices import people as persons
from devices import registry, reports
from devices.models import AppUser, Device, RegistrationEvent
from devices.paging import cut
from devices.states import Actor, DeviceState
from notifications import access, audit, content, histories, reach
from notifications.models import MessageCard
from notifications.personal import people as readers

PAGE = 25
HISTORY = 30


@dataclass(frozen=True, slots=True)
class Row:
    person: AppUser
    name: str
    phones: list[phone_words.Phone]

    @property
    def initials(self) -> str:
        return phone_words.initials(self.name)

    @property
    def reachable(self) -> int:
        return sum(phone.says.reachable for phone in self.phones)

    @property
    def active(self) -> int:
        return sum(phone.device.state == DeviceState.ACTIVE for phone in self.phones)


@require_safe
@requires("view")
def people(request: HttpRequest) -> HttpResponse:
    """Newest first, or whoever the query finds. Whose id it is exactly, her page opens; `list`
    shows also whom else it finds."""
    query = request.GET.get("q", "").strip()
    if query:
        found = reports.find_people(query, most=PAGE + 1)
        if found and found[0].user_id == query.removeprefix("users/") and "list" not in request.GET:
            others = "?others" if len(found) > 1 else ""
            return redirect(reverse("person", args=[found[0].user_id]) + others)
        context = {
            "more": len(found) > PAGE,
            "devices": reports.find_devices(query, most=5),
            "near": "" if found else near(query),
        }
        return listed(request, query, found[:PAGE], context)
    before = request.GET.get("before", "")
    newest = AppUser.objects.order_by("-pk")
    if (edge := whole(before)) is not None:
        newest = newest.filter(pk__lt=edge)
    page, last = cut(newest, PAGE)
    older = f"?before={last}" if last else ""
    context = {"next_url": older, "first_url": "?" if before else ""}
    return listed(request, "", page, context)


def near(query: str) -> str:
    """The id that was meant, where one letter or capital is off."""
    named = content.parse_references(query)[:1]
    return content.find_users(named)[1].get(named[0], "") if named else ""


def listed(
    request: HttpRequest, query: str, found: list[AppUser], context: dict[str, Any]
) -> HttpResponse:
    context |= {"q": query, "rows": rows_of(found)}
    return render(request, "console/people.html", context)


def rows_of(found: list[AppUser]) -> list[Row]:
    """Two queries, however many people."""
    policy = reach.policy(timezone.now())
    by_owner: dict[int | None, list[phone_words.Phone]] = {}
    for device in Device.objects.filter(owner__in=[person.pk for person in found]).order_by("pk"):
        by_owner.setdefault(device.owner_id, []).append(phone_words.phone(device, policy))
    return [
        Row(person, phone_words.display_name(person), by_owner.get(person.pk, []))
        for person in found
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@requires("view")
def person(request: HttpRequest, user_id: str) -> HttpResponse:
    found = get_object_or_404(AppUser, user_id=user_id)
    if request.method == "POST":
        access.check(request.user, "people")
        return acted(request, found)
    row, now = rows_of([found])[0], timezone.now()
    asked = request.GET.get("about", "")
    missed = "missed" in request.GET
    context = {
        "row": row,
        "person": found,
        "lines": histories.of_user(found.pk, missed=missed),
        "missed": missed,
        "others": "others" in request.GET,
        "reader": readers.of_user(found),
        "held": to_one.held(found, now) if row.reachable else "",
        "why": verdicts.of_person(found, asked, request.GET.get("link", "").strip(), now),
        "history": history(found, row.phones),
        "prompts": prompt_asks.of_person([phone.device for phone in row.phones]),
        "compose_to": compose_to(request, found),
        "may_change": access.allowed(request.user, "people"),
    }
    return render(request, "console/person.html", context)


def compose_to(request: HttpRequest, person: AppUser) -> str:
    """Message cards, or the empty Compose where there are none to choose from."""
    compose = url_of("compose")
    if not compose or not access.allowed(request.user, "compose"):
        return ""
    if MessageCard.objects.filter(archived_at=None).exists():
        return reverse("person-send", args=[person.user_id])
    return f"{compose}?{urlencode({'to': person.user_id})}"


def history(person: AppUser, phones: list[phone_words.Phone]) -> list[dict[str, Any]]:
    """Registrations of hers and permission changes of her phones, newest first."""
    hers = RegistrationEvent.objects.filter(user_after=person.pk).values("device_id")
    registrations = (
        RegistrationEvent.objects.filter(device_id__in=hers)
        .filter(Q(user_before=person.pk) | Q(user_after=person.pk))
        .select_related("device")
        .order_by("-pk")[:HISTORY]
    )
    permissions = reports.permission_history([phone.device for phone in phones], most=HISTORY)
    moments = [registration_moment(event, of=person.pk) for event in registrations]
    moments += [permission_moment(event) for event in permissions]
    return sorted(moments, key=lambda moment: moment["when"], reverse=True)[:HISTORY]


def acted(request: HttpRequest, person: AppUser) -> HttpResponse:
    deed = request.POST.get("do", "")
    if deed == "unregister":
        return unregistered(request, person, request.POST.get("device", ""))
    if deed == "erase":
        return erased(request, person)
    messages.error(request, "Nothing was done: that button is unknown here.")
    return redirect("person", person.user_id)


def unregistered(request: HttpRequest, person: AppUser, device_id: str) -> HttpResponse:
    """Only while the phone is still hers: it may have changed hands since the page was drawn."""
    phone = person.devices.filter(device_id=device_id).first()
    back = reverse("person", args=[person.user_id])
    if phone and (asking := sure.ask(request, "unregister", phone_words.name_of(phone), back=back)):
        return asking
    done = registry.unregister(
        device_id=device_id, user_id=person.user_id, actor=Actor.CONSOLE, at=timezone.now()
    )
    if done.result == "unregistered":
        noted(request, "unregistered a phone", person)
        messages.success(request, "Unregistered. Nothing is sent to that phone any more.")
    else:
        messages.info(request, "Nothing to do: that phone is not theirs any more.")
    return redirect("person", person.user_id)


def erased(request: HttpRequest, person: AppUser) -> HttpResponse:
    if request.POST.get("user_id", "").strip() != person.user_id:
        messages.error(request, f"Nothing was erased. Type the id exactly: {person.user_id}")
        return redirect("person", person.user_id)
    persons.erase(person.user_id, timezone.now())
    noted(request, "erased a person", person)
    messages.success(request, "Erased. What was sent stays in the counts, without a name.")
    return redirect("people")


def noted(request: HttpRequest, action: str, person: AppUser) -> None:
    """By number, never by id: the log is for ever, and she may be erased."""
    audit.record(request.user, action, person, {}, address(request), name=f"person no. {person.pk}")
