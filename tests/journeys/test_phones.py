"""Pretend phones in real Chromium: they register, are asked, receive, and open."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.installation import Installation

pytestmark = pytest.mark.slow
MAKE_PAGE = (
    "from notifications.models import *; p, _ = Page.objects.get_or_create(name='PostView'); "
    "p.parameters.get_or_create(name='post', defaults={'type': 'DocumentReference'})"
)


@pytest.fixture(scope="module")
def beckon(live_beckon: Installation) -> Installation:
    """The installation with one registered page."""
    live_beckon.manage("shell", "-c", MAKE_PAGE)
    return live_beckon


@pytest.fixture
def phones(signed_in: Page, beckon: Installation) -> Iterator[Page]:
    """The page of pretend phones; errors of its scripts and of its policy fail the test."""
    complaints: list[str] = []
    signed_in.on("pageerror", lambda error: complaints.append(str(error)))
    signed_in.on("console", lambda line: "Policy" in line.text and complaints.append(line.text))
    signed_in.goto(f"{beckon.url}/sandbox/")
    yield signed_in
    assert complaints == []


@pytest.fixture
def desk(phones: Page, beckon: Installation) -> Page:
    """A second tab of the same person, for composing."""
    return phones.context.new_page()


def someone() -> str:
    return f"ann-{uuid4().hex[:6]}"


def add(phones: Page, kind: str, user_id: str, start: str = "") -> Locator:
    """`kind` is the button's label. Without `start` the phone is allowed to notify at once."""
    phones.get_by_label("User id").fill(user_id)
    if start:
        phones.get_by_label("At its first start").select_option(label=start)
    phones.get_by_role("button", name=kind).click()
    name = "iPhone" if "iPhone" in kind else "Pixel"
    card = phones.get_by_role("region", name=re.compile(f"^{name}.* of {re.escape(user_id)}$"))
    expect(card).to_be_visible()
    if not start:
        expect(card.get_by_text("Allowed").first).to_be_visible()
    return card


