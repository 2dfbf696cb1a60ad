"""The frame: where the rail leads, and for whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.cache import cache
from django.test import RequestFactory
from django.utils import timezone

from console import context
from notifications.models import Heartbeat, Notification
from notifications.states import NotificationStatus

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.console.gallery.site")]


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


def request_of(role: str = "", path: str = "/") -> Any:
    request = RequestFactory().get(path)
    request.user = AnonymousUser()
    if role:
        request.user = User.objects.create_user(f"{role}-person")
        request.user.groups.add(Group.objects.get(name=role))
    return request


def labels(role: str) -> list[str]:
    return [item.label for item in context.nav(request_of(role))]


def test_an_admin_sees_every_place() -> None:
    assert labels("admin") == [place.label for place in context.PLACES]


def test_what_a_role_may_not_use_is_absent() -> None:
    assert set(labels("admin")) - set(labels("marketer")) == {"Settings"}


@pytest.mark.urls("django.contrib.auth.urls")
def test_a_place_without_a_page_is_absent() -> None:
    assert labels("admin") == []


def test_the_sandbox_is_offered_only_while_in_use(settings: Any) -> None:
    settings.FCM_BASE_URL = settings.GOOGLE_URL
    settings.FIREBASE_CREDENTIALS = "/run/key.json"

    assert "Sandbox" not in labels("admin")


@pytest.mark.parametrize(
    ("path", "active"),
    [("/", "Overview"), ("/people/", "People"), ("/people/hanna.k/", "People"), ("/gallery/", "")],
)
def test_the_page_lights_up_its_place(path: str, active: str) -> None:
    lit = [item.label for item in context.nav(request_of("admin", path)) if item.active]

    assert lit == ([active] if active else [])


def test_only_those_who_compose_are_offered_compose() -> None:
    assert context.compose_url(request_of("marketer")) == "/compose/"
    assert context.compose_url(request_of("viewer")) == ""


def test_the_live_count_is_a_badge() -> None:
    confirmed = {"revision": {}, "due_at": timezone.now()}
    Notification.objects.create(title="Snow", status=NotificationStatus.SENDING, **confirmed)
    Notification.objects.create(title="Ice", status=NotificationStatus.SENT, **confirmed)

    badges = {item.label: item.badge for item in context.nav(request_of("viewer"))}

    assert badges["Notifications"] == "1 live"
    assert badges["Overview"] == ""


def test_the_newest_worker_is_the_pulse() -> None:
    now = timezone.now()
    Heartbeat.objects.create(name="a", role="worker-bulk", at=now - timedelta(seconds=90))
    Heartbeat.objects.create(name="b", role="worker-trigger", at=now - timedelta(seconds=2))
    Heartbeat.objects.create(name="c", role="beat", at=now)

    pulse = context.heartbeat()

    assert pulse.alive
    assert 2 <= pulse.seconds < 60


def test_a_silent_worker_is_called_silent() -> None:
    assert context.heartbeat() == context.Pulse(at=None, seconds=0, alive=False)
    cache.clear()
    Heartbeat.objects.create(
        name="a", role="worker", at=timezone.now() - timedelta(seconds=context.SILENT_SECONDS + 5)
    )

    assert not context.heartbeat().alive


def test_the_frame_asks_the_database_at_most_once_in_a_while(
    django_assert_num_queries: Any,
) -> None:
    request = request_of("viewer")
    request.user.get_all_permissions()

    with django_assert_num_queries(0):
        frame = context.shell(request)
    with django_assert_num_queries(2):
        list(frame["nav"]), str(frame["heartbeat"])
    with django_assert_num_queries(0):
        again = context.shell(request)
        list(again["nav"]), str(again["heartbeat"])


def test_the_theme_is_the_cookies(client: Any) -> None:
    reply = client.post("/theme/", {"theme": "dark", "next": "/people/"})

    assert (reply.status_code, reply.url) == (302, "/people/")
    assert reply.cookies["theme"].value == "dark"


def test_auto_forgets_the_theme(client: Any) -> None:
    reply = client.post("/theme/", {"theme": "auto"})

    assert reply.cookies["theme"]["max-age"] == 0


def test_the_way_back_stays_on_this_site(client: Any) -> None:
    assert client.post("/theme/", {"next": "https://evil.example/"}).url == "/"


def test_the_theme_is_only_posted(client: Any) -> None:
    assert client.get("/theme/").status_code == 405
