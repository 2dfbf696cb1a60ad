"""A send with a date: composed, seen in the schedule, edited, cancelled; another goes by itself."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.installation import Installation
from tests.journeys.test_compose import accepted, uuid_of

pytestmark = pytest.mark.slow
VIENNA = ZoneInfo("Europe/Vienna")


def compose(page: Page, beckon: Installation, title: str, day: str) -> str:
    page.goto(f"{beckon.url}/notifications/new/")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text").fill("12 huts still have beds.")
    page.get_by_role("radio", name="At a time").check()
    page.get_by_label("Date", exact=True).fill(day)
    page.get_by_label("Time", exact=True).fill("09:00")
    page.get_by_label("Clock", exact=True).select_option("Europe/Vienna")
    expect(page.locator("#moment")).to_contain_text("09:00 Europe/Vienna (UTC+")
    return confirm(page)


def confirm(page: Page) -> str:
    page.get_by_role("button", name="Review").click()
    page.wait_for_url("**/review/")
    page.get_by_label("Type “Send Notification” to confirm").fill("Send Notification")
    page.get_by_role("button", name="Send Notification").click()
    page.wait_for_url(re.compile(r"/notifications/[0-9a-f-]{36}/$"))
    expect(page.locator(".pill").filter(has_text="Scheduled").first).to_be_visible()
    return uuid_of(page)


def test_a_date_is_kept_edited_and_cancelled_and_another_goes_by_itself(
    signed_in: Page, live_beckon: Installation, assert_accessible: Any
) -> None:
    page, beckon = signed_in, live_beckon
    beckon.manage("demo", "--users", "20", "--devices", "26")
    day = (datetime.now(VIENNA) + timedelta(days=1)).date().isoformat()

    # ---- tomorrow at nine, in the schedule
    uuid = compose(page, beckon, "Ski bus adds two stops", day)
    page.goto(f"{beckon.url}/schedule/?week={day}")
    expect(page.get_by_role("group", name=re.compile("Week of"))).to_contain_text("Ski bus")
    assert_accessible(page)

    # ---- edited: a draft again, confirmed anew
    page.get_by_role("link", name="Edit Ski bus adds two stops").click()
    page.get_by_role("button", name="Take back and edit").click()
    expect(page.get_by_label("Time", exact=True)).to_have_value("09:00")
    page.get_by_label("Time", exact=True).fill("09:07")
    assert confirm(page) == uuid

    # ---- cancelled
    page.goto(f"{beckon.url}/schedule/")
    page.get_by_role("link", name="Cancel Ski bus adds two stops").click()
    page.get_by_role("button", name="Cancel it").click()
    expect(page.locator(".pill").filter(has_text="Cancelled").first).to_be_visible()

    # ---- another one, whose time comes
    uuid = compose(page, beckon, "Last beds this weekend", day)
    beckon.manage(
        "shell", "-c",
        "from datetime import timedelta; from django.utils import timezone; "
        "from notifications.models import Notification as N; "
        f"N.objects.filter(uuid='{uuid}').update(due_at=timezone.now() + timedelta(seconds=1), "
        "wall='')",
    )  # fmt: skip
    expect(page.locator(".pill").filter(has_text="Sent").first).to_be_visible(timeout=60_000)
    assert len(accepted(beckon, uuid)) > 0
