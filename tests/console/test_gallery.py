"""Every shared piece in the real frame, in Chromium: readable for all, never wider than the screen."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.urls("tests.console.gallery.site"),
    pytest.mark.django_db(transaction=True),
]


def open_gallery(page: Any, live_server: Any, *, width: int, theme: str = "light") -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(f"{live_server.url}/gallery/")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_the_pieces_are_accessible(
    page: Any, live_server: Any, assert_accessible: Callable[..., None], width: int, theme: str
) -> None:
    open_gallery(page, live_server, width=width, theme=theme)

    assert_accessible(page)


def test_the_frame_reflows_to_320_px(page: Any, live_server: Any) -> None:
    open_gallery(page, live_server, width=320)

    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_page_opens_at_its_errors_and_breaks_no_security_policy(
    page: Any, live_server: Any
) -> None:
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text))

    open_gallery(page, live_server, width=1280)

    assert page.evaluate("'errorSummary' in document.activeElement.dataset")
    assert said == []


def test_the_theme_changes_at_once_and_stays(page: Any, live_server: Any) -> None:
    open_gallery(page, live_server, width=1280)
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)

    page.get_by_role("button", name="Account menu").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    dark = page.evaluate(paper)
    page.reload()

    assert dark != light
    assert page.evaluate(paper) == dark
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_the_drawer_opens_without_a_script(browser: Any, live_server: Any) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{live_server.url}/gallery/")
    link = page.get_by_role("link", name="Notifications", exact=True).first

    page.get_by_role("button", name="Open menu").click()

    assert page.locator("#rail").is_visible()
    assert link.is_visible()
    context.close()


def test_keys_rest_while_one_types(page: Any, live_server: Any) -> None:
    open_gallery(page, live_server, width=1280)

    page.get_by_label("Title", exact=True).press("c")
    assert page.url.endswith("/gallery/")
    page.locator("h1").click()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("c")
    page.wait_for_url("**/compose/")


def test_the_server_learns_the_viewers_zone(browser: Any, live_server: Any) -> None:
    context = browser.new_context(timezone_id="Europe/Vienna")
    page = context.new_page()

    page.goto(f"{live_server.url}/gallery/")

    cookies = {each["name"]: each["value"] for each in context.cookies()}
    assert cookies["tz"] == "Europe/Vienna"
    context.close()


def test_the_search_opens_under_a_thumb(page: Any, live_server: Any) -> None:
    open_gallery(page, live_server, width=390)

    page.locator("#find").click()
    page.keyboard.type("hanna")

    assert page.locator("#find").bounding_box()["width"] > 300
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/?q=hanna")
