"""One notification, one address: from draft to report. Tabs are `?tab=`, so each can be linked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from console import exact, halted, read_as, recipients, standing, to_one, verdicts, watching
from console.report import Report, report
from console.views.gate import requires
from devices import preferences
from notifications import images, occurrences, story, tasks
from notifications.fcm.message import MessageInvalid
from notifications.models import Notification, Page
from notifications.revision import texts_of
from notifications.states import NotificationStatus as S

TABS = ("", "recipients", "payload", "timeline")
SIDE_MOMENTS = 6


@require_safe
@requires("view")
def notification(request: HttpRequest, uuid: UUID) -> HttpResponse:
    one, now = found(uuid), timezone.now()
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else ""
    context = frame(request, one, tab, now) | _TAB[tab](request, one, now)
    return render(request, f"console/notification/{tab or 'main'}.html", context)


@require_safe
@requires("view")
def progress(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The part of the first tab that changes by itself, alone: the page asks every few seconds
    until nothing will change any more."""
    now = timezone.now()
    one = watching.version_of(uuid)
    if one.status == S.SCHEDULED and one.due_at is not None and one.due_at <= now:
        tasks.ring(tasks.tick)  # somebody is watching: don't wait for the beat
    seen = watching.seen(one, lambda: looked_at(found(uuid), now))
    context = frame(request, seen.one, "", now, seen) | main(request, seen.one, now, seen)
    return render(request, "console/notification/_live.html", context)


@dataclass(frozen=True, slots=True)
class Seen:
    """What everyone who watches sees, whoever she is."""

    one: Notification
    numbers: Report
    related: list[tuple[str, Notification]]
    moments: list[dict[str, Any]]
    shown: dict[str, Any]


def looked_at(one: Notification, now: datetime) -> Seen:
    return Seen(one, report(one, now), standing.related(one), timeline_of(one), preview(one))


def found(uuid: UUID) -> Notification:
    rows = Notification.objects.select_related(
        "author",
        "confirmed_by",
        "author_key",
        "confirmed_by_key",
        "audience",
        "corrects",
        "resends",
    )
    one: Notification = get_object_or_404(rows, uuid=uuid)
    return one


def frame(
    request: HttpRequest, one: Notification, tab: str, now: datetime, seen: Seen | None = None
) -> dict[str, Any]:
    """Head and tabs, the same on every tab."""
    numbers = seen.numbers if seen else report(one, now)
    return {
        "notification": one,
        "report": numbers,
        "actions": standing.actions(one, request.user, numbers.counts, now),
        "note": halted.note(one, request.user, numbers.counts, numbers.pace),
        "who": standing.who(one),
        "addressee": to_one.only(one),
        "related": seen.related if seen else standing.related(one),
        "tab": tab,
        "tabs": tabs(one, tab, numbers.counts.targeted),
        "now": now,
    }


def tabs(one: Notification, tab: str, targeted: int) -> list[dict[str, Any]]:
    url = one.get_absolute_url()
    named: list[tuple[str, str, int | None]] = [("", standing.heading(one), None)]
    if one.started_at:
        named.append(("recipients", "Recipients", targeted))
    named += [("payload", "Payload", None), ("timeline", "Timeline", None)]
    return [
        {
            "label": label,
            "url": f"{url}?tab={name}" if name else url,
            "active": name == tab,
            "count": count,
        }
        for name, label, count in named
    ]


# ---------------------------------------------------------------- the tabs


def main(
    request: HttpRequest, one: Notification, now: datetime, seen: Seen | None = None
) -> dict[str, Any]:
    moments = seen.moments if seen else timeline_of(one)
    shown = seen.shown if seen else preview(one)
    person = to_one.only(one) if one.started_at else None
    return {
        "answer": verdicts.answer(one, person.user_id, now) if person else None,
        "undo": standing.undo(one, request.user, now),
        "series": occurrences.of(one) if one.wall and not one.started_at else None,
        "poll": standing.poll_seconds(one, now),
        "progress_url": reverse("notification-progress", args=[one.uuid]),
        "moments": moments[:SIDE_MOMENTS],
        "moment_count": len(moments),
        "timeline_url": f"{one.get_absolute_url()}?tab=timeline",
        "payload_url": f"{one.get_absolute_url()}?tab=payload",
        **shown,
    }


def preview(one: Notification) -> dict[str, Any]:
    """What phones show: the frozen revision where there is one."""
    frozen, texts, person = one.revision or {}, texts_of(one), to_one.only(one)
    shown = read_as.reading(texts, person.user_id if person else "")
    page = one.initial_page
    if page and not Page.objects.filter(name=page).exists():
        page = f"{page} (no longer registered)" if one.status == S.DRAFT else page
    return {
        "title": shown.title,
        "body": shown.body,
        "reading": shown,
        "languages": [] if person else read_as.others(texts),
        "image": frozen.get("image") or images.url(one.image) if one.image else "",
        "app_name": preferences.get("app_name"),
        "opens": page,
        "parameters": " · ".join(str(text) for text in one.parameters.values() if text),
    }


def rows(request: HttpRequest, one: Notification, now: datetime) -> dict[str, Any]:
    return recipients.context(request.GET, one, now)


def payload(request: HttpRequest, one: Notification, now: datetime) -> dict[str, Any]:
    """Of the person who is asked for with `?as=`, with her values as they are now."""
    words = texts_of(one)
    shown = read_as.reading(words, request.GET.get("as", ""))
    try:
        texts = [
            (name, icon, exact.text(one, platform, now, shown.person))  # type: ignore[arg-type]
            for name, icon, platform in (
                ("iPhone", "brand-apple", "ios"),
                ("Android", "brand-android", "android"),
            )
        ]
    except MessageInvalid as error:
        return {"texts": [], "invalid": str(error)}
    return {
        "texts": texts, "invalid": "", "frozen": one.revision is not None, "reading": shown,
        "personal": not words.is_plain,
    }  # fmt: skip


def timeline(request: HttpRequest, one: Notification, now: datetime) -> dict[str, Any]:
    return {"moments": timeline_of(one)}


def timeline_of(one: Notification) -> list[dict[str, Any]]:
    tones = {"send": "sig", "circle-check": "ok", "player-stop": "bad", "hand-stop": "warn",
             "player-pause": "warn"}  # fmt: skip
    return [
        {
            "at": moment.at,
            "icon": moment.icon if moment.icon != "point" else "info-circle",
            "tone": tones.get(moment.icon, ""),
            "text": moment.text,
            "note": moment.hint,
        }
        for moment in story.of(one)
    ]


_TAB = {"": main, "recipients": rows, "payload": payload, "timeline": timeline}
