"""Lists as files: whole, narrowed as on the page, and safe in a spreadsheet."""

import csv
from typing import Any

import pytest
from django.test import Client

from console import csv_files
from devices.models import AppUser
from notifications.models import Notification
from tests.console.staff import client_of
from tests.sending import confirmed, make_draft, make_phones, run_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mia() -> Client:
    return client_of("marketer", "mia")


def rows_of(response: Any) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert response["Content-Disposition"].startswith("attachment;")
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(start):
    assert csv_files.cell(f"{start}1+1") == f"'{start}1+1"


def test_numbers_of_ours_stay_numbers_and_nothing_is_an_empty_cell():
    assert [csv_files.cell(value) for value in (-3, None, "a=b")] == ["-3", "", "a=b"]


def test_the_phones_behind_a_bar_come_whole_and_by_person(mia: Client) -> None:
    make_phones(60)
    make_phones(2, prefix="off", opted_out=True, deliverable=False)
    AppUser.objects.filter(user_id="off-1").update(user_id="=off-1")
    draft = make_draft()
    page = f"/notifications/{draft.uuid}/review/phones/"

    everyone = rows_of(mia.get(page + "export/"))
    out = rows_of(mia.get(page + "export/?why=opted_out"))
    one = rows_of(mia.get(page + "export/?why=opted_out&user=off-0"))
    shown = mia.get(page + "?why=opted_out&user=off-0").content.decode()

    assert len(everyone) == 60
    assert {row["user_id"] for row in out} == {"off-0", "'=off-1"}
    assert [row["user_id"] for row in one] == ["off-0"]
    assert "off-0" in shown
    assert "=off-1" not in shown


def test_recipients_come_with_their_outcomes_narrowed_as_on_the_page(mia: Client, sandbox) -> None:
    make_phones(2)
    make_phones(1, prefix="off", opted_out=True, deliverable=False)
    sent = confirmed()
    run_all()

    every = rows_of(mia.get(f"/notifications/{sent.uuid}/recipients/export/"))
    skipped = rows_of(mia.get(f"/notifications/{sent.uuid}/recipients/export/?outcome=skipped"))

    assert sorted((row["user_id"], row["outcome"], row["reason"]) for row in every) == [
        ("off-0", "skipped", "opted_out"), ("phone-0", "accepted", ""),
        ("phone-1", "accepted", ""),
    ]  # fmt: skip
    assert [row["why"] for row in skipped] == ["Opted out in the app"]


def test_the_list_of_notifications_comes_with_its_numbers(mia: Client, sandbox) -> None:
    make_phones(2)
    confirmed(title="=HYPERLINK(1)")
    run_all()
    make_draft(title="Later")

    every = rows_of(mia.get("/notifications/export/"))
    drafts = rows_of(mia.get("/notifications/export/?tab=drafts"))

    assert [(row["title"], row["accepted"]) for row in every] == [
        ("Later", "0"), ("'=HYPERLINK(1)", "2"),
    ]  # fmt: skip
    assert [row["title"] for row in drafts] == ["Later"]
    assert Notification.objects.count() == 2
