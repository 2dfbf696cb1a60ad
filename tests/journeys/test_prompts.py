"""Soft prompts on pretend phones in real Chromium, from the template to the last tap."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.installation import Installation

pytestmark = pytest.mark.slow
YES, NOT_NOW = "Allow notifications", "Not now"


@pytest.fixture
def phones(signed_in: Page, live_beckon: Installation) -> Iterator[Page]:
    """The page of pretend phones; errors of its scripts and of its policy fail the test."""
    complaints: list[str] = []
    signed_in.on("pageerror", lambda error: complaints.append(str(error)))
    signed_in.on("console", lambda line: "Policy" in line.text and complaints.append(line.text))
    signed_in.goto(f"{live_beckon.url}/sandbox/")
    yield signed_in
    assert complaints == []


@pytest.fixture
def desk(phones: Page) -> Page:
    """A second tab of the same person."""
    return phones.context.new_page()


@pytest.fixture
def prompt(desk: Page, live_beckon: Installation) -> Iterator[Callable[[str], str]]:
    """`prompt("iOS")` sets one from the template live for that system, as a marketer would, and
    answers the address of its page; paused when the test is over."""
    made: list[str] = []

    def launch(system: str) -> str:
        desk.goto(f"{live_beckon.url}/prompts/new/?from=template")
        desk.get_by_label("Name").fill(f"{system} {uuid4().hex[:6]}")
        desk.get_by_role("radio", name=system, exact=True).check(force=True)
        desk.get_by_role("button", name="Save prompt").last.click()
        desk.get_by_role("link", name="Set live…").click()
        expect(desk.get_by_role("heading", name="Ask budget")).to_be_visible()
        desk.get_by_role("button", name="Set live").click()
        expect(desk.get_by_text("Live. Phones show it")).to_be_visible()
        made.append(desk.url)
        return desk.url

    yield launch
    for url in made:
        desk.goto(url)
        desk.get_by_role("button", name="Pause").click()


class Phone:
    """A new pretend phone whose app asks for nothing by itself."""

    def __init__(self, page: Page, kind: str, user_id: str) -> None:
        page.get_by_label("User id").fill(user_id)
        page.get_by_label("At its first start").select_option(label="Nothing is asked yet")
        page.get_by_role("button", name=f"Add {kind}").click()
        self.card = page.get_by_role("region", name=re.compile(f" of {user_id}$"))
        self.soft = self.part("The app’s soft prompt")
        self.dialog = self.part("The system asks")
        self.settings = self.part("The phone’s settings")
        expect(self.card.get_by_text("Not asked yet").first).to_be_visible()
        self.card.get_by_text("Time, events, keys").click()
        self.days = 0

    def part(self, name: str) -> Locator:
        return self.card.get_by_role("group", name=name, exact=True)

    def open_app(self) -> None:
        """Begins a session, and returns when its rules are there."""
        with self.card.page.expect_response("**/sessions"):
            self.card.get_by_label("App in foreground").check()

    def wait_days(self, days: int) -> None:
        self.days += days
        self.card.get_by_label("Days").fill(str(days))
        self.card.get_by_role("button", name="Let them pass").click()
        expect(self.card.get_by_text(f"{self.days} days from now")).to_be_visible()

    def sees_nothing(self) -> None:
        self.card.page.wait_for_timeout(300)
        expect(self.soft).to_be_hidden()

    def press(self, where: Locator, button: str) -> None:
        expect(where).to_be_visible()
        where.get_by_role("button", name=button, exact=True).click()


def send_to(desk: Page, beckon: Installation, user_id: str) -> str:
    title = f"First snow {uuid4().hex[:4]}"
    desk.goto(f"{beckon.url}/notifications/new/?to={user_id}")
    desk.get_by_label("Title").fill(title)
    desk.get_by_label("Text", exact=True).fill("12 huts still have beds.")
    desk.get_by_role("button", name="Review").click()
    desk.wait_for_url("**/review/")
    desk.get_by_label("Type “Send Notification” to confirm").fill("Send Notification")
    desk.get_by_role("button", name="Send Notification").click()
    return title


def test_not_now_rests_for_two_weeks_and_a_yes_is_for_good(
    phones: Page, desk: Page, prompt: Any, live_beckon: Installation, assert_accessible: Any
) -> None:
    report = prompt("iOS")
    ann = f"ann-{uuid4().hex[:6]}"
    iphone = Phone(phones, "iPhone", ann)

    iphone.open_app()
    expect(iphone.soft).to_be_visible()
    assert_accessible(phones)
    iphone.press(iphone.soft, NOT_NOW)
    expect(iphone.soft).to_be_hidden()
    iphone.wait_days(13)
    iphone.open_app()
    iphone.sees_nothing()
    iphone.wait_days(2)
    iphone.open_app()
    iphone.press(iphone.soft, YES)
    iphone.press(iphone.dialog, "Allow")
    expect(iphone.card.get_by_text("Allowed", exact=True).first).to_be_visible()
    iphone.wait_days(15)
    iphone.open_app()
    iphone.sees_nothing()
    iphone.card.get_by_label("App in foreground").uncheck()
    title = send_to(desk, live_beckon, ann)

    banner = iphone.card.get_by_role("button", name=title, exact=True)
    expect(banner).to_be_visible(timeout=20_000)
    desk.goto(report)
    expect(desk.get_by_text("1 of 1", exact=True)).to_be_visible()


def test_two_noes_lead_to_the_settings_and_a_yes_there_counts_for_the_prompt(
    phones: Page, desk: Page, prompt: Any
) -> None:
    report = prompt("Android")
    pixel = Phone(phones, "Android phone", f"bea-{uuid4().hex[:6]}")
    pixel.card.get_by_text("The phone’s own settings", exact=True).click()
    pixel.card.get_by_label("System version").select_option("Android 14")

    for _ in range(2):
        pixel.open_app()
        pixel.press(pixel.soft, YES)
        pixel.press(pixel.dialog, "Don’t allow")
        expect(pixel.card.get_by_text("Notifications are off")).to_be_visible()
        pixel.wait_days(15)
    pixel.open_app()
    pixel.press(pixel.soft, YES)
    expect(pixel.dialog).to_be_hidden()
    pixel.press(pixel.settings, "Turn them on")
    with phones.expect_response("**/prompts/events"):
        pixel.press(pixel.settings, "Back to the app")

    expect(pixel.card.get_by_text("Allowed", exact=True).first).to_be_visible()
    desk.goto(report)
    recovered = desk.get_by_role("listitem").filter(has_text="Allowed in Settings")
    expect(recovered.locator("b")).to_have_text("1")
    expect(recovered).to_contain_text("1 were sent there")
    expect(desk.get_by_text("2 asks spent on a “no”.")).to_be_visible()


def test_what_happens_offline_is_told_later_in_order(phones: Page, prompt: Any) -> None:
    prompt("iOS")
    iphone = Phone(phones, "iPhone", f"cleo-{uuid4().hex[:6]}")
    iphone.open_app()
    expect(iphone.soft).to_be_visible()
    iphone.card.get_by_text("The phone’s own settings", exact=True).click()
    iphone.card.get_by_label("Offline").check()

    iphone.press(iphone.soft, YES)
    iphone.press(iphone.dialog, "Don’t Allow")
    expect(phones.get_by_text("3 events →")).to_have_count(0)
    iphone.card.get_by_label("Offline").uncheck()

    told = phones.get_by_text("click, system_prompt_shown, system_prompt_result: told together")
    expect(told).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (390, "light")])
def test_everyone_can_use_the_pages(
    desk: Page,
    prompt: Any,
    live_beckon: Installation,
    assert_accessible: Any,
    width: int,
    theme: Any,
) -> None:
    report = prompt("Android")
    desk.set_viewport_size({"width": width, "height": 900})
    desk.emulate_media(color_scheme=theme, reduced_motion="reduce")

    for url in (report, f"{report}edit/", f"{live_beckon.url}/prompts/"):
        desk.goto(url)
        assert_accessible(desk)
        assert desk.evaluate("document.documentElement.scrollWidth") == width
    desk.set_viewport_size({"width": 320, "height": 900})
    desk.goto(f"{report}edit/")
    assert desk.evaluate("document.documentElement.scrollWidth") == 320


RULES = """async () => {
  const { choose, compare, continues, heldBack, newSession, nextMoment, triggered } =
    await import("/static/phones/rules.js");
  const open = { kind: "app_open", seconds: 0 };
  const saved = { kind: "event", name: "saved", props: { hut: "alm", nights: 3 }, seconds: 5 };
  const event = { kind: "event", name: "saved", where: { nights: { op: ">", value: 2 } } };
  const after = { kind: "session_time", seconds: 10 };
  const pro = { kind: "custom", key: "plan", op: "=", value: "pro" };
  const day = 86_400_000;
  const times = (fields) => ({ frequency: { kind: "multiple", max_displays: 2, gap_seconds: 14 * 86_400, ...fields } });
  const session = { ...newSession("s", 0), leftAt: null };
  const prompts = [
    { id: 1, triggers: [[event]], ...times() },
    { id: 2, triggers: [[{ kind: "app_open" }]], ...times() },
    { id: 3, triggers: [[{ kind: "app_open" }]], ...times() },
  ];
  const state = { session, keys: {}, records: {}, lastShownAt: null, now: 100 * day };
  return {
    anyGroup: triggered([[event], [{ kind: "app_open" }]], open, [], {}),
    allConditions: triggered([[event, after]], saved, [], {}),
    laterByTime: triggered([[event, after]], { kind: "session_time", seconds: 10 }, [saved], {}),
    oldEventAlone: triggered([[event]], open, [saved], {}),
    wrongProps: triggered([[event]], { ...saved, props: { nights: 2 } }, [], {}),
    keyKeptFromBefore: triggered([[{ kind: "app_open" }, pro]], open, [], { plan: "pro" }),
    unknownKind: triggered([[{ kind: "moon" }]], { kind: "moon" }, [], {}),
    typed: [compare("2", "=", 2), compare(2, "=", 2), compare("b", ">", "a"), compare(null, "exists")],
    gap: [13, 14].map((days) => heldBack(times(), { displays: 1, lastAt: 0 }, days * day)),
    most: heldBack(times(), { displays: 2, lastAt: 0 }, 99 * day),
    once: heldBack({ frequency: { kind: "once", max_displays: 1, gap_seconds: 0 } }, { displays: 1, lastAt: 0 }, day),
    over: heldBack({ ...times(), ends_at: "1970-01-02T00:00:00Z" }, undefined, day),
    first: choose(prompts, open, state).id,
    sameSession: choose(prompts, open, { ...state, session: { ...session, shown: true } }),
    sameDay: choose(prompts, open, { ...state, lastShownAt: 99.5 * day }),
    continues: [29_999, 30_000].map((away) => continues({ ...session, leftAt: 0 }, away)),
    next: nextMoment([{ triggers: [[after]] }], session, 4_000),
  };
}"""


def test_a_phone_decides_by_itself_as_the_server_would(phones: Page) -> None:
    assert phones.evaluate(RULES) == {
        "anyGroup": True,
        "allConditions": False,
        "laterByTime": True,
        "oldEventAlone": False,
        "wrongProps": False,
        "keyKeptFromBefore": True,
        "unknownKind": False,
        "typed": [False, True, False, False],
        "gap": ["gap", ""],
        "most": "max_displays",
        "once": "max_displays",
        "over": "outside_schedule",
        "first": 2,
        "sameSession": None,
        "sameDay": None,
        "continues": [True, False],
        "next": 6000,
    }
