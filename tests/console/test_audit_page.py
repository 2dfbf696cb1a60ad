"""The audit log as a page and as a file."""

import csv
import io
from typing import Any

import pytest

from notifications import audit
from notifications.models import Notification
from tests.console.staff import client_of, make_member

pytestmark = pytest.mark.django_db


def page_of(query: str = "") -> str:
    return client_of("viewer").get(f"/audit/{query}").content.decode()


def rows_of(query: str = "") -> list[list[str]]:
    reply = client_of("viewer").get(f"/audit/export/{query}")
    text = b"".join(reply.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_it_wants_a_sign_in(client: Any) -> None:
    assert client.get("/audit/").url.startswith("/login/")
    assert client.get("/audit/export/").url.startswith("/login/")


def test_it_is_only_read() -> None:
    client = client_of("admin")

    assert client.post("/audit/").status_code == 405
    assert client.post("/audit/export/").status_code == 405


def test_an_empty_log_says_what_will_stand_there() -> None:
    assert "Nothing happened yet" in page_of()


def test_who_did_what_to_which_object_newest_first() -> None:
    mia = make_member("marketer", "mia")
    snow = Notification.objects.create(title="First snow")
    audit.record(mia, "composed", snow)
    audit.record(mia, "confirmed", snow, {"phones": 46022, "sha256": "ab" * 32}, "10.1.2.3")

    page = page_of()

    assert page.index("Confirmed") < page.index("Composed")
    assert f'<a href="{snow.get_absolute_url()}">First snow</a>' in page
    assert "46\u202f022" in page
    assert "abababababab…" in page
    assert "10.1.2.3" in page


def test_times_in_facts_are_in_words() -> None:
    audit.record(None, "held", facts={"due_at": "2026-11-24T08:30:00+00:00", "late": True})

    page = page_of()

    assert "Tue 24 Nov 2026, 08:30 UTC" in page
    assert ">yes<" in page


def test_filters_narrow_it() -> None:
    mia = make_member("marketer", "mia")
    snow = Notification.objects.create(title="First snow")
    audit.record(mia, "composed", snow)
    audit.record(None, "paused", name="Ski bus")

    assert "Ski bus" not in page_of("?who=MIA")
    assert "First snow" not in client_of("ops").get("/audit/?action=pause").content.decode()
    by_object = client_of("support").get(f"/audit/?object={snow.uuid}").content.decode()
    assert "First snow" in by_object
    assert "Ski bus" not in by_object


def test_filters_that_fit_nothing_can_be_cleared() -> None:
    assert "Nothing fits these filters" in page_of("?who=nobody")


def test_pages_follow_each_other_without_a_gap() -> None:
    for number in range(60):
        audit.record(None, "paused", name=f"Number {number:02}")
    client = client_of("viewer")

    first = client.get("/audit/?who=beckon")
    second = client.get(first.context["next_url"])

    seen = [row.entry.object_name for row in [*first.context["rows"], *second.context["rows"]]]
    assert seen == [f"Number {number:02}" for number in reversed(range(60))]
    assert second.context["next_url"] == ""


def test_the_file_has_every_column() -> None:
    audit.record(None, "paused", facts={"reason": "quota"}, name="Ski bus")

    head, line = rows_of()

    assert head == ["at", "who", "action", "object_type", "object_id", "object_name", "ip", "facts"]
    assert line[1:] == ["Beckon", "paused", "", "", "Ski bus", "", '{"reason": "quota"}']


def test_a_spreadsheet_takes_no_title_for_a_formula() -> None:
    audit.record(None, "paused", name="=HYPERLINK(1)")

    assert rows_of()[1][5] == "'=HYPERLINK(1)"


def test_an_object_without_a_page_is_only_named() -> None:
    audit.record(None, "changed settings", name="<b>Policy</b>")

    assert "<b>&lt;b&gt;Policy&lt;/b&gt;</b>" in page_of()


@pytest.mark.parametrize("cursor", ["x", "-1", "²", "9" * 30])
def test_a_broken_cursor_is_no_cursor(cursor: str) -> None:
    audit.record(None, "paused", name="Ski bus")

    assert "Ski bus" in page_of(f"?cursor={cursor}")


def test_more_rows_mean_no_more_queries(django_assert_max_num_queries: Any) -> None:
    client = client_of("viewer")
    for number in range(40):
        audit.record(None, "paused", name=f"Number {number}")
    client.get("/audit/")

    with django_assert_max_num_queries(8):
        client.get("/audit/")
