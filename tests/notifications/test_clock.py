"""One moment: many ticks, a cancel at the same instant, a beat that stood still."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from time import sleep
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from notifications import lifecycle, starting, tasks
from notifications.models import AuditEntry, Batch, Notification
from notifications.sending import clock
from notifications.sending import lease as leases
from notifications.sending.opening import Opening
from notifications.states import BatchKind
from notifications.states import NotificationStatus as S
from tests.sending import confirm, make_draft, make_phones, make_staff, run_all

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 100


def due_at(moment: datetime, **fields) -> Notification:
    """Confirmed a minute before it is due."""
    draft = make_draft(send_at=moment, timezone="Europe/Vienna", **fields)
    return confirm(draft, now=moment - timedelta(minutes=1))


def at_once(*works) -> list[BaseException]:
    """Runs them in threads that begin together; what they raised."""
    gate, raised = Barrier(len(works)), []

    def run(work) -> None:
        gate.wait()
        try:
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_two_beats_and_twenty_ticks_start_it_once(sandbox):
    make_phones(4)
    one = due_at(clock.now())

    raised = at_once(*[tasks.tick] * 20)

    assert not raised
    one.refresh_from_db()
    assert (one.status, one.version) == (S.SENDING, 3)
    assert Batch.objects.filter(kind=BatchKind.PLAN).count() == 1
    run_all()
    assert sandbox.stats()["max_per_token"] == 1
    assert sandbox.stats()["accepted"] == 4


def test_a_tick_against_a_cancel_ends_as_one_of_the_two_a_hundred_times():
    make_phones(1)
    mia, now = make_staff(), clock.now()
    rounds = copies(due_at(now), ROUNDS)
    gate, lost = Barrier(2), []

    def each(act) -> None:
        for one in rounds:
            mine = Notification.objects.get(pk=one.pk)
            gate.wait()
            try:
                act(mine)
            except lifecycle.WrongState:
                lost.append(one.pk)

    raised = at_once(
        lambda: each(lambda mine: starting.start(mine, now)),
        lambda: each(lambda mine: lifecycle.cancel(mine, by=mia, now=now)),
    )

    assert not raised
    assert sorted(lost) == [one.pk for one in rounds], "one of the two, each time"
    ended = list(Notification.objects.filter(pk__in=lost).values_list("status", flat=True))
    assert set(ended) <= {S.SENDING, S.CANCELLED}
    assert Batch.objects.count() == ended.count(S.SENDING)
    assert AuditEntry.objects.filter(action="cancelled").count() == ended.count(S.CANCELLED)


def copies(one: Notification, count: int) -> list[Notification]:
    """Scheduled like this one."""
    made = [Notification.objects.get(pk=one.pk) for _ in range(count)]
    for each in made:
        each.pk, each.uuid = None, uuid4()
    return Notification.objects.bulk_create(made)


@pytest.mark.parametrize(
    ("still", "status", "late"),
    [(timedelta(seconds=5), S.SENDING, False), (timedelta(minutes=2), S.SENDING, True),
     (timedelta(hours=3), S.HELD, False)],
    ids=["a tick", "two minutes", "three hours"],
)  # fmt: skip
def test_a_beat_that_stood_still_sends_late_or_holds(still, status, late):
    make_phones(2)
    moment = timezone.now().replace(microsecond=0)
    one = due_at(moment)

    for _ in range(3):
        starting.start_due(moment + still)

    one.refresh_from_db()
    assert (one.status, one.late) == (status, late)
    if status == S.HELD:
        assert one.paused_facts["late_by_s"] == 3 * 3600
        assert AuditEntry.objects.filter(action="held").count() == 1
        lifecycle.release(one, by=make_staff(), now=moment + still)
        assert starting.start_due(moment + still) == [one.pk]


def test_a_clock_that_steps_back_starts_nothing_twice():
    make_phones(2)
    moment = timezone.now().replace(microsecond=0)
    one = due_at(moment)

    started = [
        pk
        for minutes in (0, -30, 0, 5, -5)
        for pk in starting.start_due(moment + timedelta(minutes=minutes))
    ]

    assert started == [one.pk]


def test_a_zones_new_rules_hold_it_at_whichever_instant_comes_first():
    make_phones(2)
    wall = "2027-03-28T03:30"  # Vienna is at UTC+2 then; confirmed as if it stayed at UTC+1
    confirmed_for = datetime.fromisoformat("2027-03-28T02:30+00:00")
    one = due_at(confirmed_for, wall=wall)
    Notification.objects.filter(pk=one.pk).update(send_at=confirmed_for, wall=wall)

    starting.start_due(confirmed_for - timedelta(hours=1, seconds=1))
    one.refresh_from_db()
    assert one.status == S.SCHEDULED
    starting.start_due(confirmed_for - timedelta(hours=1))

    one.refresh_from_db()
    assert (one.status, one.paused_reason) == (S.HELD, "zone_rules")
    assert one.paused_facts["is"] == "2027-03-28T01:30:00+00:00"


def test_a_step_that_waits_for_a_stop_opens_nothing_after_it(sandbox):
    make_phones(20)
    one = due_at(clock.now())
    starting.start(one, clock.now())
    run_all(most=1)
    with transaction.atomic():
        opening = Opening(leases.claim(one.batches.primary().get().pk))
    requests: list[tuple[int, bytes]] = []

    def work() -> None:
        requests.extend(opening.step([], [], 10))
        connection.close()

    worker = Thread(target=work)
    with transaction.atomic():
        lifecycle.stop(one, by=make_staff(), now=clock.now())
        worker.start()
        sleep(0.3)
    worker.join()

    assert requests == []
    assert not one.batches.filter(finished_at=None).exists()
