"""From an empty form to phones that accepted it: composed, previewed, reviewed, confirmed."""

import json
import re
import urllib.request
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.installation import Installation

pytestmark = pytest.mark.slow
TEXT = "12 huts still have beds for 27–29 November. Book by Thursday and breakfast is on us."
PARAMETERS = {
    "hut": ("DocumentReference", "huts/sarnalp"),
    "guests": ("Integer", "2"),
    "rating": ("Double", "4.5"),
    "checkIn": ("DateTime", "2026-11-27T15:00"),
    "place": ("LatLng", "47.1,10.2"),
    "note": ("String", "Bring „skis“"),
}


@pytest.fixture(scope="module")
def beckon(live_beckon: Installation) -> Installation:
    """The installation with twenty pretend people."""
    live_beckon.manage("demo", "--users", "20", "--devices", "26")
    return live_beckon


def photo() -> dict[str, Any]:
    out = BytesIO()
    Image.effect_noise((1600, 800), 30).convert("RGB").save(out, "JPEG")
    return {"name": "first-snow.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def register_page(page: Page, beckon: Installation) -> str:
    """Settings → Pages, by hand; returns the page's name."""
    name = f"HutDetail{uuid4().hex[:6]}"
    page.goto(f"{beckon.url}/settings/pages/")
    page.get_by_label("Page name").fill(name)
    for place, (parameter, (kind, _)) in enumerate(PARAMETERS.items()):
        if page.get_by_label("Parameter name").count() <= place:
            page.get_by_role("button", name="Add parameter").click()
        page.get_by_label("Parameter name").nth(place).fill(parameter)
        page.get_by_label("Type", exact=True).nth(place).select_option(kind)
    page.get_by_role("button", name="Save page").click()
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    return name


def accepted(beckon: Installation, uuid: str) -> list[dict[str, Any]]:
    """What the sandbox took for that notification."""
    request = urllib.request.Request(
        f"{beckon.sandbox_url}/_sandbox/messages?limit=1000", headers={"X-Sandbox": "1"}
    )
    with urllib.request.urlopen(request) as answer:
        messages = [each["message"] for each in json.load(answer)["messages"]]
    return [each for each in messages if each["data"].get("notificationId") == uuid]


def uuid_of(page: Page) -> str:
    found = re.search(r"/notifications/([0-9a-f-]{36})/", page.url)
    assert found, page.url
    return found[1]


def test_every_field_reaches_the_phones_once_the_phrase_is_right(
    signed_in: Page, beckon: Installation, assert_accessible: Any
) -> None:
    page, complaints = signed_in, []
    page.on("console", lambda message: complaints.append(message.text))
    opens = register_page(page, beckon)

    # ---- compose
    page.goto(f"{beckon.url}/notifications/new/")
    page.get_by_label("Title").fill("First snow weekend ❄️")
    page.get_by_label("Text").fill(TEXT)
    page.get_by_label("Image").set_input_files(photo())
    expect(page.get_by_text("1440 × 720")).to_be_visible()
    page.get_by_label("Specific users").check()
    page.get_by_label("User references").fill("users/demo-0000001, demo-0000002\nDemo-0000003")
    expect(page.get_by_text("2 people · 1 unknown")).to_be_visible()
    page.get_by_role("button", name="users/demo-0000003").click()
    expect(page.locator("#id_recipients-unit")).to_have_text("3 people")
    page.get_by_role("radio", name="All").check()
    page.get_by_label("Initial page").select_option(opens)
    for parameter, (_, value) in PARAMETERS.items():
        page.get_by_label(parameter, exact=True).fill(value)
    page.get_by_label("Deliver with sound").uncheck()
    page.get_by_label("Batch notifications").check()
    page.get_by_role("radio", name="Now").check()
    page.get_by_text("for developers").click()
    page.get_by_label("Extra data").fill("campaign = snow")

    # ---- the preview, on both phones and in both views
    preview = page.get_by_role("complementary", name="Preview")
    for phone, look in (("i", "a"), ("i", "b"), ("a", "a"), ("a", "b")):
        preview.locator(f'input[name="pv{phone}"][value="{look}"]').check(force=True)
        shown = preview.locator("section").nth("ia".index(phone)).locator(f".vw.{look}")
        expect(shown.locator('[data-preview="title"]')).to_have_text("First snow weekend ❄️")
        expect(shown.locator('[data-preview="body"]')).to_have_text(TEXT)
        expect(shown.locator('[data-preview="image"]')).to_have_js_property("naturalWidth", 1440)
    expect(page.get_by_text("Android cuts the end off.")).to_be_visible()
    expect(page.get_by_text("20 / 50 suggested")).to_be_visible()
    expect(page.get_by_text("84 / 150 suggested")).to_be_visible()
    assert_accessible(page)

    # ---- it saved itself meanwhile
    expect(page.get_by_text("Saved just now")).to_be_visible(timeout=10_000)
    expect(page).to_have_url(re.compile(r"/notifications/[0-9a-f-]{36}/edit/"))

    # ---- review, by the keyboard
    page.get_by_label("Title").press("Control+Enter")
    page.wait_for_url("**/review/")
    uuid = uuid_of(page)
    expect(page.get_by_text(f"{opens}, hut = huts/sarnalp")).to_be_visible()
    assert_accessible(page)

    # ---- the wrong phrase
    phrase = page.get_by_label("Type “Send Notification” to confirm")
    phrase.fill("send notification")
    page.get_by_role("button", name="Send Notification").click()
    expect(page.get_by_text("Type exactly: Send Notification")).to_be_visible()
    expect(phrase).to_be_focused()
    assert accepted(beckon, uuid) == []

    # ---- the right one
    phrase.fill("Send Notification")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Send Notification").click()
    page.wait_for_url(f"**/notifications/{uuid}/")
    expect(page.get_by_text("Sent", exact=True).first).to_be_visible(timeout=60_000)

    sent = accepted(beckon, uuid)
    assert sent
    for message in sent:
        assert message["notification"]["title"] == "First snow weekend ❄️"
        assert message["notification"]["image"].startswith(f"{beckon.url}/media/images/")
        assert message["data"]["initialPageName"] == opens
        assert json.loads(message["data"]["parameterData"]) == {
            "hut": "huts/sarnalp", "guests": 2, "rating": 4.5, "checkIn": 1795791600000,
            "place": "47.1,10.2", "note": "Bring „skis“",
        }  # fmt: skip
        assert message["data"]["campaign"] == "snow"
        assert "sound" not in message["android"].get("notification", {})
        assert "sound" not in message["apns"]["payload"]["aps"]
    assert [words for words in complaints if "Content Security Policy" in words] == []

    # ---- going back does not send again
    page.goto(f"{beckon.url}/notifications/{uuid}/review/")
    expect(page.get_by_text("Already confirmed by admin at")).to_be_visible()


def test_it_all_works_without_a_script(browser: Any, beckon: Installation) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    beckon.enter(page)
    opens = register_page_by(page, beckon)

    page.goto(f"{beckon.url}/notifications/new/")
    page.get_by_label("Title").fill("Plain")
    page.get_by_label("Image").set_input_files(photo())
    page.get_by_label("Specific users").check()
    page.get_by_label("User references").fill("demo-0000001")
    page.get_by_label("Initial page").select_option(opens)
    page.get_by_role("button", name="Show this page’s fields").click()
    expect(page.get_by_label("Title")).to_have_value("Plain")
    page.get_by_label("orderId").fill("A-17")

    page.get_by_role("button", name="Review").click()
    expect(page.get_by_text("Text is empty. Write what people should read.").first).to_be_visible()
    expect(page.get_by_text("first-snow.jpg")).to_be_visible()
    page.get_by_label("Text", exact=True).fill("Short and plain.")
    page.get_by_role("button", name="Review").click()
    page.wait_for_url("**/review/")

    page.get_by_label("Type “Send Notification” to confirm").fill("nope")
    page.get_by_role("button", name="Send Notification").click()
    expect(page.get_by_text("Type exactly: Send Notification").first).to_be_visible()
    page.get_by_label("Type “Send Notification” to confirm").fill("Send Notification")
    page.get_by_role("button", name="Send Notification").click()
    page.wait_for_url(re.compile(r"/notifications/[0-9a-f-]{36}/$"))
    context.close()


def register_page_by(page: Page, beckon: Installation) -> str:
    """One of demo's own pages."""
    page.goto(f"{beckon.url}/settings/pages/")
    expect(page.get_by_role("link", name="OrderPage", exact=True)).to_be_visible()
    return "OrderPage"


def test_two_people_in_one_draft_see_each_other(
    browser: Any, signed_in: Page, beckon: Installation
) -> None:
    page = signed_in
    page.goto(f"{beckon.url}/notifications/new/")
    page.get_by_label("Title").fill("Ours")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Draft saved.")).to_be_visible()
    name = f"noor-{uuid4().hex[:6]}"
    password = beckon.manage("staff", "add", name, "--role", "marketer")
    context = browser.new_context()
    other = context.new_page()
    other.goto(f"{beckon.url}/login/?next={page.url.removeprefix(beckon.url)}")
    other.get_by_label("Username").fill(name)
    other.get_by_label("Password", exact=True).fill(password)
    other.get_by_role("button", name="Sign in").click()
    other.get_by_label("Title").fill("Noor’s")
    other.get_by_role("button", name="Save draft").click()
    expect(other.get_by_text("Draft saved.")).to_be_visible()

    page.get_by_label("Title").fill("Ours, longer")

    expect(page.get_by_text(f"{name} saved this draft")).to_be_visible(timeout=10_000)
    expect(page.get_by_label("Title")).to_have_value("Ours, longer")
    context.close()
