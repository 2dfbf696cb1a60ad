"""What can go wrong while sending, and what the engine makes of it. In this process: the rows say
everything, so what workers do can be done here, step by step."""

import json
import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devices import registry
from devices.models import AppUser, Device
from devices.states import Actor, DeviceState
from notifications import lifecycle, reports, starting
from notifications.fcm.outcomes import Answer, Kind
from notifications.models import Batch, Delivery, Notification, ProjectPause
from notifications.sending import channel, clock, delivery, lease, pacing, pause, sweep
from notifications.sending.opening import Opening
from notifications.states import NotificationStatus as S
from notifications.states import Outcome
from tests.sending import confirmed, make_draft, make_phones, make_staff, run_all, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]


def run_until(notification: Notification, status: str = S.SENT, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        run_all()
        notification.refresh_from_db()
        if notification.status == status:
            return
        assert time.monotonic() < deadline, f"still {notification.status}"
        time.sleep(0.05)


def adds_up(notification: Notification) -> reports.Counts:
    """I1: rows, counters and what was targeted say the same."""
    found = reports.counts(notification)
    rows = list(
        Delivery.objects.filter(notification=notification).values_list("outcome", flat=True)
    )
    for outcome in Outcome:
        assert getattr(found, outcome) == rows.count(outcome), outcome
    assert found.targeted == len(rows)
    return found


def begun(**fields) -> Notification:
    """Started and planned; nothing is sent yet."""
    notification = confirmed(**fields)
    starting.start_due(clock.now())
    run_plan(notification)
    return notification


def run_plan(notification: Notification) -> None:
    plan = notification.batches.get()
    delivery.deliver(plan.pk, get_client=channel.client, stopping=lambda: False)
    notification.refresh_from_db()


def send_one_batch(notification: Notification) -> None:
    batch = notification.batches.primary().unfinished().order_by("pk").first()
    delivery.deliver(batch.pk, get_client=channel.client, stopping=lambda: False)


def opened(notification: Notification) -> Opening:
    """A worker between its first opening and the answers."""
    batch = notification.batches.primary().unfinished().order_by("pk").first()
    opening = Opening(lease.claim(batch.pk))
    opening.step([], [], 500)
    return opening


# ---------------------------------------------------------------- sizes


def _targeted(batch: Batch) -> int:
    return sum(mine["targeted"] for mine in batch.counters.values())


@pytest.mark.timeout(240)
def test_ten_thousand_and_one_phones_get_one_revision_once_each(sandbox):
    make_phones(10_001)
    notification = confirmed()

    run_all()

    notification.refresh_from_db()
    found = adds_up(notification)
    assert (notification.status, notification.batch_mode) == (S.SENT, True)
    assert (found.planned, found.accepted) == (10_001, 10_001)
    ranges = notification.batches.primary()
    assert ranges.count() == 3
    assert max(_targeted(batch) for batch in ranges) == 5_000
    stats = sandbox.stats()
    assert (stats["accepted"], stats["max_per_token"]) == (10_001, 1)
    said = {json.dumps(one["message"]["notification"]) for one in sandbox.messages(limit=1_000)}
    assert len(said) == 1


def test_never_more_than_a_window_is_on_the_wire(sandbox, settings):
    settings.SEND_WINDOW = 20
    make_phones(100)
    batch = begun().batches.primary().get()
    opening = Opening(lease.claim(batch.pk))

    opened = [len(opening.step([], [], 500)) for _ in range(2)]
    taken = Answer(Kind.ACCEPTED, message_id="projects/p/messages/1")
    answered = [(pk, taken) for pk in list(opening.out)[:5]]
    refilled = [len(opening.step(each, [], 500)) for each in (answered, [])]

    batch.refresh_from_db()
    assert (opened, sum(refilled)) == ([20, 0], 5)
    assert (len(opening.out), batch.in_doubt) == (20, 20)


def test_just_below_at_and_above_the_threshold_outcomes_are_the_same(sandbox, settings):
    settings.BATCH_THRESHOLD, settings.BATCH_SIZE = 100, 40
    modes = []
    for count, first in ((99, 0), (1, 99), (1, 100)):
        make_phones(count, first=first)
        notification = confirmed()
        run_all()
        notification.refresh_from_db()
        found = adds_up(notification)
        assert found.accepted == found.planned == first + count
        modes.append((found.accepted, notification.batch_mode, notification.status))

    assert modes == [(99, False, S.SENT), (100, False, S.SENT), (101, True, S.SENT)]


def test_to_one_phone_and_to_none(sandbox):
    with pytest.raises(ValidationError):
        lifecycle.review(make_draft(), by=make_staff(), now=timezone.now())
    make_phones(1)

    notification = confirmed()
    run_all()

    assert adds_up(notification).accepted == 1


def test_a_person_who_is_named_twice_gets_one_message(sandbox):
    make_phones(3)
    notification = confirmed(send_to="users", recipients=["phone-1", "phone-2", "phone-1"])

    run_all()

    assert adds_up(notification).accepted == 2
    assert sandbox.stats()["max_per_token"] == 1


# ---------------------------------------------------------------- phones that change meanwhile


def test_phones_that_come_after_the_start_are_not_in_it_and_those_that_go_are_not_sent_to(
    sandbox, settings
):
    settings.BATCH_SIZE = 10
    make_phones(30)
    notification = confirmed(batch_mode=True)
    starting.start_due(clock.now())
    make_phones(20, first=30)
    run_plan(notification)
    send_one_batch(notification)
    Device.objects.filter(device_id__in=[f"phone-device-{n}" for n in (15, 25)]).delete()

    run_all()

    found = adds_up(notification)
    assert (found.planned, found.accepted) == (30, 28)
    assert sandbox.messages(token=token_of(35)) == []


def test_a_phone_that_another_person_signed_in_on_is_not_sent_to(sandbox):
    make_phones(3)
    notification = begun(send_to="users", recipients=["phone-0", "phone-1"])
    other = AppUser.objects.create(user_id="other")
    Device.objects.filter(device_id="phone-device-1").update(owner=other)

    run_all()

    found = adds_up(notification)
    assert (found.accepted, found.reasons) == (1, {"owner_changed": 1})
    assert sandbox.messages(token=token_of(1)) == []


def test_who_opts_out_before_her_window_opens_is_left_out(sandbox, settings):
    settings.BATCH_SIZE = 2
    make_phones(4)
    notification = begun(batch_mode=True)
    send_one_batch(notification)
    Device.objects.filter(device_id="phone-device-3").update(opted_out=True, deliverable=False)

    run_all()

    found = adds_up(notification)
    assert (found.accepted, found.reasons) == (3, {"opted_out": 1})
    assert sandbox.messages(token=token_of(3)) == []


def test_a_phone_with_a_new_token_outlives_the_word_about_its_old_one(sandbox):
    phone = make_phones(1)[0]
    opening = opened(begun())
    said = registry.Registration("phone-device-0", "android", "phone-0", token_of(900))

    registry.register(said, actor=Actor.CLIENT, at=timezone.now())
    opening.step([(phone.pk, Answer(Kind.DEAD_TOKEN, "unregistered"))], [], 0)

    phone.refresh_from_db()
    assert (phone.state, phone.token) == (DeviceState.ACTIVE, token_of(900))
    assert adds_up(Notification.objects.get()).dead_token == 1


def test_a_dead_phone_is_left_out_until_it_registers_again(sandbox):
    make_phones(3)
    sandbox.set_phone(token_of(1), "unregistered")
    confirmed()
    run_all()
    without = confirmed()
    run_all()
    said = registry.Registration("phone-device-1", "ios", "phone-1", token_of(901))
    registry.register(said, actor=Actor.CLIENT, at=timezone.now())
    again = confirmed()
    run_all()

    assert adds_up(without).targeted == 2
    assert adds_up(again).accepted == 3
    assert len(sandbox.messages(token=token_of(901))) == 1


# ---------------------------------------------------------------- what FCM asks of us


def test_a_project_wide_429_quiets_everything_until_its_time_and_costs_no_worker(sandbox):
    make_phones(40)
    one = begun()
    sandbox.set_faults([{"match": {}, "do": "quota", "retry_after": 2, "scope": "project"}])
    asked_at, began = clock.now(), time.monotonic()
    send_one_batch(one)
    returned_after = time.monotonic() - began
    sandbox.set_faults([])
    other = begun()
    requests = sandbox.stats()["requests"]

    ends = ProjectPause.objects.get().until
    assert ends >= asked_at + timedelta(seconds=2)
    assert returned_after < 1.5
    run_all()
    assert clock.now() < ends, "too slow to see anything"
    assert sandbox.stats()["requests"] == requests
    assert not lease.due("bulk").exists()
    run_until(one)
    run_until(other)

    assert clock.now() >= ends
    assert adds_up(one).accepted == adds_up(other).accepted == 40
    assert sandbox.stats()["max_per_token"] == 2  # once by each of the two


def test_a_429_without_a_time_waits_a_minute_and_one_for_a_phone_holds_that_phone_only(sandbox):
    make_phones(10)
    fault = {"match": {"token": token_of(4)}, "do": "quota", "scope": "device", "times": 1}
    sandbox.set_faults([fault])
    notification = confirmed()

    run_all()

    found = adds_up(notification)
    waits = Batch.objects.get(notification=notification, finished_at=None)
    assert (found.accepted, found.waiting) == (9, 1)
    assert waits.due_at - clock.now() > timedelta(seconds=55)
    assert pause.until(clock.now()) is None


def test_retries_wait_at_least_their_floor_and_not_all_the_same(sandbox, settings):
    settings.BATCH_SIZE = 10
    make_phones(60)
    sandbox.set_faults([{"match": {}, "do": "unavailable"}])
    notification = confirmed(batch_mode=True)
    began = clock.now()

    run_all()

    dues = set(
        Batch.objects.filter(notification=notification, finished_at=None).values_list(
            "due_at", flat=True
        )
    )
    assert min(dues) - began >= timedelta(seconds=settings.RETRY_SECONDS)
    assert len(dues) == 6
    assert max(dues) - min(dues) > timedelta(milliseconds=200)


def test_after_an_hour_without_luck_a_message_expires(sandbox, settings):
    settings.RETRY_SECONDS = 0.1
    make_phones(4)
    sandbox.set_faults([{"match": {}, "do": "unavailable"}])
    notification = confirmed()
    run_all()
    Delivery.objects.update(started_at=clock.now() - timedelta(minutes=61))

    run_until(notification)

    found = adds_up(notification)
    assert (found.expired, found.waiting) == (4, 0)
    assert found.reasons == {"unavailable": 4}


def test_few_list_batches_hold_many_retries(sandbox, settings):
    """Twenty transactions record one batch; what they found wanting waits in one list."""
    settings.SEND_WINDOW = 50
    make_phones(500)
    sandbox.set_faults([{"match": {"token_share": 0.2}, "do": "unavailable"}])
    notification = confirmed()

    run_all()

    waiting = adds_up(notification).waiting
    lists = Batch.objects.filter(notification=notification, kind="list")
    assert waiting > 50
    assert lists.count() <= 2
    held = sum(batch.last_pk for batch in lists)
    assert held == sum(len(bytes(batch.members)) // 16 for batch in lists) == waiting


def test_a_list_that_someone_claimed_is_not_added_to(sandbox, settings):
    settings.SEND_WINDOW = 2
    make_phones(4)
    opening = opened(begun())
    failed = Answer(Kind.RETRY, "unavailable")
    first, second = list(opening.out)
    opening.step([(first, failed)], [], 0)
    mine = Batch.objects.get(kind="list")
    Batch.objects.filter(pk=mine.pk).update(due_at=clock.now())
    claimed = lease.claim(mine.pk)
    Batch.objects.filter(pk=mine.pk).update(due_at=clock.now() + timedelta(hours=1))

    opening.step([(second, failed)], [], 0)

    mine.refresh_from_db()
    assert claimed is not None
    assert mine.last_pk == 1
    assert Batch.objects.filter(kind="list").count() == 2


# ---------------------------------------------------------------- messages and tokens refused


def test_one_phone_that_fcm_will_not_have_is_no_trouble_to_the_others(sandbox):
    make_phones(500)
    sandbox.set_faults([{"match": {"token": token_of(77)}, "do": "malformed_token"}])
    notification = confirmed()

    run_all()

    notification.refresh_from_db()
    found = adds_up(notification)
    assert (notification.status, found.accepted, found.dead_token) == (S.SENT, 499, 1)


def test_a_message_that_fcm_refuses_pauses_before_many_are_tried(sandbox, settings):
    settings.SEND_WINDOW = 20
    make_phones(200)
    sandbox.set_faults([{"match": {}, "do": "invalid_argument"}])
    notification = confirmed()

    run_all()

    notification.refresh_from_db()
    found = adds_up(notification)
    assert (notification.status, notification.paused_reason) == (S.PAUSED, "bad_message")
    assert 0 < found.rejected <= 20
    assert found.targeted == found.rejected
    assert Device.objects.active().count() == 200


def test_where_everyone_is_dead_nobody_is_retired_until_a_person_says_so(sandbox):
    make_phones(1_000)
    sandbox.set_faults([{"match": {}, "do": "unregistered"}])
    notification = confirmed()

    run_all()

    notification.refresh_from_db()
    braked = adds_up(notification)
    assert (notification.status, notification.paused_reason) == (S.PAUSED, "brake")
    assert 100 < braked.dead_token <= 500
    assert Device.objects.active().count() == 1_000

    came_back = Device.objects.order_by("pk").first()
    Device.objects.filter(pk=came_back.pk).update(last_seen_at=timezone.now())
    lifecycle.resume(notification, by=make_staff(role="admin"), now=clock.now())
    retired_at_once = 1_000 - Device.objects.active().count()
    run_until(notification)

    assert retired_at_once == braked.dead_token - 1
    assert adds_up(notification).dead_token == 1_000
    assert list(Device.objects.active().values_list("pk", flat=True)) == [came_back.pk]


def test_a_brake_that_is_stopped_retires_nobody(sandbox):
    make_phones(300)
    sandbox.set_faults([{"match": {}, "do": "unregistered"}])
    notification = confirmed()
    run_all()
    notification.refresh_from_db()

    lifecycle.stop(notification, by=make_staff(role="admin"), now=clock.now())
    run_all()

    assert Device.objects.active().count() == 300


# ---------------------------------------------------------------- people in between


def test_a_retry_on_the_wire_while_it_is_stopped_is_what_fcm_says(sandbox):
    make_phones(3)
    sandbox.set_faults([{"match": {}, "do": "unavailable", "times": 3}])
    notification = begun()
    send_one_batch(notification)
    again = notification.batches.get(kind="list")
    Batch.objects.filter(pk=again.pk).update(due_at=clock.now())
    opening = Opening(lease.claim(again.pk))
    opening.step([], [], 500)

    lifecycle.stop(notification, by=make_staff(role="admin"), now=clock.now())
    taken = Answer(Kind.ACCEPTED, message_id="projects/p/messages/1")
    first, second, third = opening.out
    refused = Answer(Kind.RETRY, reason="unavailable", counts_attempt=True)
    opening.step([(first, taken), (second, taken), (third, refused)], [], 0)
    sweep.stop_stragglers(clock.now())

    notification.refresh_from_db()
    found = adds_up(notification)
    assert (found.accepted, found.stopped, found.waiting) == (2, 1, 0)


def test_while_it_goes_out_nobody_edits_it(sandbox, settings):
    settings.BATCH_SIZE = 10
    make_phones(30)
    notification = begun(batch_mode=True)
    send_one_batch(notification)

    with pytest.raises(lifecycle.WrongState, match="it is sending"):
        lifecycle.revise(
            notification, {"title": "Other"}, by=make_staff(), version=notification.version
        )
    Notification.objects.filter(pk=notification.pk).update(title="Other", body="Other")
    run_all()

    titles = {one["message"]["notification"]["title"] for one in sandbox.messages()}
    assert titles == {"First snow"}
    assert adds_up(notification).accepted == 30


def test_a_pause_outlives_the_worker_and_resuming_sends_only_what_is_left(sandbox, settings):
    settings.BATCH_SIZE = 10
    make_phones(30)
    notification = begun(batch_mode=True)
    send_one_batch(notification)
    lifecycle.pause(notification, by=make_staff(), now=clock.now())

    channel.forget()  # a new process
    run_all()
    paused = adds_up(notification).accepted
    lifecycle.resume(notification, by=make_staff(), now=clock.now())
    run_until(notification)

    assert (paused, adds_up(notification).accepted) == (10, 30)
    assert sandbox.stats()["max_per_token"] == 1


def test_what_is_a_little_late_is_sent_once_and_says_so(sandbox):
    make_phones(2)
    notification = confirmed()
    Notification.objects.update(due_at=clock.now() - timedelta(minutes=10))

    run_all()
    run_all()

    notification.refresh_from_db()
    assert (notification.status, notification.late) == (S.SENT, True)
    assert sandbox.stats()["accepted"] == 2


# ---------------------------------------------------------------- pace and cost


def test_from_a_cold_start_eight_workers_together_ramp_up(settings, redis_client):
    settings.RAMP_SECONDS, settings.FCM_MESSAGES_PER_MINUTE = 2, 60 * 4_000
    most = 4_000 * (1 - pacing.TRIGGER_SHARE)
    workers = [pacing.Pacer(settings.REDIS_URL) for _ in range(8)]
    began, granted = time.monotonic(), []
    while (at := time.monotonic() - began) < 3.2:
        granted += [(at, worker.grant(500, "bulk")) for worker in workers]
        time.sleep(0.02)

    def within(start: float, end: float) -> float:
        return sum(n for at, n in granted if start <= at < end) / (end - start)

    assert within(0, 0.5) < most * 0.45
    assert within(0, 0.5) < within(1, 1.5) < within(2.2, 3.2)
    for start in range(0, 22):
        assert within(start / 10, start / 10 + 1) <= most * 1.1


def test_one_persons_message_is_opened_with_its_claim_and_finished_with_its_record(sandbox):
    """Two commits around the wire, and no third one to call it sent."""
    make_phones(1)
    notification = begun(send_to="users", recipients=["phone-0"])
    batch = notification.batches.get(kind="list")
    channel.client()

    with CaptureQueriesContext(connection) as seen:
        delivery.deliver(batch.pk, get_client=channel.client, stopping=lambda: False)

    notification.refresh_from_db()
    assert notification.status == S.SENT
    assert sum(query["sql"] == "COMMIT" for query in seen) == 2