def photo() -> dict[str, Any]:
    out = BytesIO()
    Image.effect_noise((1200, 600), 30).convert("RGB").save(out, "JPEG")
    return {"name": "snow.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def compose(desk: Page, beckon: Installation, title: str, *users: str) -> None:
    desk.goto(f"{beckon.url}/notifications/new/")
    desk.get_by_label("Title").fill(title)
    desk.get_by_label("Text", exact=True).fill("12 huts still have beds.")
    desk.get_by_label("Specific users").check()
    desk.get_by_label("User references").fill(", ".join(users))


def confirm(desk: Page) -> None:
    desk.get_by_role("button", name="Review").click()
    desk.wait_for_url("**/review/")
    for box in desk.locator("main").get_by_role("checkbox").all():
        box.check()
    desk.get_by_label("Type “Send Notification” to confirm").fill("Send Notification")
    desk.get_by_role("button", name="Send Notification").click()
    desk.wait_for_url(re.compile(r"/notifications/[0-9a-f-]{36}/$"))


def wait_until_sent(desk: Page) -> None:
    expect(desk.locator("[data-status=sent]")).to_be_visible(timeout=60_000)


def numbers(desk: Page) -> dict[str, int]:
    """The page's <dl>, by its terms."""
    listed = desk.locator("dl.numbers")
    terms = listed.locator("dt").all_inner_texts()
    counts = listed.locator("dd").all_inner_texts()
    return {
        term: int(re.sub(r"\D", "", count) or 0) for term, count in zip(terms, counts, strict=True)
    }


def fact(card: Locator, term: str) -> Locator:
    return card.locator("dt", has_text=term).locator("+ dd")


def test_a_message_arrives_with_its_picture_is_tapped_and_counted(
    phones: Page, desk: Page, beckon: Installation
) -> None:
    ann = someone()
    iphone, android = add(phones, "Add iPhone", ann), add(phones, "Add Android phone", ann)
    title = f"First snow {uuid4().hex[:4]}"
    compose(desk, beckon, title, ann)
    desk.get_by_label("Image").set_input_files(photo())
    expect(desk.get_by_text("1200 × 600")).to_be_visible()
    desk.get_by_label("Initial page").select_option("PostView")
    desk.get_by_label("post", exact=True).fill("posts/abc")

    confirm(desk)
    expect(desk.get_by_text("Nothing has left yet.")).to_be_visible()
    wait_until_sent(desk)

    for card in (iphone, android):
        banner = card.get_by_role("button", name=title, exact=True)
        expect(banner).to_be_visible()
        expect(banner).to_contain_text("With sound")
        expect(banner).to_contain_text("12 huts still have beds.")
        expect(banner.locator("img[data-image]")).to_have_js_property("complete", True)
        assert banner.locator("img[data-image]").evaluate("image => image.naturalWidth") > 0

    iphone.get_by_role("button", name=title, exact=True).click()

    expect(fact(iphone, "Opened page")).to_have_text("PostView")
    expect(fact(iphone, "Parameters")).to_have_text('{"post":"posts/abc"}')
    expect(fact(android, "Opened page")).to_have_text("–")
    expect(phones.get_by_text("Told that it was tapped.")).to_be_visible()
    desk.reload()
    found = numbers(desk)
    assert (found["Targeted"], found["Accepted"]) == (2, 2)
    assert (found["Received"], found["Opened"]) == (2, 1)


def test_a_silent_one_is_silent_and_an_open_app_shows_no_banner(
    phones: Page, desk: Page, beckon: Installation
) -> None:
    ann, bob = someone(), someone()
    at_rest, in_use = add(phones, "Add iPhone", ann), add(phones, "Add Android phone", bob)
    in_use.get_by_label("App in foreground").check()
    title = f"Quietly {uuid4().hex[:4]}"
    compose(desk, beckon, title, ann, bob)
    desk.get_by_label("Deliver with sound").uncheck()

    confirm(desk)
    wait_until_sent(desk)

    banner = at_rest.get_by_role("button", name=title, exact=True)
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("Silent")
    expect(banner.get_by_text("With sound")).to_be_hidden()
    expect(phones.get_by_text("The app is in the foreground")).to_be_visible()
    expect(in_use.get_by_role("button", name=title)).to_have_count(0)
    banner.hover()
    at_rest.get_by_role("button", name="Swipe away").click()
    expect(banner).to_have_count(0)
    expect(fact(at_rest, "Opened page")).to_have_text("–")


def test_a_test_reaches_my_test_phone(phones: Page, desk: Page, beckon: Installation) -> None:
    mine = add(phones, "Add iPhone", someone())
    mine.get_by_role("button", name="Use as my test phone").click()
    expect(mine.get_by_role("button", name="Use as my test phone")).to_have_attribute(
        "aria-pressed", "true"
    )
    title = f"Only me {uuid4().hex[:4]}"
    compose(desk, beckon, title, "nobody-in-particular")

    desk.get_by_role("radio", name="Everyone").check()
    desk.get_by_role("button", name="Send test to me").click()

    expect(mine.get_by_role("button", name=title, exact=True)).to_be_visible(timeout=15_000)
    mine.get_by_role("button", name="Use as my test phone").click()
    expect(mine.get_by_role("button", name="Use as my test phone")).to_have_attribute(
        "aria-pressed", "false"
    )


def test_phones_are_still_there_after_a_reload(phones: Page) -> None:
    ann = someone()
    link = phones.get_by_role("link", name="Write to them")
    expect(link).to_be_hidden()
    add(phones, "Add iPhone", ann)

    phones.reload()

    expect(link).to_have_attribute("href", f"/notifications/new/?to={ann}")
    card = phones.get_by_role("region", name=re.compile(f"of {ann}$"))
    expect(card).to_be_visible()
    expect(phones.get_by_text("Registered: this phone has an owner").first).to_be_visible()
    expect(card.get_by_text("Allowed").first).to_be_visible()


def test_whose_phone_must_be_said(phones: Page) -> None:
    phones.get_by_role("button", name="Add iPhone").click()

    expect(phones.get_by_text("Whose phone is it?")).to_be_visible()
    expect(phones.get_by_label("User id")).to_be_focused()


def test_an_iphone_asks_once(phones: Page) -> None:
    card = add(phones, "Add iPhone", someone(), start="The phone asks")
    expect(card.get_by_text("Would Like to Send You Notifications")).to_be_visible()

    card.get_by_role("button", name="Don’t Allow").click()

    expect(card.get_by_text("Notifications are off")).to_be_visible()
    card.get_by_role("button", name="Ask for permission").click()
    expect(card.get_by_text("Only the phone’s own settings can allow it now.")).to_be_visible(
        timeout=5_000
    )


def test_an_android_phone_asks_twice_and_swiping_away_spends_nothing(phones: Page) -> None:
    card = add(phones, "Add Android phone", someone(), start="The phone asks")
    asks = card.get_by_role("group", name="The system asks")

    card.get_by_role("button", name="Swipe it away").click()
    expect(card.get_by_text("Not asked yet").first).to_be_visible()
    for _ in range(2):
        card.get_by_role("button", name="Ask for permission").click()
        expect(asks).to_be_visible()
        card.get_by_role("button", name="Don’t allow").click()
        expect(card.get_by_text("Notifications are off")).to_be_visible()
    card.get_by_role("button", name="Ask for permission").click()

    expect(card.get_by_text("Only the phone’s own settings")).to_be_visible()
    card.get_by_text("The phone’s own settings", exact=True).click()
    card.get_by_label("Notifications").select_option("Allowed")
    expect(card.get_by_text("Allowed").first).to_be_visible()


def test_an_older_android_never_asks(phones: Page) -> None:
    card = add(phones, "Add Android phone", someone())
    card.get_by_text("The phone’s own settings", exact=True).click()
    card.get_by_label("System version").select_option("Android 12")
    expect(card.get_by_text("Pixel 10, Android 12")).to_be_visible()

    card.get_by_role("button", name="Install again").click()

    expect(card.get_by_text("Allowed").first).to_be_visible()
    expect(card.get_by_role("group", name="The system asks")).to_be_hidden()


def test_someone_opts_out_signs_out_and_someone_else_signs_in(phones: Page) -> None:
    ann, bob = someone(), someone()
    card = add(phones, "Add iPhone", ann)

    card.get_by_role("button", name="Opt out").click()
    expect(card.get_by_text("Opted out in the app", exact=True)).to_be_visible()
    card.get_by_role("button", name="Opt in").click()
    expect(card.get_by_text("Allowed").first).to_be_visible()
    card.get_by_label("Sign in as").fill(bob)
    card.get_by_role("button", name="Sign in", exact=True).click()
    card = phones.get_by_role("region", name=re.compile(f"of {bob}$"))
    expect(card).to_be_visible()
    card.get_by_role("button", name="Sign out").click()

    card = phones.get_by_role("region", name=re.compile("of nobody$")).last
    expect(card.get_by_text("Signed out", exact=True)).to_be_visible()


def test_fcm_says_that_the_app_was_removed(phones: Page, desk: Page, beckon: Installation) -> None:
    ann, bob = someone(), someone()
    gone = add(phones, "Add Android phone", ann)
    add(phones, "Add iPhone", bob)
    gone.get_by_role("button", name="Remove app").click()
    expect(gone.get_by_text("The app was removed")).to_be_visible()
    compose(desk, beckon, f"Hello {uuid4().hex[:4]}", ann, bob)

    confirm(desk)
    wait_until_sent(desk)

    found = numbers(desk)
    assert (found["Accepted"], found["Dead token"]) == (1, 1)
    expect(
        desk.get_by_text("The app was removed from this phone, and no more is sent to it.")
    ).to_be_visible()
    gone.get_by_role("button", name="Install again").first.click()
    expect(gone.get_by_role("button", name="Allow", exact=True)).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_everyone_can_use_the_phones(
    phones: Page, assert_accessible: Any, width: int, theme: Any
) -> None:
    phones.set_viewport_size({"width": width, "height": 900})
    phones.emulate_media(color_scheme=theme, reduced_motion="reduce")
    add(phones, "Add iPhone", someone())
    add(phones, "Add Android phone", someone(), start="The phone asks")

    expect(phones.get_by_role("group", name="The system asks")).to_be_visible()
    assert_accessible(phones)
    assert phones.evaluate("document.documentElement.scrollWidth") == width


RULES = """async () => {
  const system = await import("/static/phones/system.js");
  const phone = (fields) => ({ ...system.newPhone("ios", "ann"), system: "authorized", ...fields });
  const message = (name, title, more = {}) => ({ name, message: {
    notification: { title, body: "b", image: "/a.jpg" }, data: { initialPageName: "" },
    apns: { headers: { "apns-collapse-id": "t" }, payload: { aps: { sound: "default" } } },
    android: { notification: { tag: "t" } }, ...more } });
  const replaced = phone({});
  system.arrive(replaced, message("1", "first"));
  system.arrive(replaced, message("2", "corrected"));
  const quiet = phone({ system: "provisional" });
  const off = phone({ system: "denied" });
  const android = { ...system.newPhone("android", "ann"), system: "authorized" };
  return {
    banners: replaced.banners.map((one) => one.title),
    loud: replaced.banners[0].sound,
    quietly: system.arrive(quiet, message("1", "q")).banner.sound,
    off: system.arrive(off, message("1", "o")).shown,
    inFront: system.arrive(phone({ foreground: true }), message("1", "f")),
    androidSilent: system.arrive(android, message("1", "a")).banner.sound,
    androidLoud: system.arrive(android, message("2", "a", {
      android: { notification: { sound: "default", tag: "u" } } })).banner.sound,
    token: /^[A-Za-z0-9:_.-]{20,4096}$/.test(system.newToken()),
    asksOnAndroid11: system.showsDialog({ platform: "android", apiLevel: 30, denials: 0 }),
    rationale: [0, 1, 2].map((denials) => system.readPermission(
      { platform: "android", apiLevel: 36, system: "denied", denials }).rationale),
  };
}"""


def test_the_pretend_system_does_what_the_real_ones_do(phones: Page) -> None:
    assert phones.evaluate(RULES) == {
        "banners": ["corrected"],
        "loud": True,
        "quietly": False,
        "off": False,
        "inFront": {"shown": False, "toApp": True},
        "androidSilent": False,
        "androidLoud": True,
        "token": True,
        "asksOnAndroid11": False,
        "rationale": [False, True, False],
    }
