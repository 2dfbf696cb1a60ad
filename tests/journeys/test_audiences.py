"""A marketer builds an audience, sees the figure move, sends to it; nobody else gets it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.installation import Installation

pytestmark = pytest.mark.slow


def test_an_audience_is_built_counted_chosen_and_sent_to(
    signed_in: Page, live_beckon: Installation, assert_accessible
):
    page, beckon = signed_in, live_beckon
    beckon.manage("demo", "--users", "20", "--devices", "26")

    page.goto(f"{beckon.url}/audiences/new/")
    expect(page.locator("#live-count")).to_contain_text("20 people")
    page.get_by_role("button", name="Add condition").click()
    page.get_by_label("Condition", exact=True).select_option("platform")
    expect(page.get_by_label("Attribute", exact=True)).to_have_count(0)
    page.get_by_label("Value", exact=True).select_option("ios")
    expect(page.locator("#live-count")).not_to_contain_text("20 people")
    figure = page.locator("#live-count b").inner_text()
    page.get_by_label("Name", exact=True).fill("iPhones of the journey")
    page.get_by_role("button", name="Save audience").click()
    expect(page.locator("#count-now")).to_contain_text(f"{figure} people")
    assert_accessible(page)

    page.goto(f"{beckon.url}/notifications/new/")
    page.get_by_label("Title").fill("First snow")
    page.get_by_label("Text", exact=True).fill("Twelve huts have beds.")
    page.get_by_role("radio", name="Saved audience").check()
    page.get_by_label("Audience", exact=True).select_option(label="iPhones of the journey")
    expect(page.locator("#reach")).to_contain_text("Reaches")
    page.get_by_role("button", name="Review").first.click()
    expect(page).to_have_url(re.compile("/review/"))
    expect(page.locator("main")).to_contain_text(f"{figure} people")
    page.get_by_label(re.compile("Send Notification")).fill("Send Notification")
    page.get_by_role("button", name="Send Notification").click()
    expect(page.locator("main")).to_contain_text("Audience “iPhones of the journey”")
