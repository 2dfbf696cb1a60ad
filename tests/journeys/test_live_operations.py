"""A typo went out: its correction replaces it on the pretend phones."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.installation import Installation
from tests.journeys.test_phones import add, compose, confirm, someone, wait_until_sent

pytestmark = pytest.mark.slow


def test_a_correction_replaces_the_banner_on_both_phones(
    signed_in: Page, live_beckon: Installation, assert_accessible: Any
) -> None:
    phones, user = signed_in, someone()
    phones.goto(f"{live_beckon.url}/sandbox/")
    cards = [add(phones, kind, user) for kind in ("Add iPhone", "Add Android phone")]
    desk = phones.context.new_page()
    compose(desk, live_beckon, "Frist snow", user)
    confirm(desk)
    wait_until_sent(desk)
    for card in cards:
        expect(card.get_by_role("button", name="Frist snow")).to_be_visible(timeout=15_000)

    desk.get_by_role("button", name="Correct").click()
    desk.set_viewport_size({"width": 390, "height": 900})
    assert_accessible(desk)
    assert desk.evaluate("document.documentElement.scrollWidth") == 390
    desk.get_by_label("Title").fill("First snow")
    desk.get_by_label("Type “Send Notification” to confirm").fill("Send Notification")
    desk.get_by_role("button", name="Send the correction").click()
    wait_until_sent(desk)

    for card in cards:
        expect(card.get_by_role("button", name="First snow")).to_have_count(1, timeout=15_000)
        expect(card.get_by_role("button", name="Frist snow")).to_have_count(0)
    expect(desk.get_by_role("link", name="Frist snow")).to_be_visible()
