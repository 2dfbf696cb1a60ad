"""Support in real Chromium: a message card, filled in for one person, on her phone seconds later."""

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
from notifications import cards
from tests.factories import make_device, make_user
from tests.sending import make_staff
support = make_staff("RUN", "support")
support.set_password("a long enough phrase")
support.save()
ann = make_user("RUN-ann", attributes={"first_name": "Ann", "last_name": "Huber"}, locale="de-AT")
make_device(ann, platform="ios", model="iPhone 15", device_id="RUN-d1")
make_device(ann, platform="android", model="Pixel 8", system="denied", perm_denials=2,
            device_id="RUN-d2")
cards.create("RUN-ready", {
    "name": "Order ready RUN", "description": "When the parcel waits at the counter.",
    "title": "Your order is ready",
    "body": 'Hello {{ first_name | default: "there" }}, order {order_no} waits until {until}.',
    "variants": {"de": {"title": "Deine Bestellung ist da",
                        "body": 'Hallo {{ first_name }}, {order_no} wartet bis {until}.'}},
    "variables": [{"name": "order_no", "type": "Integer", "sample": "1234"},
                  {"name": "until", "type": "Date", "sample": "2026-11-27"}],
}, by=support)
"""


@pytest.fixture
def run(live_beckon: Installation) -> str:
    name = f"c{uuid4().hex[:6]}"
    live_beckon.manage("shell", "-c", SEED.replace("RUN", name))
    return name


@pytest.fixture
def support(page: Page, live_beckon: Installation, run: str) -> Iterator[Page]:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: "Policy" in line.text and complaints.append(line.text))
    page.goto(f"{live_beckon.url}/login/")
    page.get_by_label("Username").fill(run)
    page.get_by_label("Password", exact=True).fill("a long enough phrase")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    yield page
    assert complaints == []


def test_support_sends_a_card_to_one_person_and_sees_it_arrive(
    support: Page, live_beckon: Installation, run: str, assert_accessible: Any
) -> None:
    support.goto(f"{live_beckon.url}/people/{run}-ann/")
    support.get_by_role("link", name="Send to this person").click()
    assert_accessible(support)
    support.get_by_role("link", name=f"Order ready {run}").click()
    expect(support.get_by_text("Reachable on 1 of 2 phones")).to_be_visible()
    assert_accessible(support)

    support.get_by_role("button", name="Review").click()
    expect(support.get_by_text("order_no is empty").first).to_be_visible()
    support.get_by_label("order_no").fill("77")
    support.get_by_label("until").fill("2026-12-01")
    support.get_by_role("button", name="Review").click()
    support.wait_for_url("**/review/")
    expect(support.get_by_text("As Ann Huber reads it, in German.")).to_be_visible()
    words = support.locator("[data-preview=body]").first
    expect(words).to_have_text("Hallo Ann, 77 wartet bis 2026-12-01.")
    expect(support.get_by_text("iPhone 15: yes")).to_be_visible()
    assert_accessible(support)

    for box in support.locator("main").get_by_role("checkbox").all():
        box.check()
    support.get_by_label("Type “Send Notification” to confirm").fill("Send Notification")
    support.get_by_role("button", name="Send Notification").click()
    confirmed = time.monotonic()
    support.wait_for_url(re.compile(r"/notifications/[0-9a-f-]{36}/$"))

    expect(support.locator("[data-status=sent]")).to_be_visible(timeout=60_000)
    took = time.monotonic() - confirmed
    expect(support.locator(".say")).to_contain_text("Accepted for Ann Huber’s iPhone 15 at ")
    expect(support.locator(".say")).to_contain_text("Not sent to the Pixel 8")
    expect(support.get_by_role("button", name="Copy for the ticket")).to_be_visible()
    assert_accessible(support)
    expect(support.get_by_text(f"Order ready {run}, version 1")).to_be_visible()
    numbers = support.locator("dl.numbers")
    expect(numbers.locator("dt", has_text="Accepted").locator("+ dd")).to_have_text("1")
    print(f"accepted {took:.1f} s after confirming")


def test_a_marketer_writes_in_two_languages_and_sees_what_one_person_reads(
    signed_in: Page, live_beckon: Installation, run: str, assert_accessible: Any
) -> None:
    page = signed_in
    page.goto(f"{live_beckon.url}/notifications/new/")
    page.get_by_label("Title").first.fill('Hello {{ first_name | default: "there" }}')
    page.get_by_label("Text", exact=True).first.fill("12 huts still have beds.")
    on_phone = page.locator("#pv-ios .vw.a [data-preview=title]")
    expect(on_phone).to_have_text("Hello there")

    page.get_by_label("In other languages").select_option("de")
    page.get_by_role("button", name="Add", exact=True).click()
    title = page.get_by_label("Title in German")
    expect(title).to_be_focused()
    title.fill("Hallo {{ first_name | default: 'du' }}")
    page.get_by_label("Text in German").fill("12 Hütten haben noch Betten.")
    page.get_by_text("As one person sees it").click()
    page.locator("#preview-as").fill(f"{run}-ann")
    page.locator("#preview-as").press("Enter")
    expect(on_phone).to_have_text("Hallo Ann")
    expect(page.get_by_text("As Ann Huber reads it, in German.")).to_be_visible()
    expect(page.locator("#autosaved")).to_contain_text("Saved", timeout=15_000)
    assert_accessible(page)
