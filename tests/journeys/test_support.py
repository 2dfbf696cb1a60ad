"""Support in real Chromium: find a person, say why they didn't get it, send to that one person."""

import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.installation import Installation

pytestmark = pytest.mark.slow
SEED = """
from django.contrib.auth.models import User
from devices.models import AppUser
from notifications.models import Notification
from tests.factories import make_device, make_user
from tests.sending import confirm, make_draft, make_staff
support = make_staff("RUN", "support")
support.set_password("a long enough phrase")
support.save()
make_user("RUN-ann", attributes={"name": "Ann Huber"})
make_user("RUN-out", attributes={"name": "Olga Out"})
make_device("RUN-ann", platform="ios", model="iPhone 15", device_id="RUN-d1")
make_device("RUN-ann", platform="android", model="Pixel 8", system="denied", perm_denials=2,
            device_id="RUN-d2")
make_device("RUN-off", platform="ios", system="denied", perm_denials=1, device_id="RUN-d3")
make_device("RUN-never", platform="android", system="not_determined", device_id="RUN-d4")
make_device("RUN-left", platform="ios", opted_out=True, device_id="RUN-d5")
make_device("RUN-bare", platform="android", token=None, device_id="RUN-d6")
make_device("RUN-out", platform="ios", device_id="RUN-d7")
named = ["RUN-" + name for name in ("ann", "off", "never", "left", "bare")]
made = confirm(make_draft(User.objects.get(username="admin"), title="First snow RUN",
                          send_to="users", recipients=named), User.objects.get(username="admin"))
print("MADE", made.uuid)
"""


@pytest.fixture
def run(live_beckon: Installation) -> str:
    """A name of its own for everybody in this test; the notification is sent when it begins."""
    return f"s{uuid4().hex[:6]}"


@pytest.fixture
def link(live_beckon: Installation, run: str) -> str:
    said = live_beckon.manage("shell", "-c", SEED.replace("RUN", run))
    found = re.search(r"MADE (\S+)", said)
    assert found
    return f"{live_beckon.url}/notifications/{found[1]}/"


@pytest.fixture
def support(page: Page, live_beckon: Installation, run: str, link: str) -> Iterator[Page]:
    """A page of Chromium, signed in with the role support; complaints of its scripts fail."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: "Policy" in line.text and complaints.append(line.text))
    page.goto(f"{live_beckon.url}/login/")
    page.get_by_label("Username").fill(run)
    page.get_by_label("Password", exact=True).fill("a long enough phrase")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto(link)
    expect(page.locator("[data-status=sent]")).to_be_visible(timeout=60_000)
    yield page
    assert complaints == []


def look_up(support: Page, user_id: str) -> None:
    support.keyboard.press("/")
    support.keyboard.type(user_id)
    support.keyboard.press("Enter")
    support.wait_for_url(f"**/people/{user_id}/")


def test_why_not_for_people_with_different_reasons(
    support: Page, live_beckon: Installation, run: str, link: str, assert_accessible: Any
) -> None:
    reasons = {
        "off": "notifications are off",
        "never": "the app has not asked for permission yet",
        "left": "they opted out in the app",
        "bare": "without an FCM token",
    }
    for name, words in reasons.items():
        support.goto(f"{live_beckon.url}/people/{run}-{name}/")
        expect(support.locator(".say")).to_contain_text(f"Not sent to {run}-{name}’s")
        expect(support.locator(".say")).to_contain_text(words)

    support.goto(f"{live_beckon.url}/people/{run}-out/")
    support.get_by_text("Paste a link instead").click()
    support.get_by_label("Link or id of a notification").fill(link)
    support.keyboard.press("Enter")
    expect(support.locator(".say")).to_contain_text("not among the 5 people it names")

    look_up(support, f"{run}-ann")
    expect(support.locator(".say")).to_contain_text("Accepted for Ann Huber’s iPhone 15 at ")
    expect(support.locator(".say")).to_contain_text("Not sent to the Pixel 8")
    assert_accessible(support)

    support.context.grant_permissions(["clipboard-read", "clipboard-write"])
    support.get_by_role("button", name="Copy for the ticket").click()
    expect(support.get_by_text("Copied")).to_be_visible()
    copied = support.evaluate("navigator.clipboard.readText()")
    assert f"First snow {run}" in copied
    assert "iPhone 15: Google accepted it" in copied


def test_the_same_answer_from_the_notifications_recipients(
    support: Page, run: str, link: str, assert_accessible: Any
) -> None:
    support.goto(f"{link}?tab=recipients")
    support.get_by_role("searchbox", name="Check one person").fill(f"users/{run}-left")
    support.get_by_role("button", name="Explain").click()

    expect(support.locator(".say")).to_contain_text("they opted out in the app")
    assert_accessible(support)
    support.get_by_role("link", name="Their page").click()
    support.wait_for_url(f"**/people/{run}-left/")


def test_send_to_this_person_and_see_it_within_five_seconds(
    support: Page, run: str, assert_accessible: Any
) -> None:
    look_up(support, f"{run}-ann")
    support.get_by_role("link", name="Send to this person").click()

    expect(support.get_by_label("Specific users")).to_be_checked()
    expect(support.get_by_label("User references")).to_have_value(f"{run}-ann")
    support.get_by_label("Title").fill("Your room")
    support.get_by_label("Text", exact=True).fill("We’ve moved you to the upper hut.")
    support.get_by_role("button", name="Review").click()
    support.wait_for_url("**/review/")
    assert_accessible(support)
    for box in support.locator("main").get_by_role("checkbox").all():
        box.check()
    support.get_by_label("Type “Send Notification” to confirm").fill("Send Notification")
    support.get_by_role("button", name="Send Notification").click()
    confirmed = time.monotonic()
    support.wait_for_url(re.compile(r"/notifications/[0-9a-f-]{36}/$"))
    address = support.url

    expect(support.locator("[data-status=sent]")).to_be_visible(timeout=60_000)
    took = time.monotonic() - confirmed
    assert support.url == address
    numbers = support.locator("dl.numbers")
    expect(numbers.locator("dt", has_text="Accepted").locator("+ dd")).to_have_text("1")
    assert took < 8, f"{took:.1f} s"  # 5 on a machine that has nothing else to do

    look_up(support, f"{run}-ann")
    expect(support.locator(".say")).to_contain_text("Accepted for Ann Huber’s iPhone 15")
    expect(support.get_by_label("Why did, or didn’t, Ann Huber get")).to_contain_text("Your room")
    print(f"accepted {took:.1f} s after confirming")
