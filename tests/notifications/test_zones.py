"""Each person's own clock, on the engine: every zone at its turn, nobody twice, nobody forgotten;
and sends that are spread over some minutes."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from devices.models import Device
from notifications import correcting, lifecycle, reach, reports, starting
from notifications.explain import explain
from notifications.models import Batch, Delivery, Notification
from notifications.sending import clock, opening, sweep
from notifications.states import NotificationStatus as S
from notifications.timing import walls
from tests.notifications.timing.test_walls import TWELVE
from tests.sending import confirm, make_draft, make_phones, make_staff, run_all

pytestmark = pytest.mark.django_db(transaction=True)
EARLY, MIDDLE, LATE = "Etc/GMT-3", "Etc/GMT-2", "Etc/GMT+9"  # as a clock reads: +3, +2 and −9 h


@pytest.fixture(autouse=True)
def _patient(settings):
    settings.LATE_MINUTES = 100_000


def phones_in(zone: str, count: int, first: int) -> list[Device]:
    return make_phones(count, first=first, timezone=zone)


def three_hours_ago(**fields) -> Notification:
    """Confirmed three hours ago for a wall time that came to EARLY two hours ago, to MIDDLE one
    hour ago, and comes to LATE in ten hours."""
    ago = clock.now() - timedelta(hours=3)
    wall = (ago.astimezone(UTC) + timedelta(hours=4)).replace(tzinfo=None)
    wanted = {"each_clock": True, "wall": walls.text_of(wall), "timezone": MIDDLE}
    return confirm(make_draft(**(wanted | fields)), now=ago)


def run() -> None:
    run_all()
    sweep.finish_all(clock.now())
    run_all()
    sweep.finish_all(clock.now())


def let_all_come(notification: Notification) -> None:
    Batch.objects.filter(notification=notification, finished_at=None).update(due_at=clock.now())


def test_every_zone_of_twelve_has_its_batch_at_its_own_clock():
    for number, zone in enumerate(TWELVE):
        phones_in(zone, 2, first=10 * number)
    wall = datetime.fromisoformat("2027-03-28T02:30")  # in Berlin and London the clocks jump
    before = walls.first_anywhere(wall) - timedelta(hours=5)
    one = confirm(make_draft(each_clock=True, wall="2027-03-28T02:30", timezone="UTC"), now=before)

    starting.start(one, one.due_at)
    Batch.objects.filter(notification=one).update(due_at=clock.now())
    run_all(most=1)

    batches = {batch.timezone: batch for batch in one.batches.primary()}
    assert {zone: batch.due_at for zone, batch in batches.items()} == {
        zone: walls.instant(wall, zone) for zone in TWELVE
    }
    assert one.due_at == walls.instant(wall, "Pacific/Kiritimati")


@pytest.mark.parametrize("named", [False, True], ids=["everyone", "named"])
def test_each_zone_goes_at_its_turn_and_nobody_is_sent_to_twice(sandbox, named):
    phones_in(EARLY, 3, first=0)
    phones_in(MIDDLE, 2, first=10)
    phones_in(LATE, 4, first=20)
    phones_in("", 1, first=30)  # on the app's clock, which is MIDDLE's
    people = [f"phone-{n}" for n in (0, 1, 2, 10, 11, 20, 21, 22, 23, 30)]
    fields = {"send_to": "users", "recipients": people} if named else {}
    one = three_hours_ago(**fields)

    run()

    one.refresh_from_db()
    by_zone = dict(one.deliveries.values_list("device__timezone", "outcome"))
    assert by_zone == {EARLY: "accepted", MIDDLE: "accepted", "": "accepted"}
    assert (one.status, sandbox.stats()["accepted"]) == (S.SENDING, 6)
    waiting = one.batches.get(finished_at=None)
    assert timedelta(hours=9) < waiting.due_at - clock.now() < timedelta(hours=11)

    let_all_come(one)
    run()

    one.refresh_from_db()
    stats = sandbox.stats()
    assert (one.status, stats["accepted"], stats["max_per_token"]) == (S.SENT, 10, 1)
    assert reports.counts(one).targeted == one.planned == 10


def test_who_travels_meanwhile_gets_it_once(sandbox):
    gone_early, *_ = phones_in(EARLY, 2, first=0)
    lagging, *_ = phones_in(LATE, 2, first=10)
    elsewhere, *_ = phones_in(LATE, 1, first=20)
    one = three_hours_ago()
    run()
    Device.objects.filter(pk=gone_early.pk).update(timezone=LATE)
    Device.objects.filter(pk=lagging.pk).update(timezone=EARLY)  # whose turn is over
    Device.objects.filter(pk=elsewhere.pk).update(timezone="Etc/GMT+5")  # which no plan knew

    let_all_come(one)
    run()

    one.refresh_from_db()
    stats = sandbox.stats()
    assert (one.status, stats["accepted"], stats["max_per_token"]) == (S.SENT, 5, 1)
    last = one.batches.primary().order_by("-ordinal").first()
    assert (last.timezone, last.deliveries.count()) == ("", 2)


@pytest.mark.parametrize(
    ("if_past", "outcome"), [("skip", "skipped"), ("now", "accepted"), ("tomorrow", "")]
)
def test_where_the_time_had_passed_it_is_as_was_chosen(sandbox, if_past, outcome):
    phones_in("Etc/GMT-9", 2, first=0)
    phones_in(EARLY, 1, first=10)
    one = three_hours_ago(if_past=if_past)

    run()

    rows = one.deliveries.filter(device__timezone="Etc/GMT-9")
    assert set(rows.values_list("outcome", flat=True)) == ({outcome} if outcome else set())
    if if_past == "skip":
        assert set(rows.values_list("reason", flat=True)) == {"time_passed"}
    if if_past == "tomorrow":
        due = one.batches.get(timezone="Etc/GMT-9").due_at
        assert due == walls.instant(walls.of_text(one.wall) + timedelta(days=1), "Etc/GMT-9")
    one.refresh_from_db()
    assert one.status == (S.SENDING if if_past == "tomorrow" else S.SENT)


def test_whom_a_passed_time_leaves_out_is_counted_and_told_before_as_after(sandbox):
    phones_in("Etc/GMT-9", 2, first=0)
    phones_in(EARLY, 1, first=10)
    one = three_hours_ago(if_past="skip")

    falls = reach.waterfall(one, one.confirmed_at)
    before = explain(one, "phone-0", one.confirmed_at).sentence
    run()
    after = explain(one, "phone-0", clock.now()).sentence

    assert (one.reviewed_phones, falls.will_send) == (1, 1)
    assert {step.reason: step.count for step in falls.steps} == {"time_passed": 2}
    assert reports.counts(one).by_outcome["skipped", "time_passed"] == 2
    assert "would not be sent" in before
    assert "the chosen time had passed where they are" in before
    assert "the chosen time had passed where they are" in after


def test_a_phone_on_another_batchs_wire_is_left_to_it(sandbox):
    (phone,) = phones_in(EARLY, 1, first=0)
    phones_in(MIDDLE, 1, first=10)
    one = three_hours_ago()
    starting.start_due(clock.now())
    run_all(most=1)
    from notifications.sending import pairs

    early = one.batches.get(timezone=EARLY)  # as if its worker had opened it and were killed
    in_an_hour = clock.now() + timedelta(hours=1)
    Batch.objects.filter(pk=early.pk).update(
        manifest=pairs.pack([(phone.pk, phone.owner_id)]), in_doubt=1, cursor=early.last_pk,
        lease_token=one.thread, leased_until=in_an_hour,
    )  # fmt: skip
    Device.objects.filter(pk=phone.pk).update(timezone=MIDDLE)

    run()

    assert not Delivery.objects.filter(device=phone).exists()
    Batch.objects.filter(pk=early.pk).update(leased_until=clock.now())
    run()
    assert Delivery.objects.get(device=phone).outcome == "unknown"
    assert sandbox.stats()["accepted"] == 1


def test_a_zone_whose_turn_passed_long_ago_waits_for_a_person(sandbox, settings):
    settings.LATE_MINUTES = 15
    mia = make_staff()
    phones_in(EARLY, 2, first=0)
    one = three_hours_ago()
    starting.start(one, one.due_at)
    Batch.objects.filter(notification=one).update(due_at=clock.now())
    run_all(most=1)

    sweep.finish_all(clock.now())

    one.refresh_from_db()
    assert (one.status, one.paused_reason) == (S.PAUSED, "zone_late")
    assert one.paused_facts["zone"] == EARLY
    lifecycle.resume(one, by=mia, now=clock.now())
    run()
    one.refresh_from_db()
    assert (one.status, sandbox.stats()["accepted"]) == (S.SENT, 2)


def test_a_zone_that_only_queues_behind_other_sends_goes_on(sandbox, settings):
    settings.LATE_MINUTES = 15
    phones_in(EARLY, 2, first=0)
    one, other = three_hours_ago(), make_draft()
    for minutes in range(0, 180, 10):  # a worker had its hands full all the time
        began = clock.now() - timedelta(minutes=minutes)
        Batch.objects.create(
            notification=other, kind="range", due_at=began, started_at=began, finished_at=began
        )
    Notification.objects.filter(pk=other.pk).update(finished_at=clock.now())
    starting.start(one, one.due_at)
    Batch.objects.filter(notification=one).update(due_at=clock.now())
    run_all(most=1)

    sweep.finish_all(clock.now())

    one.refresh_from_db()
    assert one.status == S.SENDING
    run()
    one.refresh_from_db()
    assert (one.status, sandbox.stats()["accepted"]) == (S.SENT, 2)


def test_a_message_lives_from_its_own_zones_turn(sandbox):
    phones_in(LATE, 1, first=0)
    phones_in(EARLY, 1, first=10)
    one = three_hours_ago(ttl_s=4 * 3600)
    run()
    Batch.objects.filter(notification=one, finished_at=None).update(due_at=clock.now())

    run()

    assert Counter(one.deliveries.values_list("outcome", flat=True)) == {"accepted": 2}
    sent = [message["message"] for message in sandbox.messages()]
    ends = sorted(
        int(each["apns"]["headers"]["apns-expiration"]) for each in sent if "apns" in each
    )
    assert abs(ends[-1] - ends[0] - 10 * 3600) < 120


@pytest.mark.parametrize("named", [False, True], ids=["everyone", "named"])
def test_spread_it_starts_in_small_batches_one_after_the_other(sandbox, named):
    make_phones(45)
    people = [f"phone-{n}" for n in range(45)]
    fields = {"send_to": "users", "recipients": people} if named else {}
    one = confirm(make_draft(spread_min=15, **fields))
    Notification.objects.update(due_at=clock.now())

    starting.start_due(clock.now())
    run_all()

    due = list(one.batches.primary().order_by("ordinal").values_list("due_at", flat=True))
    gaps = {later - earlier for earlier, later in pairwise(due)}
    assert (len(due), gaps) == (15, {timedelta(minutes=1)})
    assert sandbox.stats()["accepted"] == 3
    let_all_come(one)
    run()
    one.refresh_from_db()
    assert (one.status, sandbox.stats()["max_per_token"]) == (S.SENT, 1)


def test_who_did_not_open_is_sent_to_again_at_each_ones_own_clock(sandbox):
    phones_in(EARLY, 2, first=0)
    phones_in(LATE, 3, first=10)
    ago = clock.now() - timedelta(hours=9)
    old = confirm(make_draft(), now=ago)
    starting.start(old, old.due_at)
    run_all()
    Notification.objects.update(started_at=ago)
    old.refresh_from_db()
    draft = correcting.resend_unopened(old, by=make_staff(), now=clock.now())
    own = three_hours_ago()
    fields = {name: getattr(own, name) for name in ("each_clock", "wall", "timezone")}
    lifecycle.cancel(own, by=make_staff(), now=clock.now())
    lifecycle.revise(draft, fields, by=make_staff(), version=draft.version)
    again = confirm(draft, now=clock.now() - timedelta(hours=3))

    run()

    again.refresh_from_db()
    assert (again.planned, again.deliveries.count()) == (5, 2)
    let_all_come(again)
    run()
    again.refresh_from_db()
    assert (again.status, sandbox.stats()["accepted"]) == (S.SENT, 10)


def test_a_named_person_who_travels_before_the_plan_is_not_forgotten(sandbox):
    (phone,) = phones_in(EARLY, 1, first=0)
    phones_in(MIDDLE, 1, first=10)
    one = three_hours_ago(send_to="users", recipients=["phone-0", "phone-10"])
    starting.start(one, one.due_at)
    Device.objects.filter(pk=phone.pk).update(timezone="Etc/GMT+5")

    run()
    let_all_come(one)
    run()

    one.refresh_from_db()
    assert (one.status, one.planned, sandbox.stats()["accepted"]) == (S.SENT, 2, 2)


def test_what_is_tried_again_lives_no_longer_than_in_its_zone(sandbox):
    make_phones(1, timezone=EARLY)
    phones_in(LATE, 1, first=10)
    sandbox.set_faults([{"match": {}, "do": "unavailable", "times": 1}])
    one = three_hours_ago(ttl_s=4 * 3600)
    run()
    retry = one.batches.get(primary=False, kind="list")
    one.refresh_from_db()

    found = opening.expiry(one, retry.timezone)

    assert found == opening.expiry(one, EARLY)
