"""One notification's page, watched in real Chromium while it lives."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.installation import Installation

pytestmark = pytest.mark.slow
SEED = """
from datetime import timedelta
from django.utils import timezone
from django.contrib.auth.models import User
from tests.sending import confirm, make_draft, make_phones
from notifications.models import Notification
from uuid import uuid4
one = make_phones(8, prefix=uuid4().hex[:6])
admin = User.objects.get(username="admin")
made = confirm(make_draft(admin, title="Watched", send_to="users",
                          recipients=[phone.owner.user_id for phone in one]), admin)
Notification.objects.filter(pk=made.pk).update(due_at=timezone.now() + timedelta(seconds=WAIT))
print("MADE", made.uuid)
"""


def make(beckon: Installation, wait_s: int) -> str:
    """The address of a notification to eight phones that starts in `wait_s` seconds."""
    said = beckon.manage("shell", "-c", SEED.replace("WAIT", str(wait_s)))
    found = re.search(r"MADE (\S+)", said)
    assert found
    return f"{beckon.url}/notifications/{found[1]}/"


def test_it_counts_down_waits_longer_and_is_undone_by_a_key(
    signed_in: Page, live_beckon: Installation, assert_accessible: Any
) -> None:
    page = signed_in
    page.goto(make(live_beckon, 60))
    heading = page.get_by_role("heading", name=re.compile("Starts in"))

    first = int(re.sub(r"\D", "", heading.inner_text()))
    expect(heading).not_to_have_text(f"Starts in {first} seconds")
    assert_accessible(page)
    page.get_by_role("button", name="Wait 30 s more").click()
    expect(
        page.get_by_role("heading", name=re.compile(r"Starts in [789]\d seconds"))
    ).to_be_visible()
    page.keyboard.press("u")

    expect(page.get_by_text("Undone. It is a draft again")).to_be_visible()
    expect(page.locator("[data-status=draft]")).to_be_visible()
    expect(page.get_by_role("link", name="Continue editing")).to_be_visible()


def test_the_page_follows_it_to_the_report_without_a_reload(
    signed_in: Page, live_beckon: Installation, assert_accessible: Any
) -> None:
    page, loads = signed_in, []
    page.goto(make(live_beckon, 4))
    page.on("framenavigated", lambda frame: loads.append(frame.url))

    expect(page.get_by_text("Sent. 8 phones accepted it.")).to_be_visible(timeout=60_000)

    expect(page.locator("#said")).to_have_text(
        re.compile("Sent. 100 percent, 8 of 8 phones handled.")
    )
    assert loads == []
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(3_000)
    assert [url for url in asked if "progress" in url] == []  # it asks no more
    assert_accessible(page)


def test_every_tab_can_be_read_by_everyone(
    signed_in: Page, live_beckon: Installation, assert_accessible: Any
) -> None:
    page, address = signed_in, make(live_beckon, 0)
    page.goto(address)
    expect(page.locator("[data-status=sent]")).to_be_visible(timeout=60_000)

    for width, theme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        for tab in ("", "?tab=recipients", "?tab=payload", "?tab=timeline"):
            page.goto(address + tab)
            assert_accessible(page)
            assert page.evaluate("document.documentElement.scrollWidth") == width


def test_stopping_works_without_a_script(browser: Any, live_beckon: Installation) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    live_beckon.enter(page)
    live_beckon.manage(
        "shell", "-c", "from notifications.models import *; "
        "n = Notification.objects.filter(title='Watched', status='sent').last(); "
        "Notification.objects.filter(pk=n.pk).update(status='paused', paused_reason='by_person', "
        "finished_at=None, title='Held up', planned=10)",
    )  # fmt: skip
    page.goto(f"{live_beckon.url}/notifications/")
    page.get_by_role("link", name="Held up").click()
    expect(page.get_by_text("Someone paused it.")).to_be_visible()

    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("2 not sent, 8 already out.")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()

    expect(page.get_by_text("Stopped: 2 not sent, 8 accepted.")).to_be_visible()
    context.close()
