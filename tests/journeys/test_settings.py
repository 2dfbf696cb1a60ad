"""Settings, People and Devices in Chromium: with and without JavaScript, for every eye."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from devices import keys
from devices.states import KeyKind
from notifications.models import Page, PageParameter
from tests.console.staff import PASSWORD, make_member
from tests.factories import make_device, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(page: Any, live_server: Any, path: str) -> None:
    make_member("admin")
    page.goto(f"{live_server.url}/login/?next={path}")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{path}")


def add_a_page_with_two_parameters(page: Any) -> None:
    page.get_by_label("Page name").fill("BookingDetails")
    page.get_by_role("button", name="Add parameter").click()
    page.get_by_label("Parameter name").last.fill("bookingRef")
    page.get_by_label("Type").last.select_option("DocumentReference")
    page.get_by_label("Required").last.check()
    page.get_by_role("button", name="Add parameter").click()
    page.get_by_label("Parameter name").nth(1).fill("tab")
    page.get_by_label("Type").nth(1).select_option("Integer")
    page.get_by_role("button", name="Add parameter").click()
    page.get_by_label("Parameter name").nth(2).fill("not this one")
    page.get_by_role("button", name="Remove").last.click()
    page.get_by_role("button", name="Save page").click()
    page.get_by_text("A tap can now open BookingDetails.").wait_for()


def saved() -> list[tuple[str, str, bool]]:
    rows = Page.objects.get(name="BookingDetails").parameters
    return list(rows.values_list("name", "type", "required"))


TWO = [("bookingRef", "DocumentReference", True), ("tab", "Integer", False)]


def test_a_page_with_parameters_is_added_in_place(page: Any, live_server: Any) -> None:
    sign_in(page, live_server, "/settings/pages/")

    add_a_page_with_two_parameters(page)

    assert saved() == TWO


def test_a_page_with_parameters_is_added_without_javascript(browser: Any, live_server: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, "/settings/pages/")

    add_a_page_with_two_parameters(page)

    assert saved() == TWO
    context.close()


def test_an_error_is_tied_to_its_row_and_the_summary_gets_the_focus(
    page: Any, live_server: Any
) -> None:
    sign_in(page, live_server, "/settings/pages/")
    page.get_by_label("Page name").fill("Booking")
    page.get_by_role("button", name="Add parameter").click()
    page.get_by_label("Type").last.select_option("Integer")

    page.get_by_role("button", name="Save page").click()

    wrong = page.get_by_label("Parameter name")
    wrong.wait_for()
    assert wrong.get_attribute("aria-invalid") == "true"
    told = page.locator(f"#{wrong.get_attribute('aria-describedby')}")
    assert "Name this parameter, or remove its row." in told.inner_text()
    assert page.get_by_label("Page name").input_value() == "Booking"


def test_revoking_a_key_asks_first(page: Any, live_server: Any) -> None:
    made = keys.make(KeyKind.SERVER, "Booking service", ["read"])
    sign_in(page, live_server, "/settings/keys/")

    page.get_by_role("button", name="Revoke Booking service").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave it").click()
    assert keys.find(made.text) is not None

    page.get_by_role("button", name="Revoke Booking service").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    page.get_by_text("Revoked. Booking service is refused").wait_for()
    assert keys.find(made.text) is None


def test_a_new_member_signs_in_with_the_password_on_the_page(
    page: Any, browser: Any, live_server: Any
) -> None:
    sign_in(page, live_server, "/settings/team/")
    page.get_by_label("Username of the new member").fill("mia")
    page.get_by_label("Role", exact=True).select_option("marketer")
    page.get_by_role("button", name="Add member").click()
    password = page.locator("#fresh-password").inner_text()

    other = browser.new_page()
    other.goto(f"{live_server.url}/login/")
    other.get_by_label("Username").fill("mia")
    other.get_by_label("Password", exact=True).fill(password)
    other.get_by_role("button", name="Sign in").click()

    other.wait_for_url(f"{live_server.url}/")
    assert other.get_by_role("banner").get_by_role("link", name="Compose").is_visible()
    assert other.get_by_role("link", name="Settings").count() == 0
    other.close()


def world() -> None:
    home = Page.objects.create(name="BookingDetails", description="One booking")
    PageParameter.objects.create(page=home, name="ref", type="DocumentReference", required=True)
    hanna = make_user("hanna.k", attributes={"name": "Hanna Krüger", "city": "Graz"})
    make_device(hanna, device_id="pixel", model="Pixel 8", system="not_determined")
    make_device(hanna, device_id="iphone", model="iPhone 15", platform="ios")
    keys.make(KeyKind.CLIENT, "The app")
    make_member("ops", "priya.ops")


PAGES = [
    "/settings/", "/settings/pages/", "/settings/sound/", "/settings/policy/", "/settings/app/",
    "/settings/team/", "/settings/keys/", "/people/", "/people/hanna.k/", "/devices/",
    "/devices/pixel/", "/devices/import/", "/account/password/",
]  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_every_one_of_these_pages_is_accessible_and_fits(
    page: Any,
    live_server: Any,
    assert_accessible: Callable[..., None],
    sandbox: Any,
    width: int,
    theme: str,
) -> None:
    world()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text))
    sign_in(page, live_server, "/settings/")
    for path in PAGES:
        page.goto(f"{live_server.url}{path}")

        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert_accessible(page)
        assert [line for line in said if not re.search("inline style", line)] == [], path
