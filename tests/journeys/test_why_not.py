"""Support is asked “why not?” by five people: five reasons, one sentence each, the same on the page,
in the ticket and through the API."""

import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.installation import Installation

pytestmark = pytest.mark.slow
SEED = """
import json, time, urllib.request
from datetime import timedelta
from django.conf import settings
from django.utils import timezone
from devices.audiences import keeping
from devices.models import AppUser
from notifications import tasks
from tests.factories import make_device, make_user
from tests.sending import confirmed, make_staff

support = make_staff("RUN", "support")
support.set_password("a long enough phrase")
support.save()

def person(short, seen=0, **attributes):
    last = timezone.now() - timedelta(days=seen)
    return make_user(f"RUN-{short}", attributes=attributes, tags=["RUN"], last_seen_at=last)

gone = make_device(person("gone", name="Tom Reiter"), platform="ios", model="iPhone 13")
make_device(person("off", name="Jonas Bauer"), platform="android", model="Pixel 8",
            system="denied", perm_denials=2)
make_device(person("often", name="Karl Fuchs"), platform="android", model="Pixel 7a")
make_device(person("long", name="Ida Prinz", motto="\\U0001f3d4" * 100), platform="ios")
make_device(person("lately", seen=12, name="Lisa Moser"), platform="ios", model="iPhone 14")
make_device(person("lapsed", seen=40), platform="ios")
asked = urllib.request.Request(
    f"{settings.SANDBOX_URL}/_sandbox/phones/{gone.token}", method="PUT",
    data=json.dumps({"state": "unregistered"}).encode(),
    headers={"X-Sandbox": "1", "Content-Type": "application/json"})
urllib.request.urlopen(asked)
rules = [{"field": "tag", "op": "is", "value": "RUN"},
         {"field": "last_seen", "op": "not_in_last", "value": 30}]
lapsed = keeping.create("Lapsed 30 days RUN", {"version": 1, "all": rules})

def sent(**fields):
    one = confirmed(**fields)
    tasks.ring(tasks.tick)
    for _ in range(300):
        one.refresh_from_db()
        if one.status == "sent":
            return one
        time.sleep(0.1)
    raise SystemExit(f"{one} is {one.status}")

sent(title="Snow report", send_to="users", recipients=["RUN-often"])
named = ["RUN-" + name for name in ("gone", "off", "often", "long")]
offer = sent(title="Offer for {{ name | default: 'you' }}", body="{{ motto | default: '-' }}" * 5,
             data={"k": "y" * 3000}, send_to="users", recipients=named, spare_after=1)
missed = sent(title="We miss you", send_to="audience", audience=lapsed)
print("MADE", offer.uuid, missed.uuid)
"""
WHY = {
    "gone": "the app was removed from this phone",
    "off": "notifications are off",
    "often": "they had 1 notification in the 24 hours before (“Snow report”)",
    "long": "with this person’s values the message is larger than 4\u202f000 bytes",
    "lately": "(last seen 12 days ago)",
}
NEXT = {
    "gone": "reachable again once the app is installed",
    "off": "The app can’t ask again.",
    "often": "They have room for another one from",
    "long": "Its text has to be shorter",
    "lately": "send it to them from their page",
}


@pytest.fixture
def run() -> str:
    return f"w{uuid4().hex[:6]}"


@pytest.fixture
def about(live_beckon: Installation, run: str) -> dict[str, str]:
    """By person: the id of the notification that they miss."""
    said = live_beckon.manage("shell", "-c", SEED.replace("RUN", run))
    found = re.search(r"MADE (\S+) (\S+)", said)
    assert found, said
    return {name: found[2] if name == "lately" else found[1] for name in WHY}


def test_five_people_ask_why_not_and_each_gets_one_sentence_everywhere(
    page: Page, live_beckon: Installation, run: str, about: dict[str, str], assert_accessible: Any
) -> None:
    page.goto(f"{live_beckon.url}/login/")
    page.get_by_label("Username").fill(run)
    page.get_by_label("Password", exact=True).fill("a long enough phrase")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    for name, why in WHY.items():
        page.keyboard.press("/")
        page.keyboard.type(f"{run}-{name}")
        page.keyboard.press("Enter")
        page.locator("select[name=about]").select_option(about[name])
        page.get_by_role("button", name="Explain").first.click()
        page.wait_for_url(f"**about={about[name]}**")
        expect(page.locator(".say")).to_contain_text(why)
        expect(page.locator(".next")).to_contain_text(NEXT[name])
        sentence = page.locator(".say").inner_text()

        page.get_by_role("button", name="Copy for the ticket").click()
        expect(page.get_by_text("Copied")).to_be_visible()
        ticket = page.evaluate("navigator.clipboard.readText()")
        assert sentence in ticket
        assert f"({run}-{name})" in ticket

        path = f"/api/v1/users/{run}-{name}/notifications/{about[name]}/explain"
        told = page.request.get(f"{live_beckon.url}{path}").json()
        assert told["sentence"] == sentence
        assert NEXT[name] in told["next_step"]
    assert told["message"]["title"] == "We miss you"
    assert_accessible(page)
