"""The guards of waves: what goes wrong in one halts the next, until a person looked."""

import pytest

from devices.models import Device
from notifications import access, copying, lifecycle, waves
from notifications.models import Notification
from notifications.sending import clock, counters, guards, sweep, waving
from notifications.states import NotificationStatus as S
from tests.notifications.test_waves import NO_WAIT, in_first_wave, reached
from tests.sending import confirmed, make_phones, make_staff, run_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]


@pytest.mark.parametrize(
    ("fault", "guard"), [("unregistered", "dead_token"), ("sender_mismatch", "mismatch")]
)
def test_a_poisoned_wave_halts_before_the_second(sandbox, fault, guard):
    phones = make_phones(400)
    first = in_first_wave(phones, 10)
    sandbox.set_faults(
        [{"match": {"token": one.token}, "do": fault} for one in first[: len(first) // 2]]
    )
    notification = confirmed(waves=NO_WAIT)

    for _ in range(3):
        run_all()
        sweep.finish_all(clock.now())

    notification.refresh_from_db()
    assert (notification.status, notification.paused_reason) == (S.PAUSED, "guard")
    facts = notification.paused_facts
    assert (facts["guard"], facts["count"], facts["answered"]) == (
        guard, len(first) // 2, len(first),
    )  # fmt: skip
    assert reached(notification) == {one.pk for one in first}
    states = [one.state for one in waving.standing(notification, clock.now())]
    assert states == ["done", "later", "later"]


def test_a_guard_is_pulled_amid_a_wave_and_retires_nobody_before_a_person_looked(sandbox, settings):
    settings.SEND_WINDOW, settings.BATCH_SIZE = 25, 400
    phones = make_phones(400)
    first = in_first_wave(phones, 50)
    sandbox.set_faults([{"match": {"token": one.token}, "do": "unregistered"} for one in first])
    notification = confirmed(waves={"percents": [50], "wait_s": 0})

    run_all()

    notification.refresh_from_db()
    assert (notification.status, notification.paused_reason) == (S.PAUSED, "guard")
    assert len(reached(notification)) < len(first) / 2
    assert Device.objects.active().count() == 400
    lifecycle.resume(notification, by=make_staff("olga", "ops"), now=clock.now())
    assert Device.objects.active().count() == 400 - len(reached(notification))


def test_below_the_least_number_of_answers_no_guard_is_pulled(sandbox):
    phones = make_phones(100)
    first = in_first_wave(phones, 10)
    assert len(first) < 20
    sandbox.set_faults([{"match": {"token": one.token}, "do": "unregistered"} for one in first])
    notification = confirmed(waves={"percents": [10], "wait_s": 0})

    run_all()
    sweep.finish_all(clock.now())
    run_all()

    notification.refresh_from_db()
    assert notification.status == S.SENT


def test_a_guard_that_was_lifted_is_not_pulled_again_and_others_are(sandbox):
    phones = make_phones(400)
    first = in_first_wave(phones, 10)
    sandbox.set_faults(
        [{"match": {"token": one.token}, "do": "unregistered"} for one in first[:10]]
    )
    notification = confirmed(waves=NO_WAIT)
    run_all()
    sweep.finish_all(clock.now())
    notification.refresh_from_db()

    marketer = make_staff("max", "marketer")
    with pytest.raises(access.NotAllowed):
        lifecycle.resume(notification, by=marketer, now=clock.now())
    lifecycle.resume(notification, by=make_staff("olga", "ops"), now=clock.now())
    sandbox.set_faults([{"match": {}, "do": "sender_mismatch", "times": 15}])
    sweep.finish_all(clock.now())
    run_all()
    sweep.finish_all(clock.now())

    notification.refresh_from_db()
    assert (notification.status, notification.paused_facts["guard"]) == (S.PAUSED, "mismatch")
    assert waves.as_planned(notification.waves) == NO_WAIT
    assert copying.duplicate(notification, by=marketer).waves == NO_WAIT


def test_a_worker_that_still_listens_does_not_pull_a_guard_that_was_just_lifted(sandbox):
    phones = make_phones(400)
    first = in_first_wave(phones, 10)
    sandbox.set_faults([{"match": {"token": one.token}, "do": "unregistered"} for one in first])
    notification = confirmed(waves=NO_WAIT)
    run_all()
    as_the_worker_knows_it = Notification.objects.get(pk=notification.pk)
    notification.refresh_from_db()

    lifecycle.resume(notification, by=make_staff("olga", "ops"), now=clock.now())

    answers = counters.Delta({("ios", "dead_token", "unregistered"): 60})
    assert guards.of_waves(as_the_worker_knows_it, answers) == {}


def test_what_a_person_has_seen_and_resumed_pulls_no_other_guard(sandbox):
    phones = make_phones(400)
    first = in_first_wave(phones, 10)
    sandbox.set_faults([{"match": {"token": one.token}, "do": "too_big"} for one in first[:10]])
    notification = confirmed(waves=NO_WAIT)
    run_all()
    notification.refresh_from_db()
    assert (notification.status, notification.paused_reason) == (S.PAUSED, "bad_message")

    lifecycle.resume(notification, by=make_staff("olga", "ops"), now=clock.now())
    sweep.finish_all(clock.now())

    notification.refresh_from_db()
    assert notification.status == S.SENDING
    fresh = counters.Delta({("ios", "rejected", "invalid_argument"): 20})
    found = guards.of_waves(notification, fresh)
    assert (found["guard"], found["count"], found["answered"]) == ("rejected", 20, 20)
