"""Every address of the site, every method it takes, and what each role meets there.

`MATRIX` is the promise. The walk through the resolver fails for an address or a method that is
not in it, so nothing can be added without saying for whom it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.cookies import SimpleCookie
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from devices import keys
from devices.models import Audience, Prompt
from devices.states import KeyKind
from notifications import cards, lifecycle
from notifications.models import Notification, Page, Series, WebhookEndpoint
from notifications.states import NotificationStatus as S
from notifications.timing import rules
from tests.conftest import empty_tables
from tests.console.staff import make_member, signed_in
from tests.factories import make_device, make_user

ROLES = ("viewer", "marketer", "support", "ops", "admin")
KEYS = ("client key", "server key", "key without scopes")
CALLERS = ("anonymous", *ROLES, *KEYS)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

EVERYONE = set(ROLES)
COMPOSERS = {"marketer", "support", "ops", "admin"}
BROADCASTERS = {"marketer", "ops", "admin"}
AUTHOR_OR_OPS = {"marketer", "ops", "admin"}  # the marketer wrote every notification here
OPERATORS = {"ops", "admin"}
ADMIN = {"admin"}
PUBLIC = set(CALLERS)
CLIENTS = {"client key"}
PHONES = {"client key", "server key", "key without scopes"}  # any key at all
READERS = EVERYONE | {"server key"}
SERVERS = {"server key"}


@dataclass(frozen=True)
class Row:
    """Who gets in. `status`: in which state the notification is; `body`: what is posted."""

    route: str
    method: str
    may: set[str]
    status: str = "draft"
    body: dict[str, Any] = field(default_factory=dict)
    to: str = "everyone"
    otherwise: str = ""  # where those outside do not meet what is usual
    address: str = "127.0.0.1"
    staff: bool = False  # an address of the API that also takes sessions of some roles

    def __str__(self) -> str:
        to = "" if self.to == "everyone" else self.to
        away = "" if self.address == "127.0.0.1" else "from elsewhere"
        return " ".join(filter(None, [self.method, f"/{self.route}", to, away]))


def both(route: str, may: set[str], **more: Any) -> list[Row]:
    return [Row(route, "GET", may, **more), Row(route, "POST", may, **more)]


ONE = "notifications/<uuid:uuid>/"
SERIES = "schedule/series/<uuid:uuid>/"
PHRASE = {"phrase": "Send Notification"}
API_ONE = "api/v1/notifications/<uuid:uuid>"
UNTYPED = {"confirm": "no"}
SENDING = UNTYPED | {"review_token": "none"}
MATRIX = [
    # ---- everyone who is signed in looks
    Row("", "GET", EVERYONE),
    Row("overview/live/", "GET", EVERYONE),
    Row("overview/counted/", "GET", EVERYONE),
    Row("notifications/", "GET", EVERYONE),
    Row(ONE, "GET", EVERYONE, "sending"),
    Row(ONE + "progress/", "GET", EVERYONE, "sending"),
    Row("audit/", "GET", EVERYONE),
    Row("audit/export/", "GET", EVERYONE),
    Row("health/", "GET", EVERYONE),
    Row("health/pause-all/", "POST", OPERATORS, body={"phrase": "Pause all sending"}),
    Row("health/resume-all/", "POST", OPERATORS),
    Row("people/", "GET", EVERYONE),
    Row("people/<id:user_id>/", "GET", EVERYONE),
    Row("devices/", "GET", EVERYONE),
    Row("devices/<id:device_id>/", "GET", EVERYONE),
    # ---- audiences
    Row("audiences/", "GET", EVERYONE),
    Row("audiences/count/", "POST", EVERYONE),
    *both("audiences/new/", BROADCASTERS),
    Row("audiences/<int:pk>/", "GET", EVERYONE),
    Row("audiences/<int:pk>/", "POST", BROADCASTERS, body={"do": "clone"}),
    # ---- permission prompts
    Row("prompts/", "GET", EVERYONE),
    *both("prompts/new/", BROADCASTERS),
    Row("prompts/preview/", "POST", BROADCASTERS),
    Row("prompts/<int:pk>/", "GET", EVERYONE),
    *both("prompts/<int:pk>/edit/", BROADCASTERS),
    *both("prompts/<int:pk>/live/", BROADCASTERS),
    Row("prompts/<int:pk>/budget/", "GET", EVERYONE),
    Row("prompts/<int:pk>/export/", "GET", EVERYONE),
    Row("prompts/<int:pk>/pause/", "POST", BROADCASTERS),
    Row("prompts/<int:pk>/archive/", "POST", BROADCASTERS),
    Row("prompts/<int:pk>/duplicate/", "POST", BROADCASTERS),
    # ---- message cards
    Row("cards/", "GET", EVERYONE),
    *both("cards/new/", BROADCASTERS),
    Row("cards/preview/", "POST", BROADCASTERS),
    Row("cards/<str:key>/", "GET", EVERYONE),
    Row("cards/<str:key>/", "POST", BROADCASTERS, body={"do": "archive"}),
    Row("people/<id:user_id>/send/", "GET", COMPOSERS),
    *both("people/<id:user_id>/send/<str:key>/", COMPOSERS),
    *both(ONE + "card/", COMPOSERS, to="card"),
    # ---- triggers
    Row("triggers/", "GET", EVERYONE),
    Row("triggers/try/", "POST", COMPOSERS),
    # ---- compose, test
    *both("notifications/new/", COMPOSERS),
    *both(ONE + "edit/", COMPOSERS),
    Row("notifications/reach/", "POST", COMPOSERS),
    Row("notifications/preview/", "POST", COMPOSERS),
    Row("notifications/languages/", "POST", COMPOSERS),
    Row("notifications/image/", "POST", COMPOSERS),
    Row("notifications/fields/", "GET", COMPOSERS),
    Row("notifications/when/", "GET", COMPOSERS),
    Row(ONE + "review/", "GET", COMPOSERS),
    Row(ONE + "review/person/", "GET", COMPOSERS),
    Row(ONE + "review/phones/", "GET", COMPOSERS),
    Row(ONE + "review/phones/export/", "GET", COMPOSERS),
    Row(ONE + "review/often/", "GET", COMPOSERS),
    Row(ONE + "review/often/", "POST", COMPOSERS),
    Row(ONE + "recipients/export/", "GET", EVERYONE),
    Row("notifications/export/", "GET", EVERYONE),
    Row(ONE + "duplicate/", "POST", COMPOSERS, "sent"),
    # ---- confirm: to everyone, to a few, to more than support may
    Row(ONE + "review/", "POST", BROADCASTERS, body=PHRASE),
    Row(ONE + "review/", "POST", COMPOSERS, body=PHRASE, to="users"),
    Row(ONE + "review/", "POST", BROADCASTERS, body=PHRASE, to="101 users"),
    # ---- the author, or whoever operates
    Row(ONE + "undo/", "POST", AUTHOR_OR_OPS, "scheduled"),
    Row(ONE + "wait/", "POST", AUTHOR_OR_OPS, "scheduled"),
    *both(ONE + "cancel/", AUTHOR_OR_OPS, status="scheduled"),
    Row(ONE + "pause/", "POST", AUTHOR_OR_OPS, "sending"),
    *both(ONE + "stop/", AUTHOR_OR_OPS, status="sending"),
    *both(ONE + "correct/", BROADCASTERS, status="sent"),
    Row(ONE + "resend-unopened/", "POST", COMPOSERS, "sent"),
    # ---- the schedule, and what repeats
    Row("schedule/", "GET", EVERYONE),
    Row(SERIES, "GET", EVERYONE),
    Row(SERIES, "POST", BROADCASTERS, body={"do": "pause"}),
    *both(SERIES + "end/", BROADCASTERS),
    Row(ONE + "series/", "POST", BROADCASTERS, "scheduled"),
    *both(ONE + "reschedule/", OPERATORS, status="held"),
    # ---- after a guard
    Row(ONE + "resume/", "POST", OPERATORS, "paused"),
    *both(ONE + "release/", OPERATORS, status="held"),
    *both(ONE + "resend/", OPERATORS, status="sent"),
    # ---- acting for a person
    Row("people/<id:user_id>/", "POST", COMPOSERS, body={"do": "unregister", "device": "x"}),
    Row("devices/<id:device_id>/", "POST", COMPOSERS, body={"do": "unregister"}),
    Row("devices/<id:device_id>/", "POST", COMPOSERS, body={"do": "test"}),
    # ---- pretend phones: everyone watches, whoever may send tests makes them
    Row("sandbox/", "GET", EVERYONE),
    Row("sandbox/inbox", "GET", EVERYONE),
    Row("sandbox/sign", "POST", COMPOSERS),
    Row("sandbox/state", "POST", COMPOSERS),
    Row("sandbox/test-phone", "POST", COMPOSERS),
    Row("sandbox/later", "POST", COMPOSERS),
    # ---- settings
    *both("devices/import/", OPERATORS),
    Row("settings/", "GET", OPERATORS),
    *both("settings/pages/", OPERATORS),
    *both("settings/pages/<int:pk>/", OPERATORS),
    *both("settings/pages/<int:pk>/delete/", OPERATORS),
    *both("settings/sound/", OPERATORS),
    *both("settings/app/", OPERATORS),
    Row("settings/app/check/", "POST", OPERATORS),
    *both("settings/policy/", OPERATORS),
    *both("settings/waves/", OPERATORS),
    # ---- team and keys
    *both("settings/team/", ADMIN),
    Row("settings/team/<int:pk>/role/", "POST", ADMIN, body={"role": "ops"}),
    Row("settings/team/<int:pk>/deactivate/", "POST", ADMIN),
    Row("settings/team/<int:pk>/activate/", "POST", ADMIN),
    Row("settings/team/<int:pk>/password/", "POST", ADMIN),
    *both("settings/keys/", ADMIN),
    Row("settings/keys/<slug:public_id>/revoke/", "POST", ADMIN),
    *both("settings/webhooks/", ADMIN),
    *both("settings/webhooks/<uuid:uuid>/", ADMIN),
    *(
        Row(f"settings/webhooks/<uuid:uuid>/{verb}/", "POST", ADMIN)
        for verb in ("pause", "resume", "remove", "rotate", "test")
    ),
    Row("settings/identity/", "POST", ADMIN),
    Row("settings/identity/rotate/", "POST", ADMIN),
    Row("settings/identity/retire/", "POST", ADMIN),
    Row("settings/identity/signing/", "POST", ADMIN),
    # ---- one's own
    Row("logout/", "POST", EVERYONE),
    *both("account/password/", EVERYONE),
    # ---- without signing in
    *both("login/", PUBLIC),
    Row("account/theme/", "POST", PUBLIC),
    Row("media/<path:path>", "GET", PUBLIC),
    Row("healthz", "GET", PUBLIC),
    Row("readyz", "GET", PUBLIC),
    Row("metrics", "GET", PUBLIC),
    Row("metrics", "GET", SERVERS, address="203.0.113.9", otherwise="sign in"),
    # ---- the REST API
    Row("api/docs/", "GET", PUBLIC),
    Row("api/docs/<slug:name>/", "GET", PUBLIC),
    Row("api/v1/openapi.json", "GET", PUBLIC),
    Row("api/v1/notifications", "GET", READERS),
    Row("api/v1/notifications/<uuid:uuid>", "GET", READERS, "sent"),
    Row("api/v1/notifications/<uuid:uuid>/deliveries", "GET", READERS, "sent"),
    Row("api/v1/users/<str:user_id>/notifications/<uuid:uuid>/explain", "GET", READERS, "sent"),
    Row("api/v1/notifications/trigger", "POST", SERVERS),
    Row("api/v1/notifications", "POST", COMPOSERS | SERVERS, staff=True),
    Row(API_ONE, "PATCH", COMPOSERS | SERVERS, staff=True),
    Row(API_ONE + "/dry-run", "POST", COMPOSERS | SERVERS, staff=True),
    Row(API_ONE + "/send", "POST", BROADCASTERS | SERVERS, body=SENDING, staff=True),
    Row(API_ONE + "/undo", "POST", AUTHOR_OR_OPS | SERVERS, "scheduled", staff=True),
    Row(API_ONE + "/cancel", "POST", AUTHOR_OR_OPS | SERVERS, "scheduled", staff=True),
    Row(API_ONE + "/pause", "POST", AUTHOR_OR_OPS | SERVERS, "sending", staff=True),
    Row(API_ONE + "/stop", "POST", AUTHOR_OR_OPS | SERVERS, "sending", staff=True),
    Row(API_ONE + "/resume", "POST", OPERATORS, "paused", staff=True),
    Row(API_ONE + "/end-series", "POST", BROADCASTERS | SERVERS, "scheduled", staff=True),
    Row(API_ONE + "/correct", "POST", BROADCASTERS | SERVERS, "sent", UNTYPED, staff=True),
    Row("api/v1/events", "POST", CLIENTS),
    Row("api/v1/images", "POST", SERVERS),
    Row("api/v1/devices/<str:device_id>", "PUT", PHONES, body={"platform": "ios"}),
    Row("api/v1/devices/<str:device_id>", "DELETE", PHONES),
    Row("api/v1/devices/unregister", "POST", PHONES, body={"device_id": "x"}),
    Row("api/v1/devices/<str:device_id>/permission", "GET", PHONES),
    Row("api/v1/devices/<str:device_id>/permission", "POST", PHONES, body={"system": "denied"}),
    Row("api/v1/devices/<str:device_id>/permission/ask", "POST", CLIENTS),
    Row("api/v1/devices/<str:device_id>/opt-out", "POST", PHONES),
    Row("api/v1/devices/<str:device_id>/opt-in", "POST", PHONES),
    Row("api/v1/devices/<str:device_id>/sessions", "POST", CLIENTS, body={"session_id": "s"}),
    Row("api/v1/prompts", "GET", READERS),
    Row("api/v1/prompts", "POST", BROADCASTERS | SERVERS, staff=True),
    Row("api/v1/prompts/<int:pk>", "GET", READERS),
    Row("api/v1/prompts/<int:pk>", "PATCH", BROADCASTERS | SERVERS, staff=True),
    Row("api/v1/prompts/<int:pk>/live", "POST", BROADCASTERS | SERVERS, staff=True),
    Row("api/v1/prompts/<int:pk>/pause", "POST", BROADCASTERS | SERVERS, staff=True),
    Row("api/v1/prompts/<int:pk>/archive", "POST", BROADCASTERS | SERVERS, staff=True),
    Row("api/v1/prompts/<int:pk>/stats", "GET", READERS),
    Row("api/v1/prompts/evaluate", "POST", PHONES),
    Row("api/v1/prompts/events", "POST", CLIENTS),
    Row("api/v1/prompts/<int:pk>/events", "POST", CLIENTS),
    Row("api/v1/audiences", "GET", SERVERS),
    Row("api/v1/audiences", "POST", SERVERS),
    Row("api/v1/audiences/<int:pk>", "GET", SERVERS),
    Row("api/v1/audiences/<int:pk>", "PATCH", SERVERS),
    Row("api/v1/audiences/<int:pk>/members", "POST", SERVERS),
    Row("api/v1/users/bulk", "POST", SERVERS),
    Row("api/v1/users/<str:user_id>", "GET", SERVERS),
    Row("api/v1/users/<str:user_id>", "PUT", SERVERS),
    Row("api/v1/users/<str:user_id>", "DELETE", SERVERS),
]


# ---------------------------------------------------------------- the walk
def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route
        else:
            yield from routes(each, route)


def test_every_address_is_in_the_matrix():
    listed = {row.route for row in MATRIX}
    served = set(routes(get_resolver())) - {"api/v1/"}  # whatever is no address: 404 for all

    assert served - listed == set(), "say in MATRIX who may open these"
    assert listed - served == set(), "these are gone: take them out of MATRIX"


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted({row.route for row in MATRIX}))
def test_an_address_takes_only_the_methods_it_lists(route, world):
    rows = [row for row in MATRIX if row.route == route]
    listed = {row.method for row in rows}
    caller = next(each for each in ("admin", *KEYS) if any(each in row.may for row in rows))

    taken = {
        method
        for method in METHODS
        if world.ask(Row(route, method, set(), "sent"), caller).status_code != 405
    }

    assert taken == listed


@pytest.mark.django_db
@pytest.mark.parametrize("row", MATRIX, ids=str)
def test_each_role_meets_exactly_its_matrix(row, request, world):
    if row.route.startswith("settings/app/"):
        request.getfixturevalue("sandbox")  # this card asks it who we are

    met = {caller: world.meets(row, caller) for caller in CALLERS}

    assert met == {caller: expected(row, caller) for caller in CALLERS}


def expected(row: Row, caller: str) -> str:
    """in, refused (403), or asked to sign in (a redirect for pages, 401 for the API)."""
    if caller in row.may:
        return "in"
    if row.otherwise:
        return row.otherwise
    if row.staff and caller in ROLES:
        return "refused"
    is_api = row.route.startswith("api/")
    if caller == "anonymous" or (caller in KEYS) != is_api:
        return "sign in"
    return "refused"


# ---------------------------------------------------------------- the world it is tried on
@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator["World"]:
    """Made once: `ask` takes back whatever a request did."""
    with django_db_blocker.unblock():
        yield World()
        empty_tables()


class World:
    """Five members of staff, one key of each sort, and one of everything that has an address."""

    def __init__(self) -> None:
        self.staff = {role: make_member(role) for role in ROLES}
        self.client = Client()
        self.sessions = {role: signed_in(self.staff[role]).cookies for role in ROLES}
        scopes = {"client key": None, "server key": keys.SCOPES, "key without scopes": ()}
        self.keys = {
            name: keys.make(
                KeyKind.CLIENT if name in CLIENTS else KeyKind.SERVER, name, scopes[name]
            )
            for name in KEYS
        }
        make_device(make_user("ann"), device_id="phone-1")
        self.page = Page.objects.create(name="Home")
        self.audience = Audience.objects.create(name="All", rules={"version": 1, "all": []})
        self.prompt = Prompt.objects.create(
            name="A prompt", title="Hear of snow", accept_label="Yes", dismiss_label="Not now"
        )
        self.webhook = WebhookEndpoint.objects.create(
            name="CRM", url="http://127.0.0.1:9/", events=["device.invalidated"], secret="x"
        )
        words = {"name": "Ready", "title": "Ready", "body": "It is ready."}
        self.card = cards.create("ready", words, by=self.staff["marketer"])
        rule = rules.Rule(rules.DAY, "UTC", date(2027, 1, 1)).as_json()
        self.series = Series.objects.create(rule=rule, fields={}, revision={})
        self.member = get_user_model().objects.create_user("somebody")

    def ask(self, row: Row, caller: str) -> HttpResponse:
        """One request whose effects are taken back, so that the next caller finds the same."""
        with transaction.atomic():
            answer = self.send(row, caller)
            transaction.set_rollback(True)
        return answer

    def send(self, row: Row, caller: str) -> HttpResponse:
        client = self.client
        client.cookies = SimpleCookie(self.sessions.get(caller))
        headers = {}
        if caller in self.keys:
            headers["Authorization"] = f"Bearer {self.keys[caller].text}"
        body = row.body
        if body is PHRASE:
            return client.post(self.path(row), self.confirmation(row, caller))
        kind = {"content_type": "application/json"} if row.route.startswith("api/v1/") else {}
        send = getattr(client, row.method.lower())
        return send(self.path(row), body, headers=headers, REMOTE_ADDR=row.address, **kind)

    def path(self, row: Row) -> str:
        values = {
            "<uuid:uuid>": self.uuid_of(row) if "<uuid" in row.route else "",
            "<id:user_id>": "ann",
            "<str:user_id>": "ann",
            "<id:device_id>": "phone-1",
            "<str:device_id>": "phone-1",
            "<str:key>": self.card.key,
            "<path:path>": "no-such-picture.png",
            "<slug:name>": "devices",
            "<slug:public_id>": self.keys["client key"].key.public_id,
            "<int:pk>": str(self.numbered(row.route)),
        }
        path = "/" + row.route
        for name, value in values.items():
            path = path.replace(name, value)
        assert "<" not in path, f"give {path} a value in the test's world"
        return path

    def uuid_of(self, row: Row) -> str:
        if "webhooks" in row.route:
            return str(self.webhook.uuid)
        one = self.series if row.route.startswith(SERIES) else self.notification(row)
        return str(one.uuid)

    def numbered(self, route: str) -> int:
        if "prompts" in route:
            return self.prompt.pk
        if "audiences" in route:
            return self.audience.pk
        return self.member.pk if "team" in route else self.page.pk

    def notification(self, row: Row) -> Notification:
        """By the marketer, in the state that the row wants."""
        many = [f"u{n}" for n in range(101)]
        people = {"everyone": [], "card": [], "users": ["ann"], "101 users": many}
        fields: dict[str, Any] = {
            "title": "First snow",
            "body": "Twelve huts have beds.",
            "author": self.staff["marketer"],
            "send_to": "users" if row.to.endswith("users") else "everyone",
            "card": cards.current(self.card) if row.to == "card" else None,
            "recipients": people[row.to],
            "status": row.status,
        }
        if row.status != S.DRAFT:
            fields |= {"revision": {}, "due_at": timezone.now() + timedelta(minutes=5)}
            fields["confirmed_by"] = self.staff["marketer"]
        if row.status == S.PAUSED:
            fields["paused_reason"] = "brake"
        return Notification.objects.create(uuid=uuid4(), **fields)

    def confirmation(self, row: Row, caller: str) -> dict[str, Any]:
        """What the review page would post: the phrase and a token of what was reviewed."""
        draft = Notification.objects.order_by("-pk").first()
        if caller not in COMPOSERS or draft is None:
            return dict(row.body)
        for number in range(101 if row.to == "101 users" else 0):
            make_device(make_user(f"u{number}"))
        found = lifecycle.review(draft, by=self.staff[caller], now=timezone.now())
        ticks = [oddity.code for oddity in found.oddities]
        return {**row.body, "token": found.token, "ticked": ticks}

    def meets(self, row: Row, caller: str) -> str:
        answer = self.ask(row, caller)
        to_sign_in = answer.status_code == 302 and answer.url.startswith("/login/")
        if answer.status_code == 401 or (to_sign_in and row.route != "logout/"):
            return "sign in"
        if to_sign_in:
            return "sign in" if "next=" in answer.url else "in"
        if answer.status_code == 403:
            return "refused"
        assert answer.status_code < 500, answer
        assert answer.status_code != 405, answer
        return "in"
