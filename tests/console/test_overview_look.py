"""Overview, the list and the audit log in Chromium: readable for all, and never wider than 320 px."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from notifications import audit
from notifications.models import Batch, Heartbeat, Notification
from notifications.states import NotificationStatus as S
from tests.console.staff import client_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ("/", "/notifications/", "/audit/", "/nowhere/")


@pytest.fixture
def visit(page: Any, live_server: Any) -> Callable[..., Any]:
    """`visit("/", width=390, theme="dark")`, signed in as an admin, with something to see."""
    fill()
    session = client_of("admin").cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )

    def to(path: str, *, width: int = 1280, theme: str = "light") -> Any:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.goto(live_server.url + path)
        return page

    return to


def fill() -> None:
    now = timezone.now()
    confirmed = {"revision": {}, "due_at": now}
    live = Notification.objects.create(
        title="First snow ❄️", status=S.SENDING, started_at=now, planned=100, **confirmed
    )
    Batch.objects.create(
        notification=live,
        kind="range",
        ordinal=1,
        due_at=now,
        counters={"ios": {"targeted": 62, "accepted": 40, "skipped": 20, "unknown": 2}},
    )
    Notification.objects.create(
        title="Held", status=S.HELD, revision={}, due_at=now + timedelta(days=1)
    )
    Notification.objects.create(title="A title so long that it has to wrap " * 5)
    audit.record(None, "paused", live, {"reason": "quota", "sha256": "ab" * 32}, "10.1.2.3")
    Heartbeat.objects.create(name="worker", role="worker", at=now)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_the_pages_are_accessible(
    visit: Callable[..., Any], assert_accessible: Callable[..., None], width: int, theme: str
) -> None:
    for path in PAGES:
        assert_accessible(visit(path, width=width, theme=theme))


@pytest.mark.parametrize("width", [320, 760, 1100])
def test_the_pages_are_never_wider_than_the_screen(visit: Callable[..., Any], width: int) -> None:
    widths = {
        path: visit(path, width=width).evaluate("document.documentElement.scrollWidth")
        for path in PAGES
    }

    assert widths == dict.fromkeys(PAGES, width)


def test_the_live_card_follows_the_send(visit: Callable[..., Any]) -> None:
    page = visit("/")
    assert page.get_by_text("62\u202f%").is_visible()

    Batch.objects.update(
        counters={"ios": {"targeted": 90, "accepted": 68, "skipped": 20, "unknown": 2}}
    )

    page.get_by_text("90\u202f%").wait_for(timeout=10_000)


def test_rows_are_walked_with_j_and_k(visit: Callable[..., Any]) -> None:
    page = visit("/notifications/")

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")

    focused = page.evaluate("document.activeElement.textContent")
    assert focused == page.locator("tbody th a").first.text_content()
