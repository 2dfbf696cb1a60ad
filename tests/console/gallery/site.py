"""A site of one page: every partial with sample values, in the real frame. Not in the product."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from console.context import PLACES
from console.views.viewer import theme

PAGE = Path(__file__).parent / "gallery.html"
NOON = datetime(2026, 11, 24, 8, 30, 10, tzinfo=UTC)
OUTCOMES = [
    {
        "kind": "accepted",
        "label": "Accepted",
        "count": 27904,
        "url": "#a",
        "note": "Google took it",
    },
    {
        "kind": "skipped",
        "label": "Skipped",
        "count": 9402,
        "url": "#b",
        "note": "5 reasons, on purpose",
    },
    {
        "kind": "rejected",
        "label": "Rejected",
        "count": 388,
        "url": "#c",
        "note": "All: app removed",
    },
    {
        "kind": "unknown",
        "label": "Unknown",
        "count": 24,
        "url": "#d",
        "note": "No answer came back",
    },
    {"kind": "retry", "label": "Waiting for retry", "count": 400, "note": "Next try in 0:41"},
    {"kind": "rest", "label": "Not yet", "count": 23362, "note": "In the last batches"},
]
REACH = [
    {"kind": "granted", "label": "Allowed", "count": 44182, "note": "ring with sound"},
    {"kind": "provisional", "label": "Quietly", "count": 2310, "note": "iPhone, no banner"},
    {"kind": "should_request", "label": "Not asked yet", "count": 3207, "note": "an ask is left"},
    {
        "kind": "denied",
        "label": "Off in Settings",
        "count": 8914,
        "note": "only they can change it",
    },
    {"kind": "opted_out", "label": "Opted out", "count": 1846, "note": "in the app"},
    {"kind": "app_removed", "label": "App removed", "count": 1021, "note": "retired"},
]
FALL = [
    {"kind": "from", "label": "Their phones", "note": "1.28 each, all registered", "count": 61480},
    {
        "kind": "minus",
        "label": "Notifications are off",
        "note": "In the phone’s own Settings",
        "count": 8914,
        "url": "#e",
    },
    {
        "kind": "minus",
        "label": "Never asked for permission",
        "count": 3207,
        "look": "retry",
        "url": "#f",
    },
    {"kind": "minus", "label": "Opted out in the app", "count": 1846, "look": "unknown"},
    {"kind": "minus", "label": "App removed", "count": 1021, "look": "rejected"},
    {"kind": "minus", "label": "Left out by you", "count": 470},
    {
        "kind": "total",
        "label": "Will be sent",
        "note": "2 310 of them quietly",
        "count": 46022,
        "url": "#g",
    },
]
BODY = "12 huts still have beds for 27–29 November. Book by Thursday and breakfast is on us."


class Sample(forms.Form):
    title = forms.CharField(label="Title", initial="First snow weekend at Sarnalp ❄️")
    text = forms.CharField(label="Text", widget=forms.Textarea(attrs={"rows": 3}), initial=BODY)
    hut = forms.CharField(label="hut", initial="huts/sarnalp-upper", help_text="A document path.")
    page = forms.ChoiceField(
        label="Initial page", choices=[("", "Home (default)"), ("h", "HutDetail")]
    )
    send_to = forms.ChoiceField(
        label="Send to",
        widget=forms.RadioSelect,
        initial="everyone",
        choices=[
            ("everyone", "Everyone"),
            ("users", "Specific users"),
            ("audience", "Saved audience"),
        ],
    )
    target_os = forms.ChoiceField(
        label="Target OS",
        widget=forms.RadioSelect,
        initial="all",
        choices=[("all", "All"), ("android", "Android"), ("ios", "iOS")],
    )
    sound = forms.BooleanField(label="Deliver with sound", initial=True, required=False)
    batch = forms.BooleanField(label="Batch notifications", initial=True, required=False)
    phrase = forms.CharField(label="Type “Send Notification” to confirm")


@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    request.user = User(username="priya", first_name="Priya", last_name="Raman", is_superuser=True)
    wrong = Sample({"hut": "huts", "send_to": "everyone"})
    wrong.is_valid()
    page = engines["django"].from_string(PAGE.read_text())
    return HttpResponse(page.render(samples() | {"form": Sample(), "wrong": wrong}, request))


def samples() -> dict[str, Any]:
    return {
        "noon": NOON,
        "body": BODY,
        "outcomes": OUTCOMES,
        "reach": REACH,
        "fall": FALL,
        "statuses": [
            "draft",
            "awaiting_approval",
            "scheduled",
            "held",
            "sending",
            "paused",
            "sent",
            "sent_with_failures",
            "failed",
            "stopped",
            "cancelled",
        ],
        "results": [
            "waiting",
            "accepted",
            "received",
            "opened",
            "skipped",
            "rejected",
            "unknown",
            "expired",
            "stopped",
        ],
        "permissions": [
            "granted",
            "provisional",
            "should_request",
            "denied",
            "opted_out",
            "app_removed",
        ],
        "ticks": [
            {"at": 30.6, "label": "Android, closed", "over": True},
            {"at": 81.2, "label": "iPhone lock screen"},
        ],
        "crumbs": [{"label": "Notifications", "url": "#"}, {"label": "n-20761", "mono": True}],
        "tabs": [
            {"label": "Live", "url": "#", "active": True},
            {"label": "Recipients", "url": "#", "count": 61480},
        ],
        "events": [
            {
                "at": NOON,
                "icon": "send",
                "tone": "sig",
                "text": "Sending started.",
                "note": "10 s undo window passed.",
            },
            {
                "time": "12 Nov",
                "icon": "bell-off",
                "tone": "bad",
                "text": "Notifications switched off",
            },
        ],
        "facts": [
            {"term": "Starts", "text": "Now, after 10 s to undo"},
            {"term": "Phones", "number": 46022, "url": "#"},
            {"term": "Confirmed", "when": NOON},
            {"term": "Status", "pill": "sending"},
        ],
        "columns": [
            {"label": "Notification"},
            {"label": "Status"},
            {"label": "When"},
            {"label": "Targeted", "right": True},
        ],
        "rows": [
            [
                {"text": "First snow weekend", "url": "#", "full": True, "first": True},
                {"pill": "sent"},
                {"when": NOON},
                {"number": 61480},
            ],
            [
                {"text": "Ski bus adds two stops", "url": "#", "full": True, "first": True},
                {"pill": "held"},
                {"when": NOON},
                {"number": 1204},
            ],
        ],
        "hints": {
            "everyone": "48 210 people",
            "users": "By id, or paste a list",
            "audience": "Rules you named",
        },
        "os_icons": {"android": "brand-android", "ios": "brand-apple"},
    }


@login_not_required
def elsewhere(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a pipe burst")


urlpatterns = [
    path("broken/", broken),
    path("gallery/", gallery),
    path("theme/", theme, name="theme"),
    path("logout/", elsewhere, name="logout"),
    path("compose/", elsewhere, name="compose"),
    path("", elsewhere, name="overview"),
    *(path(f"{place.url_name}/", elsewhere, name=place.url_name) for place in PLACES[1:]),
]
