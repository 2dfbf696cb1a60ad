"""What a prompt would cost and whom it would reach, before it is live; and why not her."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices.audiences import keeping as audiences
from devices.models import Device
from devices.prompts import budget, checking, keeping
from devices.prompts.keeping import TEMPLATE
from tests.devices.prompts.phones import make_live
from tests.factories import make_device, make_user

pytestmark = pytest.mark.django_db
UNASKED = {"system": "not_determined"}


def population() -> None:
    make_device("ios-new", platform="ios", **UNASKED)
    make_device("ios-new-2", platform="ios", **UNASKED)
    make_device("ios-quiet", platform="ios", system="provisional")
    make_device("ios-denied", platform="ios", system="denied", perm_denials=1)
    make_device("android-new", **UNASKED)
    make_device("android-once", system="denied", perm_denials=1, perm_rationale=True)
    make_device("android-twice", system="denied", perm_denials=2, perm_rationale=False)
    make_device("android-32", target_sdk=32, **UNASKED)
    make_device("android-12", api_level=31, system="authorized")
    make_device("allows")
    make_device("opted-out", opted_out=True, **UNASKED)
    make_device("gone", state="unregistered", **UNASKED)


def draft(**fields):
    return keeping.create(TEMPLATE | fields)


def asks(found: budget.Budget) -> tuple[int, int, int, int]:
    return found.ios_first, found.android_first, found.android_second, found.asks_left


def test_the_budget_of_a_draft_counts_asks_and_whom_a_tap_would_ask():
    population()

    found = budget.budget(draft(), timezone.now())

    assert found.phones == 11
    assert asks(found) == (3, 3, 3, 9)  # Android twice: a first and a second; target 32: a first
    assert (found.would_see, found.could_ask, found.to_settings) == (8, 6, 2)
    assert found.reasons == {"already_allowed": 2, "opted_out_excluded": 1}
    assert found.by_platform["ios"] == budget.Sight(4, 3, 1)
    assert found.phones == found.would_see + sum(found.reasons.values())


@pytest.mark.parametrize(
    ("fields", "would_see", "phones"),
    [
        ({"platforms": ["ios"]}, 4, 11),
        ({"include_provisional": False}, 7, 11),
        ({"include_opted_out": True}, 9, 11),
        ({"fallback_to_settings": False}, 6, 11),
        ({"min_app_version": "1.0"}, 0, 11),
    ],
)
def test_the_budget_follows_the_rules_of_the_form_before_it_is_kept(fields, would_see, phones):
    population()
    unsaved = budget.unsaved(checking.check(TEMPLATE | fields))

    found = budget.budget(unsaved, timezone.now())

    assert (found.would_see, found.phones) == (would_see, phones)
    assert found.phones == found.would_see + sum(found.reasons.values())


def test_the_budget_is_that_of_the_audience_and_of_those_who_saw_it_lately():
    population()
    audience = audiences.create("Two", {"version": 1, "list": True})
    people = [Device.objects.get(owner__user_id=u).owner_id for u in ("ios-new", "android-new")]
    audiences.add(audience, people)
    now = timezone.now()
    prompt = make_live(now, audience=audience)
    seen = Device.objects.get(owner__user_id="ios-new")
    prompt.states.create(
        device=seen, platform="ios", displays=1, last_display_at=now - timedelta(days=3)
    )

    found = budget.budget(prompt, now)

    assert (found.phones, found.would_see, found.reasons) == (2, 1, {"gap": 1})
    assert asks(found) == (1, 1, 1, 3)
    other = budget.budget(draft(name="Other"), now - timedelta(days=2.5))
    assert other.reasons["global_cap"] == 1


def test_a_prompt_that_is_over_reaches_nobody():
    population()
    now = timezone.now()

    found = budget.budget(draft(ends_at=now - timedelta(days=1)), now)

    assert (found.would_see, found.reasons) == (0, {"outside_schedule": 11})


def test_the_simulator_says_for_each_of_her_phones_whether_and_why_not():
    ann = make_user("ann")
    make_device(ann, platform="ios", **UNASKED)
    make_device(ann)
    make_device(ann, system="denied", perm_denials=2, perm_rationale=False)
    prompt, now = draft(), timezone.now()

    asked, allowed, denied = budget.for_person(prompt, "ann", now)

    assert (asked.would_see, asked.next_action) == (True, "system_prompt")
    assert (allowed.would_see, allowed.reason) == (False, "already_allowed")
    assert allowed.sentence.startswith("The system allows notifications on this phone already")
    assert (denied.would_see, denied.next_action) == (True, "open_settings")
    assert budget.for_person(prompt, "nobody", now) == []
    keeping.move(prompt, "archive", now=now)
    prompt.refresh_from_db()
    assert budget.for_person(prompt, "ann", now)[0].reason == "not_live"


def test_the_simulator_knows_of_the_prompt_that_comes_first_and_of_audiences():
    device = make_device(make_user("ann"), **UNASKED)
    now = timezone.now()
    high = make_live(now, priority=5)
    nobody = make_live(
        now, priority=9, audience=audiences.create("No", {"version": 1, "list": True})
    )

    assert budget.for_person(draft(name="New"), "ann", now)[0].reason == "lower_priority"
    assert budget.for_device(device, now) == [(nobody, "audience_miss"), (high, "")]
