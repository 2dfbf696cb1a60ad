"""The walk: a confirmed notification becomes one outcome per device."""

import pytest
from django.conf import settings

from devices.models import Device
from notifications import reports
from notifications.models import Batch, Delivery, Notification
from notifications.states import NotificationStatus as S
from tests.sending import confirmed, make_phones, run_all, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]


def sums_right(notification: Notification) -> reports.Counts:
    """P1, in the numbers and in the rows."""
    found = reports.counts(notification)
    final = (
        found.accepted + found.rejected + found.dead_token + found.skipped
        + found.expired + found.stopped + found.unknown
    )  # fmt: skip
    assert found.targeted == final + found.waiting
    rows = Delivery.objects.filter(notification=notification)
    assert rows.exclude(outcome="waiting").count() == final
    return found


def test_everyone_gets_it_exactly_once(sandbox):
    make_phones(1200)
    notification = confirmed()

    run_all()

    notification.refresh_from_db()
    assert notification.status == S.SENT
    found = sums_right(notification)
    assert (found.planned, found.targeted, found.accepted) == (1200, 1200, 1200)
    stats = sandbox.stats()
    assert (stats["accepted"], stats["max_per_token"]) == (1200, 1)
    message = sandbox.messages(token=token_of(7))[0]["message"]
    assert message["notification"] == {"title": "First snow", "body": "12 huts still have beds."}
    assert message["data"]["initialPageName"] == ""
    assert message["data"]["parameterData"] == "{}"


def test_target_os_is_always_anded(sandbox):
    make_phones(20)
    ids = [f"phone-{n}" for n in range(6)]

    everyone = confirmed(target_os="ios")
    named = confirmed(send_to="users", recipients=ids, target_os="ios")
    run_all()

    assert reports.counts(everyone).accepted == 10
    assert reports.counts(named).accepted == 3
    platforms = Delivery.objects.values_list("platform", flat=True).distinct()
    assert list(platforms) == ["ios"]


def test_phones_that_may_show_nothing_are_skipped_with_their_reason(sandbox):
    make_phones(4)
    make_phones(1, prefix="off", perm_status="denied", deliverable=False)
    make_phones(1, prefix="out", opted_out=True, deliverable=False)
    make_phones(1, prefix="new", perm_status="should_request", deliverable=False)
    Device.objects.filter(device_id="phone-device-0").update(token=None, token_sha256=None)
    notification = confirmed()

    run_all()

    found = sums_right(notification)
    assert found.accepted == 3
    assert found.reasons == {
        "no_permission_denied": 1, "opted_out": 1, "no_permission_never_asked": 1, "no_token": 1,
    }  # fmt: skip


def test_a_dead_token_retires_the_device_and_a_good_one_stays(sandbox):
    make_phones(10)
    sandbox.set_faults([{"match": {"token": token_of(3)}, "do": "unregistered"}])
    notification = confirmed()

    run_all()

    found = sums_right(notification)
    assert (found.accepted, found.dead_token) == (9, 1)
    gone = Device.objects.get(device_id="phone-device-3")
    assert (gone.state, gone.token) == ("invalid", None)
    assert Device.objects.active().count() == 9


def test_what_fcm_could_not_take_is_tried_again(sandbox, settings):
    settings.RETRY_SECONDS = 0.2
    make_phones(50)
    fault = {"match": {"share": 0.5}, "do": "unavailable", "times": 30}
    sandbox.set_faults([fault])
    notification = confirmed()

    run_all()
    waiting = reports.counts(notification).waiting
    import time

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        run_all()
        notification.refresh_from_db()
        if notification.status == S.SENT:
            break
        time.sleep(0.1)

    found = sums_right(notification)
    assert waiting > 0
    assert found.accepted == 50
    assert sandbox.stats()["max_per_token"] == 1


def test_batches_of_five_thousand_above_ten_thousand(sandbox, settings):
    settings.BATCH_THRESHOLD, settings.BATCH_SIZE = 100, 50
    make_phones(100)
    at_threshold = confirmed()
    run_all()
    make_phones(1, first=100)
    above = confirmed()
    run_all()

    assert Batch.objects.primary().filter(notification=at_threshold).count() == 1
    assert Batch.objects.primary().filter(notification=above).count() == 3
    assert reports.counts(above).accepted == 101


def test_an_answer_that_never_came_is_unknown_and_not_repeated(sandbox):
    make_phones(5)
    sandbox.set_faults([{"match": {"token": token_of(2)}, "do": "accept_then_reset"}])
    notification = confirmed()

    run_all()

    found = sums_right(notification)
    assert (found.accepted, found.unknown) == (4, 1)
    assert sandbox.stats()["max_per_token"] == 1
    assert settings.SEND_WINDOW == 500
