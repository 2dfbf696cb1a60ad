"""Leaving people out in Chromium: on Compose, with one click at Review, and behind the bars."""

import os
from typing import Any

import pytest
from django.utils import timezone

from devices import preferences
from devices.audiences import keeping
from notifications.models import Batch, Delivery, Notification
from tests.console.staff import PASSWORD, make_member
from tests.sending import make_phones

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(page: Any, live_server: Any, path: str) -> None:
    page.goto(f"{live_server.url}/login/?next={path}")
    page.get_by_label("Username").fill("olga")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{path}")


def got_two_today(person: int) -> None:
    now = timezone.now()
    for number in range(2):
        past = Notification.objects.create(
            title=f"past {number}", status="sent", revision={}, due_at=now, started_at=now,
            finished_at=now,
        )  # fmt: skip
        Delivery.objects.create(
            notification=past, device_id=person, user_id=person, batch=Batch(pk=1), platform="ios",
            outcome="accepted", started_at=now, at=now,
        )  # fmt: skip


def look(page: Any, assert_accessible: Any, name: str) -> None:
    for width, theme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert_accessible(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} px wide at {width}"
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=f"{folder}/{name}-{width}-{theme}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_people_are_left_out_by_name_audience_and_how_much_they_got(
    page: Any, live_server: Any, assert_accessible: Any
) -> None:
    phones = make_phones(12)
    got_two_today(phones[5].owner_id)
    vips = keeping.create("VIPs", {"version": 1, "list": True})
    keeping.add(vips, [phones[0].owner_id])
    preferences.put(quiet_on=True, ticket_roles=["ops"])
    make_member("ops", username="olga")
    sign_in(page, live_server, "/settings/policy/")
    look(page, assert_accessible, "policy")

    page.goto(f"{live_server.url}/notifications/new/")
    page.get_by_label("Title").fill("First snow")
    page.get_by_label("Text", exact=True).fill("12 huts still have beds.")
    page.get_by_text("an audience, or people by id").click()
    page.get_by_label("Leave out an audience").select_option(label="VIPs")
    page.get_by_label("Leave out people").fill("phone-1")
    page.get_by_text("Reaches 10 phones of 10 people").wait_for()
    look(page, assert_accessible, "compose")
    page.get_by_role("button", name="Review").first.click()

    page.get_by_role("button", name="Leave them out").click()
    page.get_by_text("9 phones will get this").wait_for()
    page.get_by_label("Reason or ticket").wait_for()
    page.get_by_role("button", name="Send to them too").wait_for()
    look(page, assert_accessible, "review")
    page.get_by_role("link", name="Left out by you").click()
    page.get_by_label("User id").fill("phone-1")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="phone-1", exact=True).wait_for()
    look(page, assert_accessible, "phones")
    assert page.get_by_role("link", name="Export CSV").is_visible()
