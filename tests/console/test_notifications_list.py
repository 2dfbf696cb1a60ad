"""The list of notifications: tabs and filters in the address, onwards page by page."""

from typing import Any

import pytest
from django.utils import timezone

from notifications.models import Batch, Notification
from notifications.states import NotificationStatus as S
from tests.console.staff import client_of, make_member, signed_in

pytestmark = pytest.mark.django_db


def make_notification(title: str, status: str = S.DRAFT, **fields: Any) -> Notification:
    frozen = {} if status == S.DRAFT else {"revision": {}, "due_at": timezone.now()}
    return Notification.objects.create(title=title, status=status, **frozen | fields)


def page_of(query: str = "", role: str = "viewer") -> str:
    return client_of(role).get(f"/notifications/{query}").content.decode()


def test_it_wants_a_sign_in(client: Any) -> None:
    assert client.get("/notifications/").url.startswith("/login/")


def test_it_is_only_read() -> None:
    assert client_of("admin").post("/notifications/").status_code == 405


def test_an_empty_list_says_what_to_do() -> None:
    page = page_of(role="marketer")

    assert "No notifications yet" in page
    assert "Write one, look at it on both phones" in page


def test_newest_first_with_its_numbers() -> None:
    make_notification("Older")
    sent = make_notification("Newer", S.SENT, started_at=timezone.now(), planned=10)
    Batch.objects.create(
        notification=sent,
        kind="range",
        ordinal=1,
        due_at=timezone.now(),
        counters={"ios": {"targeted": 1234, "accepted": 1200, "rejected": 4, "dead_token": 30}},
        opened_ios=99,
    )

    page = page_of()

    assert page.index("Newer") < page.index("Older")
    assert "1\u202f234</td>" in page
    assert "34 rejected</a>" in page
    assert ">99</td>" in page


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("", {"Draft one", "Due one", "Held one", "Live one", "Paused one", "Sent one", "Off one"}),
        ("drafts", {"Draft one"}),
        ("scheduled", {"Due one", "Held one"}),
        ("live", {"Live one", "Paused one"}),
        ("sent", {"Sent one"}),
        ("stopped", {"Off one"}),
        ("nonsense", {"Draft one", "Due one", "Held one", "Live one", "Paused one", "Sent one", "Off one"}),
    ],
)  # fmt: skip
def test_tabs_part_the_list_by_status(tab: str, shown: set[str]) -> None:
    titles = {
        "Draft one": S.DRAFT,
        "Due one": S.SCHEDULED,
        "Held one": S.HELD,
        "Live one": S.SENDING,
        "Paused one": S.PAUSED,
        "Sent one": S.SENT,
        "Off one": S.CANCELLED,
    }
    for title, status in titles.items():
        make_notification(title, status)

    page = page_of(f"?tab={tab}")

    assert {title for title in titles if title in page} == shown


def test_triggers_and_tests_show_only_when_asked_for() -> None:
    make_notification("Broadcast one")
    make_notification("Test one", kind="test")

    assert "Test one" not in page_of()
    assert "Test one" in page_of("?kind=test", "support")
    assert "Broadcast one" in page_of("?kind=all", "marketer")


def test_the_title_is_searched() -> None:
    make_notification("First snow")
    make_notification("Ski bus")

    page = page_of("?q=SNOW")

    assert "First snow" in page
    assert "Ski bus" not in page


def test_filters_that_fit_nothing_can_be_cleared() -> None:
    make_notification("First snow")

    page = page_of("?q=lava&tab=drafts")

    assert "Nothing fits these filters" in page
    assert '<a class="btn" href="/notifications/?tab=drafts">' in page


def test_only_mine_are_mine() -> None:
    mia = make_member("marketer", "mia")
    make_notification("Hers", author=mia)
    make_notification("Another’s")

    page = signed_in(mia).get("/notifications/?by=me").content.decode()

    assert "Hers" in page
    assert "Another’s" not in page


def test_pages_follow_each_other_without_a_gap() -> None:
    for number in range(30):
        make_notification(f"Number {number:02}")
    client = client_of("viewer")

    first = client.get("/notifications/")
    following = first.context["next_url"]
    second = client.get(following)

    seen = [str(row.notification) for row in [*first.context["rows"], *second.context["rows"]]]
    assert seen == [f"Number {number:02}" for number in reversed(range(30))]
    assert second.context["next_url"] == ""
    assert second.context["first_url"] == "/notifications/"


@pytest.mark.parametrize("cursor", ["x", "-1", "²", "9" * 30, "1e3"])
def test_a_broken_cursor_is_no_cursor(cursor: str) -> None:
    make_notification("First snow")

    assert "First snow" in page_of(f"?cursor={cursor}")


def test_markup_in_a_title_is_text() -> None:
    make_notification("<script>alert(1)</script>")

    page = page_of()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("many", [3, 20])
def test_more_rows_mean_no_more_queries(many: int, django_assert_max_num_queries: Any) -> None:
    client = client_of("viewer")
    author = make_member("marketer")
    for number in range(many):
        make_notification(f"Number {number}", author=author)
    client.get("/notifications/")

    with django_assert_max_num_queries(10):
        client.get("/notifications/")


@pytest.mark.parametrize(
    "path", ["/notifications/?q=a%00", "/audit/?who=%00&action=%00&object=%00"]
)
def test_nul_in_a_filter_breaks_nothing(path):
    assert client_of("viewer").get(path).status_code == 200
