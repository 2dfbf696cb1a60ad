"""A marketer builds an audience, sees the figure move, opens two bars, checks one person, sends;
nobody else gets it."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.installation import Installation

pytestmark = pytest.mark.slow
# Five whom the audience holds, in three states; and for each rule one whom only it leaves out.
SEED = """
from datetime import timedelta
from django.utils import timezone
from devices.audiences import keeping
from devices.models import AppUser
from notifications.models import Notification
from tests.factories import make_device, make_user
from tests.sending import make_staff
mia = make_staff("RUN", "marketer")
mia.set_password("a long enough phrase")
mia.save()
now = timezone.now()
def add(name, system="authorized", platform="ios", locale="de-AT", days=1, **fields):
    person = make_user(f"RUN-{name}", locale=locale, **fields)
    AppUser.objects.filter(pk=person.pk).update(last_seen_at=now - timedelta(days=days))
    return make_device(person, platform=platform, system=system, device_id=f"RUN-{name}")
add("yes-1"), add("yes-2"), add("yes-3")
add("off", system="denied"), add("unasked", system="not_determined")
add("android", platform="android"), add("german", locale="de-DE"), add("lapsed", days=40)
add("vip", tags=["RUN-vip"])
opener = add("opener")
old = Notification.objects.create(title="Old RUN", body="Old", status="sent", revision={},
    due_at=now, started_at=now, finished_at=now)
batch = old.batches.create(kind="list", due_at=now)
batch.deliveries.create(notification=old, device=opener, user=opener.owner, platform="ios",
    outcome="accepted", started_at=now, at=now, opened_at=now - timedelta(days=3))
keeping.create("VIPs RUN", {"version": 1, "all": [{"field": "tag", "op": "is", "value": "RUN-vip"}]})
"""


@pytest.fixture
def run(page: Page, live_beckon: Installation) -> str:
    """A name of its own for everybody in this test, who signs in as the marketer."""
    name = f"m{uuid4().hex[:6]}"
    live_beckon.manage("shell", "-c", SEED.replace("RUN", name))
    page.goto(f"{live_beckon.url}/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill("a long enough phrase")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    return name


class Builder:
    """The rule builder, and the figure that moves with it."""

    def __init__(self, page: Page) -> None:
        self.page, self.rows = page, 0

    def figure(self, moved_from: int | None = None) -> int:
        shown = self.page.locator("#live-count b")
        if moved_from is not None:
            expect(shown).not_to_have_text(f"{moved_from:,}".replace(",", "\u202f"))
        return int(re.sub(r"\D", "", shown.inner_text()))

    def add(self, field: str, value: str, op: str = "") -> int:
        """Another condition; how many are left, which must be fewer."""
        before = self.figure()
        row = f"#row-{self.rows}"
        self.page.get_by_role("button", name="Add condition").click()
        expect(self.page.locator(f"{row}-field")).to_be_focused()
        if field != "platform":
            with self.page.expect_response(lambda answer: "/audiences/new/" in answer.url):
                self.page.locator(f"{row}-field").select_option(field)
        if op:
            with self.page.expect_response(lambda answer: "/audiences/new/" in answer.url):
                self.page.locator(f"{row}-op").select_option(op)
        typed = self.page.locator(f"{row}-value")
        if field == "platform":
            typed.select_option(value)
        else:
            typed.fill(value)
        self.rows += 1
        left = self.figure(moved_from=before)
        assert left < before
        return left


def test_an_audience_is_built_counted_reviewed_and_sent_to(
    page: Page, run: str, live_beckon: Installation, assert_accessible
):
    page.goto(f"{live_beckon.url}/audiences/new/")
    builder = Builder(page)
    expect(page.locator("#live-count")).to_contain_text("Everyone.")

    builder.add("platform", "ios")
    builder.add("country", "Austria")
    builder.add("last_seen", "30", op="in_last")
    builder.add("opened", "14", op="did_not")
    before = builder.figure()
    page.get_by_label("Except the people of").select_option(label=f"VIPs {run}")
    figure = builder.figure(moved_from=before)
    assert figure == before - 1
    expect(page.locator("#live-count")).to_contain_text(
        "Platform is iOS and country is Austria and last seen in the last 30 days and did not "
        f"open anything in the last 14 days. Except VIPs {run}."
    )
    assert_accessible(page)
    page.get_by_label("Name", exact=True).fill(f"Quiet iPhones {run}")
    page.get_by_role("button", name="Save audience").click()
    expect(page.locator("#count-now")).to_contain_text(f"{figure} people")

    page.get_by_role("link", name="Write to them").click()
    page.get_by_label("Title").fill(f"First snow {run}")
    page.get_by_label("Text", exact=True).fill("Twelve huts have beds.")
    expect(page.get_by_role("radio", name="Saved audience")).to_be_checked()
    expect(page.locator("#reach")).to_contain_text("Why not the other")
    page.get_by_role("button", name="Review").first.click()
    page.wait_for_url("**/review/")
    expect(page.locator("main")).to_contain_text(f"Audience “Quiet iPhones {run}”")

    for label, name in (("Notifications are off", "off"), ("Never asked", "unasked")):
        page.get_by_role("link", name=label).click()
        expect(page.get_by_role("table")).to_contain_text(f"{run}-{name}")
        expect(page.get_by_role("table")).not_to_contain_text(f"{run}-yes")
        page.get_by_role("link", name="Back to review").click()
    page.get_by_label("User id").fill(f"{run}-yes-1")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#one-person")).to_contain_text("will get it on 1 of 1 phone")
    page.get_by_label("User id").fill(f"{run}-vip")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#one-person")).to_contain_text(f"it leaves out “VIPs {run}”")

    page.get_by_label(re.compile("to confirm")).fill("Send Notification")
    page.get_by_role("button", name="Send Notification").click()
    expect(page.locator("[data-status=sent]")).to_be_visible(timeout=60_000)
    page.goto(f"{page.url}?tab=recipients&outcome=accepted")
    expect(page.get_by_role("table")).to_contain_text(f"{run}-yes-3")
    for name in ("vip", "opener", "lapsed", "german", "android", "off"):
        expect(page.get_by_role("table")).not_to_contain_text(f"{run}-{name}")
