"""Waves: the same few phones first, a wait, more of them, the rest; none after a guard."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from devices.models import Device
from devices.registry import bucket_of
from notifications import lifecycle, reports, waves
from notifications.models import Batch, Delivery, Notification
from notifications.sending import clock, portions, sweep, waving
from notifications.states import NotificationStatus as S
from tests.sending import confirmed, make_draft, make_phones, make_staff, run_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]

NO_WAIT = {"percents": [10, 50], "wait_s": 0}


def reached(notification: Notification) -> set[int]:
    rows = Delivery.objects.filter(notification=notification)
    return set(rows.values_list("device_id", flat=True))


def in_first_wave(phones: list[Device], percent: float) -> list[Device]:
    return [one for one in phones if one.bucket < 100 * percent]


# ---------------------------------------------------------------- who is in which wave


@pytest.mark.parametrize("ids", ["{:032x}", "0f{:06x}-4c1e-phone", "user{}-pixel"])
def test_one_percent_of_fifty_thousand_phones_is_one_percent(ids):
    waved = Notification(waves=waves.check({"percents": [1, 10]}))
    buckets = [bucket_of(ids.format(n)) for n in range(50_000)]

    cut = portions.of(waved, clock.now())
    counts = [sum(one.bucket_from <= bucket < one.bucket_to for bucket in buckets) for one in cut]

    assert sum(counts) == 50_000
    assert counts[0] / 500 == pytest.approx(1, abs=0.3)
    assert counts[1] / 500 == pytest.approx(9, abs=0.5)
    assert [one.due_at == portions.HELD_BACK for one in cut] == [False, True, True]


def test_the_same_phones_are_first_every_time_whoever_else_is_there(sandbox):
    phones = make_phones(300)
    once = confirmed(waves=NO_WAIT)
    run_all()
    first = reached(once)
    make_phones(300, first=300)
    again = confirmed(waves=NO_WAIT)

    run_all()

    assert first == {one.pk for one in in_first_wave(phones, 10)}
    assert first == reached(again) & {one.pk for one in phones}
    assert 10 < len(first) < 60


@pytest.mark.parametrize("send_to", ["everyone", "users"])
def test_every_phone_gets_it_once_wave_by_wave(sandbox, settings, send_to):
    settings.BATCH_THRESHOLD, settings.BATCH_SIZE = 100, 50
    phones = make_phones(300)
    to = {"recipients": [f"phone-{n}" for n in range(300)]} if send_to == "users" else {}
    notification = confirmed(waves=NO_WAIT, send_to=send_to, **to)
    gone = []

    for _ in range(4):
        run_all()
        gone.append(len(reached(notification)))
        sweep.finish_all(clock.now())

    notification.refresh_from_db()
    assert notification.status == S.SENT
    halfway = len(in_first_wave(phones, 50))
    assert gone == [len(in_first_wave(phones, 10)), halfway, 300, 300]
    assert (sandbox.stats()["accepted"], sandbox.stats()["max_per_token"]) == (300, 1)
    assert reports.counts(notification).planned == 300


def test_the_next_wave_waits_its_time_after_the_former_is_done(sandbox):
    make_phones(200)
    notification = confirmed(waves={"percents": [10], "wait_s": 600})
    run_all()
    first = reached(notification)

    sweep.finish_all(clock.now())
    run_all()
    due_at = notification.batches.unfinished().values_list("due_at", flat=True).get()

    assert reached(notification) == first
    assert timedelta(seconds=590) < due_at - clock.now() <= timedelta(seconds=600)
    standing = waving.standing(notification, clock.now())
    assert [one.state for one in standing] == ["done", "soon"]
    Batch.objects.filter(notification=notification).update(due_at=clock.now())
    run_all()
    notification.refresh_from_db()
    assert (notification.status, len(reached(notification))) == (S.SENT, 200)


def test_a_wave_whose_phones_still_wait_for_a_retry_is_not_done(sandbox, settings):
    settings.RETRY_SECONDS = 600
    phones = make_phones(200)
    late = in_first_wave(phones, 10)[0]
    sandbox.set_faults([{"match": {"token": late.token}, "do": "unavailable"}])
    notification = confirmed(waves={"percents": [10], "wait_s": 0})

    run_all()
    sweep.finish_all(clock.now())

    notification.refresh_from_db()
    assert notification.status == S.SENDING
    assert [one.state for one in waving.standing(notification, clock.now())] == ["done", "later"]


def test_an_empty_wave_keeps_nobody_waiting(sandbox):
    phones = make_phones(5)
    Device.objects.filter(pk__in=[one.pk for one in phones]).update(bucket=9_000)
    notification = confirmed(waves={"percents": [1, 10], "wait_s": 600})

    run_all()
    sweep.finish_all(clock.now())
    run_all()

    notification.refresh_from_db()
    assert (notification.status, len(reached(notification))) == (S.SENT, 5)
    states = [one.state for one in waving.standing(notification, clock.now())]
    assert states == ["empty", "empty", "done"]


def test_tick_after_tick_lets_only_one_wave_go(sandbox):
    make_phones(300)
    notification = confirmed(waves={"percents": [10, 50], "wait_s": 600})
    run_all()

    moved = [waving.advance(notification.pk, clock.now()) for _ in range(3)]

    assert moved == [True, False, False]
    held = notification.batches.filter(due_at=portions.HELD_BACK)
    assert set(held.values_list("bucket_from", flat=True)) == {5_000}


def test_stop_and_resume_between_waves_leave_exact_counts(sandbox):
    phones = make_phones(300)
    notification = confirmed(waves=NO_WAIT)
    run_all()
    ops = make_staff("olga", "ops")

    lifecycle.pause(notification, by=ops, now=clock.now())
    sweep.finish_all(clock.now())
    run_all()
    paused = reports.counts(notification)
    lifecycle.resume(notification, by=ops, now=clock.now())
    sweep.finish_all(clock.now())
    run_all()
    lifecycle.stop(notification, by=ops, now=clock.now())
    sweep.finish_all(clock.now())
    run_all()

    first, half = len(in_first_wave(phones, 10)), len(in_first_wave(phones, 50))
    stopped = reports.counts(notification)
    assert (paused.accepted, paused.not_sent) == (first, 300 - first)
    assert (stopped.accepted, stopped.not_sent, stopped.stopped) == (half, 300 - half, 0)
    states = [one.state for one in waving.standing(notification, clock.now())]
    assert states == ["done", "done", "stopped"]


def test_what_a_wrong_setup_blocks_pauses_it_although_waves_wait(sandbox):
    make_phones(300)
    sandbox.set_faults([{"match": {}, "do": "permission_denied"}])
    notification = confirmed(waves=NO_WAIT)

    run_all()
    sweep.finish_all(clock.now())

    notification.refresh_from_db()
    assert (notification.status, notification.paused_reason) == (S.PAUSED, "iam")


# ---------------------------------------------------------------- what waves may be


@pytest.mark.parametrize(
    "wrong",
    [
        {"percents": []}, {"percents": [0]}, {"percents": [100]}, {"percents": [10, 1]},
        {"percents": ["1"]}, {"percents": [1, 1]}, {"percents": [1], "wait_s": -1},
        {"percents": [1], "wait_s": 86_401}, {"percents": [1], "wait_s": True},
        {"percents": list(range(1, 11))}, {"share": 1}, [1, 10], "1",
    ],
)  # fmt: skip
def test_waves_are_rising_shares_and_a_wait(wrong):
    with pytest.raises(ValidationError) as refused:
        waves.check(wrong)

    assert "waves" in refused.value.message_dict


def test_waves_as_people_type_them():
    assert waves.read("1 %, 10") == [1, 10]
    assert waves.check({"percents": waves.read("0.5 → 25%")})["percents"] == [0.5, 25]
    with pytest.raises(ValidationError):
        waves.read("one, ten")


def test_a_review_is_bound_to_its_waves():
    make_phones(30)
    ops = make_staff()
    draft = make_draft(ops)
    found = lifecycle.review(draft, by=ops, now=clock.now())
    lifecycle.revise(draft, {"waves": NO_WAIT}, by=ops, version=draft.version)

    with pytest.raises(lifecycle.StaleReview):
        lifecycle.confirm(
            draft, by=ops, phrase="Send Notification", token=found.token, now=clock.now()
        )
