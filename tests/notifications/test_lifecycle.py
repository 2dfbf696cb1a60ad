"""Compose, review, confirm: what was reviewed is what is sent, once, by whom it may."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from devices.models import Device, TestDevice
from notifications import access, lifecycle, reports, starting
from notifications.models import AuditEntry, Notification
from notifications.sending import clock
from notifications.states import MOVES
from notifications.states import NotificationStatus as S
from tests.sending import confirm, confirmed, make_draft, make_phones, make_staff, run_all

pytestmark = pytest.mark.django_db(transaction=True)


def ask(notification, by, **changed):
    """Confirm with everything right but what is `changed`."""
    now = timezone.now()
    found = lifecycle.review(notification, by=by, now=now)
    wanted = {
        "by": by, "phrase": "Send Notification", "token": found.token, "now": now,
        "ticked": {one.code for one in found.oddities},
    }  # fmt: skip
    return lifecycle.confirm(notification, **(wanted | changed))


def test_the_phrase_is_exact_but_for_outer_spaces():
    make_phones(2)
    mia, draft = make_staff(), make_draft()
    for wrong in ("send notification", "Send", "", "Send  Notification", "Send Notification!"):
        with pytest.raises(ValidationError) as refused:
            ask(draft, mia, phrase=wrong)
        assert refused.value.message_dict == {"phrase": ["Type exactly: Send Notification"]}

    ask(draft, mia, phrase="  Send Notification ")

    draft.refresh_from_db()
    assert draft.status == S.SCHEDULED


def test_specific_users_with_nobody_named_is_an_error_never_everyone():
    make_phones(2)
    draft = make_draft(send_to="users", recipients=[])

    with pytest.raises(ValidationError) as refused:
        lifecycle.review(draft, by=make_staff(), now=timezone.now())

    assert "recipients" in refused.value.message_dict


def test_an_unknown_person_is_named():
    make_phones(2)
    draft = make_draft(send_to="users", recipients=["phone-0", "nobody"])

    with pytest.raises(ValidationError) as refused:
        lifecycle.review(draft, by=make_staff(), now=timezone.now())

    assert refused.value.message_dict["recipients"] == [
        "We don’t know users/nobody. Ids are case-sensitive."
    ]


def test_an_edit_after_the_review_is_refused_and_says_so():
    make_phones(2)
    mia, draft = make_staff(), make_draft()
    token = lifecycle.review(draft, by=mia, now=timezone.now()).token
    lifecycle.revise(draft, {"title": "Other"}, by=mia, version=draft.version)

    with pytest.raises(lifecycle.StaleReview) as refused:
        ask(draft, mia, token=token)

    assert refused.value.changes == ["The message or its audience was edited since the review."]
    draft.refresh_from_db()
    assert draft.status == S.DRAFT


def test_a_moved_count_is_refused_with_both_numbers():
    make_phones(3)
    mia, draft = make_staff(), make_draft()
    token = lifecycle.review(draft, by=mia, now=timezone.now()).token
    make_phones(1, first=3)

    with pytest.raises(lifecycle.StaleReview) as refused:
        ask(draft, mia, token=token)

    assert refused.value.changes == ["It would reach 4 phones now; the review said 3."]


def test_anothers_review_and_a_forged_token_are_refused():
    make_phones(1)
    mia, tom, draft = make_staff(), make_staff("tom"), make_draft()
    token = lifecycle.review(draft, by=mia, now=timezone.now()).token

    for forged in (token, token[:-2] + "xx", ""):
        with pytest.raises(lifecycle.StaleReview):
            ask(draft, tom, token=forged)


def test_a_replayed_confirm_finds_it_confirmed():
    make_phones(1)
    mia, draft = make_staff(), make_draft()
    now = timezone.now()
    token = lifecycle.review(draft, by=mia, now=now).token
    once = Notification.objects.get(pk=draft.pk)
    lifecycle.confirm(draft, by=mia, phrase="Send Notification", token=token, now=now)

    with pytest.raises(lifecycle.WrongState):
        lifecycle.confirm(once, by=mia, phrase="Send Notification", token=token, now=now)

    assert AuditEntry.objects.filter(action="confirmed").count() == 1


def test_two_browsers_at_once_confirm_one_notification():
    make_phones(1)
    mia, draft = make_staff(), make_draft()
    token = lifecycle.review(draft, by=mia, now=timezone.now()).token
    start, ends = Barrier(8), []

    def press():
        mine = Notification.objects.get(pk=draft.pk)
        start.wait()
        try:
            lifecycle.confirm(
                mine, by=mia, phrase="Send Notification", token=token, now=timezone.now()
            )
            ends.append("confirmed")
        except (lifecycle.WrongState, lifecycle.StaleReview):
            ends.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["confirmed"] + ["refused"] * 7
    assert AuditEntry.objects.filter(action="confirmed").count() == 1


def test_support_confirms_to_at_most_a_hundred_named_people():
    make_phones(101)
    sue = make_staff("sue", "support")
    many = make_draft(send_to="users", recipients=[f"phone-{n}" for n in range(101)])
    few = make_draft(send_to="users", recipients=["phone-1"])

    with pytest.raises(access.NotAllowed, match="at most 100"):
        ask(many, sue)
    with pytest.raises(access.NotAllowed):
        ask(make_draft(), sue)

    assert ask(few, sue).status == S.SCHEDULED


def test_undo_takes_it_back_until_it_starts(sandbox):
    make_phones(1)
    mia = make_staff()
    undone = confirm(make_draft())
    lifecycle.undo(undone, by=mia, now=timezone.now())
    assert (undone.status, undone.revision, undone.due_at) == (S.DRAFT, None, None)
    gone = confirmed()
    starting.start_due(clock.now())

    with pytest.raises(lifecycle.WrongState):
        lifecycle.undo(gone, by=mia, now=timezone.now())


def test_few_phones_wait_three_seconds_many_wait_ten():
    assert lifecycle.undo_window(5) == timedelta(seconds=3)
    assert lifecycle.undo_window(6) == timedelta(seconds=10)


def test_what_is_late_is_held_and_released_by_a_person(sandbox):
    make_phones(1)
    notification = confirmed()
    Notification.objects.update(due_at=clock.now() - timedelta(minutes=16))

    run_all()
    notification.refresh_from_db()
    held = (notification.status, notification.paused_reason)
    lifecycle.release(notification, by=make_staff(), now=clock.now())
    run_all()

    notification.refresh_from_db()
    assert held == (S.HELD, "late")
    assert notification.status == S.SENT
    assert sandbox.stats()["accepted"] == 1


def test_drift_between_review_and_due_time_holds_it(sandbox):
    make_phones(3)
    notification = confirmed()
    make_phones(2, first=3)

    run_all()

    notification.refresh_from_db()
    assert (notification.status, notification.paused_reason) == (S.HELD, "drift")
    assert (notification.paused_facts["reviewed"], notification.paused_facts["present"]) == (3, 5)
    assert sandbox.stats()["requests"] == 0


def test_stopped_midway_nothing_more_goes_out(sandbox, settings):
    settings.BATCH_THRESHOLD, settings.BATCH_SIZE = 10, 10
    make_phones(40)
    notification = confirmed()
    starting.start_due(clock.now())
    from notifications.sending import channel, delivery

    channel.forget()
    for batch in notification.batches.order_by("pk"):
        delivery.deliver(batch.pk, get_client=channel.client, stopping=lambda: False)
    for batch in notification.batches.order_by("pk")[1:3]:
        delivery.deliver(batch.pk, get_client=channel.client, stopping=lambda: False)
    notification.refresh_from_db()

    lifecycle.stop(notification, by=make_staff(), now=clock.now())
    run_all()

    notification.refresh_from_db()
    found = reports.counts(notification)
    assert (notification.status, found.targeted, found.not_sent) == (S.STOPPED, 20, 20)
    assert sandbox.stats()["accepted"] == 20


def test_a_test_goes_to_ones_own_test_phones_only(sandbox):
    make_phones(5)
    mia = make_staff()
    draft = make_draft()
    with pytest.raises(ValidationError, match="no test phone yet"):
        lifecycle.send_test(draft, by=mia, now=timezone.now())
    TestDevice.objects.create(staff=mia, device=Device.objects.get(device_id="phone-device-3"))

    test = lifecycle.send_test(draft, by=mia, now=timezone.now())
    run_all()

    assert reports.counts(test).accepted == 1
    assert sandbox.stats()["accepted"] == 1
    draft.refresh_from_db()
    assert draft.status == S.DRAFT


def test_every_move_has_its_table_row_and_no_other_status_moves():
    make_phones(1)
    draft = make_draft()
    for verb, (before, _) in MOVES.items():
        for status in S:
            assert lifecycle.can(Notification(status=status), verb) == (status in before)
    with pytest.raises(lifecycle.WrongState, match="it is draft"):
        lifecycle.move(draft, "pause")
