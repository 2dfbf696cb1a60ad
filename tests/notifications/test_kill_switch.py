"""Pause all sending: nothing starts, nothing is opened, nothing is lost."""

import pytest
from django.db import transaction

from devices import keys, preferences
from devices.states import KeyKind
from notifications import kill_switch, reports, starting, tasks, triggers
from notifications.models import AuditEntry, Notification
from notifications.sending import channel, clock, delivery, lease
from notifications.states import NotificationStatus as S
from tests.console.staff import client_of, make_member, signed_in
from tests.notifications.test_faults import begun, send_one_batch
from tests.sending import confirmed, make_phones, make_staff, run_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]


def throw() -> None:
    kill_switch.throw(by=make_staff("ada", "admin"), phrase="Pause all sending", now=clock.now())


def test_nothing_starts_until_it_is_lifted(sandbox):
    make_phones(3)
    notification = confirmed()
    throw()

    assert starting.start_due(clock.now()) == []
    kill_switch.lift(by=make_staff("ada", "admin"), now=clock.now())
    run_all()

    assert reports.counts(notification).accepted == 3


def test_what_is_under_way_opens_nothing_more(sandbox, settings):
    settings.BATCH_SIZE = 10
    make_phones(30)
    notification = begun(batch_mode=True)
    send_one_batch(notification)
    throw()

    assert not lease.due("bulk").exists()
    for batch in notification.batches.unfinished():
        delivery.deliver(batch.pk, get_client=channel.client, stopping=lambda: False)
    while_paused = reports.counts(notification)
    kill_switch.lift(by=make_staff("ada", "admin"), now=clock.now())
    run_all()

    assert (while_paused.targeted, while_paused.accepted) == (10, 10)
    notification.refresh_from_db()
    assert (notification.status, reports.counts(notification).accepted) == (S.SENT, 30)
    assert sandbox.stats()["max_per_token"] == 1


def test_the_phrase_is_exact_and_only_who_may_change_settings_may():
    admin = signed_in(make_member("admin", "root"))

    wrong = admin.post("/health/pause-all/", {"phrase": "pause all sending"})
    refused = client_of("marketer").post("/health/pause-all/", {"phrase": "Pause all sending"})

    assert (wrong.status_code, refused.status_code) == (422, 403)
    assert "Type exactly: Pause all sending" in wrong.content.decode()
    assert preferences.get("pause_all_since") == ""


@pytest.mark.parametrize("path", ["/", "/notifications/new/", "/schedule/", "/people/", "/health/"])
def test_while_it_is_thrown_every_page_says_so(path):
    admin = signed_in(make_member("admin", "root"))
    chip = '<a class="env held stopped" href="/health/">'

    before = admin.get(path).content.decode()
    admin.post("/health/pause-all/", {"phrase": "Pause all sending"})
    during = admin.get(path).content.decode()
    admin.post("/health/resume-all/")
    after = admin.get(path).content.decode()

    assert [chip in page for page in (before, during, after)] == [False, True, False]
    assert ("Resume all…" in during) is (path == "/schedule/")


def test_health_throws_and_lifts_it_and_the_log_knows_who():
    admin = signed_in(make_member("admin", "root"))

    page = admin.post("/health/pause-all/", {"phrase": "Pause all sending"}, follow=True)
    paused = preferences.get("pause_all_since")
    after = admin.post("/health/resume-all/", follow=True)

    assert "All sending is paused" in page.content.decode()
    assert "Resume all sending" in page.content.decode()
    assert paused
    assert preferences.get("pause_all_since") == ""
    assert "Type “Pause all sending”" in after.content.decode()
    said = list(AuditEntry.objects.order_by("pk").values_list("actor_name", "action"))
    assert said[-2:] == [("root", "paused all sending"), ("root", "resumed all sending")]


def test_at_most_two_doorbells_a_worker_and_queue(settings, monkeypatch):
    settings.BATCH_SIZE = 1
    make_phones(12)
    begun(batch_mode=True)
    rung = []
    monkeypatch.setattr(tasks, "_publish", lambda task, ids, queue: rung.append(queue))

    tasks.ring_due()

    assert rung == ["bulk", "bulk"]


def trigger() -> Notification:
    key = keys.make(KeyKind.SERVER, "back end", ["trigger"]).key
    order = triggers.Order(title="Jo answered", body="On your post.", user_ids=["phone-1"])
    with transaction.atomic():
        return triggers.start(order, key=key, now=clock.now()).notification


@pytest.mark.parametrize("wait", [True, False])
def test_triggers_wait_too_or_not_as_was_chosen(sandbox, wait):
    make_phones(3)
    broadcast = confirmed()
    admin = make_staff("ada", "admin")
    kill_switch.throw(by=admin, phrase="Pause all sending", now=clock.now(), triggers=wait)
    one = trigger()

    starting.start_due(clock.now())
    due = list(lease.due("trigger").values_list("notification", flat=True))
    run_all(most=20)
    accepted = reports.counts(one).accepted
    kill_switch.lift(by=admin, now=clock.now())
    run_all()

    assert due == ([] if wait else [one.pk])
    assert accepted == (0 if wait else 1)
    assert (reports.counts(one).accepted, reports.counts(broadcast).accepted) == (1, 3)


def test_the_health_page_lets_people_choose_whether_triggers_wait():
    ops = signed_in(make_member("ops"))

    ops.post("/health/pause-all/", {"phrase": "Pause all sending", "spare_triggers": "on"})
    spared = ops.get("/health/").content.decode()
    ops.post("/health/resume-all/")
    ops.post("/health/pause-all/", {"phrase": "Pause all sending"})
    all_of_it = ops.get("/health/").content.decode()

    assert "broadcasts and tests wait; triggers go on" in spared
    assert "broadcasts, triggers and tests wait." in all_of_it
