"""The counts that are kept are those of a slow recount, whatever happens in whatever order."""

import os
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console import demo_prompts
from devices import consent, samples, upkeep
from devices.consent import Said
from devices.models import Device, Prompt, PromptEvent, PromptState
from devices.permission import Report
from devices.prompts import events, keeping, rollups, sessions, stats
from devices.prompts.events import Impossible, NotEligible, Told
from devices.prompts.numbers import Numbers, Rate
from tests.devices.prompts.phones import make_live
from tests.devices.prompts.recount import kept, recount
from tests.examples import examples
from tests.factories import make_device

pytestmark = pytest.mark.django_db
PHONES = int(os.environ.get("BECKON_PROMPT_PHONES", "400"))
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.timeout(3_600 if PHONES > 1_000 else 120)
def test_the_report_of_a_seeded_history_is_that_of_a_recount_and_rebuilding_changes_nothing():
    now = timezone.now()
    samples.make_users(PHONES // 2, now)
    list(samples.make_devices(PHONES, now))
    started = time.monotonic()
    met = demo_prompts.make(now)
    seeded = time.monotonic()
    prompt = Prompt.objects.get()

    assert rollups.rebuild(prompt, now) == 0
    rebuilt = time.monotonic()
    assert kept(prompt) == recount(prompt)
    numbers = stats.read(prompt)
    assert numbers.eligible + numbers.held_out == met > PHONES * 0.2
    assert numbers.eligible >= numbers.shown > numbers.tapped > numbers.granted > 0
    assert min(numbers.held_out, numbers.recovered, numbers.burned, numbers.dismissals) > 0
    assert numbers.converted <= numbers.shown
    assert len(stats.by_version(prompt)) == 2
    assert demo_prompts.make(now) == 0
    print(
        f"{PHONES:,} phones, {PromptEvent.objects.count():,} events: seeded in "
        f"{seeded - started:.1f} s, rebuilt in {rebuilt - seeded:.1f} s, "
        f"recounted in {time.monotonic() - rebuilt:.1f} s; {numbers.counts()}"
    )


def test_counts_that_went_wrong_are_put_right(capsys):
    now = timezone.now()
    samples.make_users(100, now)
    list(samples.make_devices(200, now))
    demo_prompts.make(now)
    prompt = Prompt.objects.get()
    wrong = prompt.days.first()
    prompt.days.exclude(pk=wrong.pk).last().delete()
    prompt.days.filter(pk=wrong.pk).update(shown=4_711, impressions=0)

    call_command("prompts", "rebuild")

    assert "Push Permission Prompt: 2 rows of counts were wrong." in capsys.readouterr().out
    assert kept(prompt) == recount(prompt)


def test_days_whose_events_are_gone_keep_their_counts(settings):
    now = timezone.now()
    samples.make_users(100, now)
    list(samples.make_devices(200, now))
    demo_prompts.make(now)
    prompt = Prompt.objects.get()
    before = kept(prompt)
    settings.KEEP_DAYS = 10

    assert upkeep.forget_prompt_events(now) > 0
    assert rollups.rebuild(prompt, now) == 0
    assert kept(prompt) == before


# ---------------------------------------------------------------- in any order

DEVICES, PROMPTS = st.integers(0, 1), st.integers(0, 1)
TOLD = st.one_of(
    st.tuples(st.just("impression"), st.just({})),
    st.tuples(st.just("impression"), st.just({"late": True})),
    st.tuples(st.just("click"), st.just({})),
    st.tuples(st.just("dismiss"), st.just({})),
    st.tuples(st.just("system_prompt_shown"), st.just({})),
    st.tuples(
        st.just("system_prompt_result"),
        st.fixed_dictionaries(
            {"result": st.sampled_from(["granted", "denied", "dismissed"])},
            optional={"elapsed_ms": st.sampled_from([50, 5_000])},
        ),
    ),
    st.tuples(st.just("system_prompt_result"), st.just({"result": "dismissed"})),
    st.tuples(st.just("settings_opened"), st.just({})),
    st.tuples(
        st.just("settings_returned"),
        st.fixed_dictionaries({"system": st.sampled_from(["authorized", "denied"])}),
    ),
    st.tuples(st.just("opt_in"), st.just({})),
)
STEP = st.one_of(
    *[st.tuples(st.just("tell"), DEVICES, PROMPTS, TOLD)] * 6,
    st.tuples(st.just("again"), DEVICES, PROMPTS, st.none()),
    st.tuples(st.just("open"), DEVICES, PROMPTS, st.none()),
    st.tuples(st.just("report"), DEVICES, PROMPTS, st.sampled_from(["authorized", "denied"])),
    st.tuples(st.just("opt_out"), DEVICES, PROMPTS, st.none()),
    st.tuples(st.just("move"), DEVICES, PROMPTS, st.none()),
    st.tuples(st.just("wait"), DEVICES, PROMPTS, st.sampled_from([1, 23, 25, 24 * 15])),
)


class Run:
    """One history of two phones and two prompts."""

    def __init__(self) -> None:
        self.now = START
        self.phones = [
            make_device(platform="ios", system="not_determined", device_id="I"),
            make_device(platform="android", system="not_determined", device_id="A"),
        ]
        Device.objects.update(last_seen_at=START)
        self.prompts = [
            make_live(START, gap_seconds=0, include_opted_out=True, holdout_pct=0),
            make_live(START, frequency="every_time", priority=1),
        ]
        self.standing = [[(START, d.perm_status)] for d in self.phones]
        self.told: list[Told] = []

    def step(self, verb: str, d: int, p: int, facts: object) -> None:
        self.now += timedelta(minutes=1)
        phone, prompt = self.phones[d], self.prompts[p]
        match verb:
            case "tell":
                self.tell(d, prompt, *facts)
            case "again" if self.told:
                assert events.record(self.told[-1], now=self.now).duplicate
            case "open":
                sessions.start(phone.device_id, f"s{self.now}", now=self.now)
            case "report":
                consent.report(phone.device_id, Said(Report(facts)), at=self.now)
            case "opt_out":
                consent.opt_out(phone.device_id, at=self.now)
            case "move":
                prompt.refresh_from_db()
                verb = "pause" if prompt.status == "live" else "live"
                keeping.move(prompt, verb, now=self.now)
            case "wait":
                self.now += timedelta(hours=facts)
        phone.refresh_from_db()
        self.standing[d].append((self.now, phone.perm_status))

    def tell(self, d: int, prompt: Prompt, kind: str, facts: dict) -> None:
        phone = self.phones[d]
        phone.refresh_from_db()
        late = facts.get("late")
        at = self.now - timedelta(hours=2) if late else None
        named = {name: value for name, value in facts.items() if name != "late"}
        told = Told(f"e{self.now}", prompt.pk, phone.device_id, kind, at=at, **named)
        spent = (phone.asks_left, phone.perm_denials)
        try:
            events.record(told, now=self.now)
        except (NotEligible, Impossible):
            return
        self.told.append(told)
        if kind == "impression":
            moment = max(at or self.now, START)
            before = [status for when, status in self.standing[d] if when <= moment]
            assert before[-1] != "granted", "shown to somebody who allows notifications"
        phone.refresh_from_db()
        if kind == "dismiss" or facts.get("result") == "dismissed":
            assert (phone.asks_left, phone.perm_denials) == spent


@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEP, min_size=3, max_size=25))
def test_no_order_shows_it_to_the_granted_spends_an_ask_on_a_dismissal_or_counts_a_phone_twice(
    db, steps
):
    with transaction.atomic():
        run = Run()
        for step in steps:
            run.step(*step)
        for prompt in run.prompts:
            assert kept(prompt) == recount(prompt)
            assert rollups.rebuild(prompt, run.now) == 0
            numbers = stats.read(prompt)
            assert numbers.converted <= numbers.shown <= numbers.eligible <= 2
            assert numbers.impressions == sum(s.displays for s in prompt.states.all())
        shown = PromptEvent.objects.filter(type="impression").order_by("device", "at")
        moments = [(event.device_id, event.at) for event in shown]
        for (one, earlier), (other, later) in pairwise(moments):
            assert one != other or later - earlier >= timedelta(hours=24)
        assert PromptState.objects.filter(converted_at__isnull=False, displays=0).count() == 0
        transaction.set_rollback(True)


# ---------------------------------------------------------------- rates


@pytest.mark.parametrize(
    ("hits", "n", "percent", "low", "high"),
    [
        (29, 29, None, None, None), (0, 30, 0.0, 0.0, 11.35), (30, 30, 100.0, 88.65, 100.0),
        (50, 100, 50.0, 40.38, 59.62), (1, 1_000, 0.1, 0.02, 0.56),
    ],
)  # fmt: skip
def test_shares_have_a_wilson_interval_and_are_not_told_below_thirty(hits, n, percent, low, high):
    assert Rate(hits, n).as_dict() == {
        "hits": hits, "n": n, "percent": percent, "low": low, "high": high,
    }  # fmt: skip


def test_the_lift_compares_those_eligible_with_those_held_out():
    numbers = Numbers(eligible=900, eligible_allowed=270, held_out=100, held_out_allowed=20)

    lift = numbers.lift.as_dict()
    assert (lift["points"], lift["low"], lift["high"]) == (10.0, 0.65, 17.34)
    assert Numbers(eligible=900, held_out=29).lift.points is None
