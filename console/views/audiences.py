"""Saved audiences: made, looked into, put away. Everyone looks; who may confirm to everyone
changes."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import audience_words, countries, numbers, phone_words
from console.forms import audience_rows
from console.forms import audiences as builders
from console.templatetags.beckon import kb
from console.typed import whole
from console.uploads import TooLargeFile
from console.views.gate import address, requires
from devices import audiences, counting
from devices.audiences import keeping, lists
from devices.models import AppUser, Audience
from notifications import access, audit
from notifications.images import UPLOAD_MAX_BYTES
from notifications.models import Notification

ROW_BUTTONS = ("add_condition", "remove_condition", "redraw")
LINES_SHOWN = 100
FEW = 20  # audiences of a small installation, counted while one looks
READY = {
    "iphone": (
        "Everyone on iPhone",
        "Whoever has an active iPhone.",
        {"version": 1, "all": [{"field": "platform", "op": "is", "value": "ios"}]},
    ),
    "inactive": (
        "Inactive for 30 days",
        "Whoever the app has not seen for 30 days.",
        {"version": 1, "all": [{"field": "last_seen", "op": "not_in_last", "value": 30}]},
    ),
    "new": (
        "New this week",
        "Whoever registered in the last 7 days.",
        {"version": 1, "all": [{"field": "registered", "op": "in_last", "value": 7}]},
    ),
}


@dataclass(frozen=True, slots=True)
class Ready:
    key: str
    name: str
    description: str


def ready() -> list[Ready]:
    return [Ready(key, name, words) for key, (name, words, _) in READY.items()]


@require_safe
@requires("view")
def index(request: HttpRequest) -> HttpResponse:
    """Counted at once where that is quick; else on demand: many audiences would count for long."""
    archived = "archived" in request.GET
    found = Audience.objects.filter(archived_at__isnull=not archived)
    rows = found.annotate(uses=Count("notifications", distinct=True))
    context = {
        "audiences": [audience_words.described(one) for one in rows],
        "archived": archived,
        "count_at_once": len(rows) <= FEW and numbers.has_few_phones(),
        "any_archived": Audience.objects.exclude(archived_at=None).exists(),
        "ready": ready(),
        "may_change": access.allowed(request.user, "audiences"),
    }
    return render(request, "console/audiences.html", context)


@require_http_methods(["GET", "POST"])
@requires("audiences")
def new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return posted(request, None)
    builder = builders.Builder()
    if chosen := READY.get(request.GET.get("from", "")):
        name, words, rules = chosen
        builder = builders.of_audience(Audience(name=name, description=words, rules=rules))
    if request.GET.get("kind") == "list":
        builder.kind = "list"
    return drawn(request, None, builder)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("view")
def one(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Audience, pk=pk)
    if request.method == "POST":
        access.check(request.user, "audiences")
        return acted(request, found)
    return drawn(request, found, builders.of_audience(found))


@require_POST
@requires("view")
def count(request: HttpRequest) -> HttpResponse:
    """The live figure: of a saved audience by its number, or of the rules as typed."""
    context: dict[str, Any] = {"counted_at": timezone.now()}
    saved = whole(request.POST.get("audience", ""))
    if saved is not None:
        context["people"] = audiences.count(get_object_or_404(Audience, pk=saved))
        return render(request, "console/audiences/_count.html", context)
    builder = builders.of_post(request.POST)
    try:
        rules = audiences.check(builder.rules)
    except ValidationError as error:
        context["unfinished"] = "" if any(r.is_blank for r in builder.rows) else error.messages[0]
        return render(request, "console/audiences/_count.html", context)
    context["people"] = counting.count(audiences.those(rules))
    context["words"] = audience_words.described(Audience(rules=rules))
    context["everyone"] = AppUser.objects.count() if numbers.has_few_phones() else 0
    return render(request, "console/audiences/_count.html", context)


# ---------------------------------------------------------------- the page


def drawn(
    request: HttpRequest,
    audience: Audience | None,
    builder: builders.Builder,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    may = access.allowed(request.user, "audiences")
    others = Audience.objects.exclude(pk=audience.pk) if audience else Audience.objects.all()
    context: dict[str, Any] = {
        "audience": audience,
        "form": builder,
        "may_change": may and not (audience and audience.archived_at),
        "may_manage": may,
        "fields": audience_rows.field_choices(),
        "types": audience_rows.TYPES,
        "countries": countries.names(),
        "groups": builders.GROUPS,
        "others": others,
        "attributes": audiences.known_names() if may else [],
        "recent": Notification.objects.exclude(started_at=None).order_by("-pk")[:50],
    }
    if audience is not None:
        context |= inside(request, audience)
    return render(request, "console/audience.html", context | more, status=status)


def inside(request: HttpRequest, audience: Audience) -> dict[str, Any]:
    """Who is in it now, and who uses it."""
    asked = request.GET.get("user_id", "").strip().removeprefix("users/")
    asked = asked.replace("\x00", "")[:128]
    using = Notification.objects.filter(Q(audience=audience) | Q(exclude_audience=audience))
    context: dict[str, Any] = {
        "words": audience_words.described(audience),
        "sample": [(p, phone_words.display_name(p)) for p in audiences.sample(audience)],
        "uses": using.order_by("-pk")[:10],
        "excluded_by": keeping.excluded_by(audience),
        "is_list": audiences.is_list(audience),
        "asked": asked,
    }
    if asked:
        known = AppUser.objects.filter(user_id=asked).exists()
        context["verdict"] = known and audiences.contains(audience, asked)
        context["unknown"] = not known
    if context["is_list"]:
        context["members"] = audience.members.count()
    return context


# ---------------------------------------------------------------- deeds


def acted(request: HttpRequest, audience: Audience) -> HttpResponse:
    deed = request.POST.get("do", "save")
    deeds = {"archive": archived, "restore": restored, "clone": cloned, "people": named}
    try:
        return deeds[deed](request, audience) if deed in deeds else posted(request, audience)
    except keeping.Archived as late:
        messages.warning(request, str(late))
        return redirect("audience", audience.pk)


def posted(request: HttpRequest, audience: Audience | None) -> HttpResponse:
    builder = builders.of_post(request.POST)
    if any(button in request.POST for button in ROW_BUTTONS):
        builder = builders.redrawn(builder, request.POST)
        focus = "add" if "remove_condition" in request.POST else len(builder.rows) - 1
        more: dict[str, Any] = {} if "redraw" in request.POST else {"focus": focus}
        answer = drawn(request, audience, builder, **more)
        answer.headers["HX-Trigger-After-Settle"] = "redrawn"  # the figure is asked anew
        return answer
    try:
        saved = save(request, audience, builder)
    except ValidationError as error:
        builder.refuse(error.message_dict)
        return drawn(request, audience, builder, status=422, refused=True)
    messages.success(request, f"Saved {saved.name}.")
    return redirect("audience", saved.pk)


@transaction.atomic
def save(request: HttpRequest, audience: Audience | None, builder: builders.Builder) -> Audience:
    parts: dict[str, Any] = {
        "name": builder.name,
        "description": builder.description,
        "rules": builder.rules,
    }
    if audience is None:
        made = keeping.create(**parts, by=request.user)
        noted(request, "made an audience", made, {"rules": made.rules})
        return made
    before = {"name": audience.name, "rules": audience.rules}
    kept = keeping.change(audience, **parts)
    after = {"name": kept.name, "rules": kept.rules}
    noted(request, "changed an audience", kept, {"before": before, "after": after})
    return kept


def noted(request: HttpRequest, action: str, audience: Audience, facts: dict[str, Any]) -> None:
    audit.record(request.user, action, audience, facts, address(request))


@transaction.atomic
def archived(request: HttpRequest, audience: Audience) -> HttpResponse:
    keeping.archive(audience)
    noted(request, "archived an audience", audience, {})
    messages.success(request, "Archived. Nothing can be sent to it until it is restored.")
    return redirect("audiences")


@transaction.atomic
def restored(request: HttpRequest, audience: Audience) -> HttpResponse:
    keeping.restore(audience)
    noted(request, "restored an audience", audience, {})
    messages.success(request, "Restored. Compose offers it again.")
    return redirect("audience", audience.pk)


@transaction.atomic
def cloned(request: HttpRequest, audience: Audience) -> HttpResponse:
    copy = keeping.clone(audience, by=request.user)
    noted(request, "cloned an audience", copy, {"of": audience.pk})
    messages.success(request, f"This is {copy.name}, one of its own.")
    return redirect("audience", copy.pk)


def named(request: HttpRequest, audience: Audience) -> HttpResponse:
    """Pasted ids or a CSV go onto the list; or one person is taken off."""
    if not audiences.is_list(audience):
        messages.error(request, "Nobody was added: the rules of this audience choose its people.")
        return redirect("audience", audience.pk)
    if gone := request.POST.get("remove", ""):
        removed = keeping.remove(audience, keeping.known([gone]).values())
        noted(request, "took people off an audience", audience, {"people": removed})
        messages.success(request, f"Taken off: {removed}.")
        return redirect("audience", audience.pk)
    file = request.FILES.get("file")
    builder = builders.of_audience(audience)
    if isinstance(file, TooLargeFile):
        told = (
            f"{kb(file.size)} is more than {kb(UPLOAD_MAX_BYTES)}. Import it on the server: "
            f"python manage.py import_audience {audience.pk} FILE"
        )
        return drawn(request, audience, builder, status=422, people_error=told)
    lines = file if file else pasted(request.POST.get("people", ""))
    troubles: list[tuple[int, str]] = []

    def told_of(number: int, sentence: str) -> None:
        if len(troubles) < LINES_SHOWN:
            troubles.append((number, sentence))

    report = lists.run(audience, lines, told_of)
    noted(request, "added people to an audience", audience, {"added": report.added})
    audience.refresh_from_db()
    return drawn(request, audience, builder, report=report, troubles=troubles)


def pasted(text: str) -> list[bytes]:
    """Ids by line, comma or space."""
    return [one.encode("utf-8", "replace") for one in text.replace(",", " ").split()]
