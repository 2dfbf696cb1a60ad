"""Correct: new text to exactly the phones that accepted the old one, in its place. And again, to
those who did not open."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from devices.models import AppUser, Device
from notifications import access, copying, correcting, lifecycle, reach, reports
from notifications.models import AuditEntry, Delivery, Notification
from notifications.sending import clock, sweep
from notifications.states import NotificationStatus as S
from tests.notifications.test_faults import begun, send_one_batch
from tests.sending import confirm, confirmed, make_phones, make_staff, run_all, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]
NEW = {"title": "First snow", "body": "12 huts still have beds."}


def sent(**fields: Any) -> Notification:
    notification = confirmed(title="Frist snow", **fields)
    run_all()
    notification.refresh_from_db()
    return notification


def correct(notification: Notification, **more: Any) -> Notification:
    given: dict[str, Any] = {"by": make_staff(), "phrase": "Send Notification", "now": clock.now()}
    return correcting.correct(notification, NEW, **(given | more))


def run_now(notification: Notification) -> reports.Counts:
    Notification.objects.filter(pk=notification.pk).update(due_at=clock.now())
    run_all()
    notification.refresh_from_db()
    return reports.counts(notification)


def devices_of(notification: Notification, **fields: Any) -> set[str]:
    rows = Delivery.objects.filter(notification=notification, **fields)
    return set(rows.values_list("device__device_id", flat=True))


# ---------------------------------------------------------------- correct


def test_a_correction_goes_to_exactly_those_who_accepted_and_replaces(sandbox):
    make_phones(30)
    make_phones(3, prefix="off", perm_status="denied", deliverable=False)
    sandbox.set_faults([{"match": {"token": token_of(4)}, "do": "accept_then_reset"}])
    old = sent()
    sandbox.set_faults([])
    make_phones(5, prefix="later")

    new = correct(old)
    found = run_now(new)

    assert (new.status, found.planned, found.accepted) == (S.SENT, 29, 29)
    assert devices_of(new) == devices_of(old, outcome="accepted")
    for number in (5, 6):  # an iPhone and an Android phone
        first, second = (one["message"] for one in reversed(sandbox.messages(token_of(number))))
        assert second["notification"]["title"] == "First snow"
        assert second["android"]["notification"]["tag"] == str(old.thread)
        assert second["apns"]["headers"]["apns-collapse-id"] == str(old.thread)
        assert first["android"]["notification"]["tag"] == str(old.thread)
        assert second["data"]["notificationId"] == str(new.uuid)
    assert sandbox.stats()["max_per_token"] == 2


def test_a_long_correction_is_planned_in_pages(sandbox, settings):
    settings.BATCH_THRESHOLD, settings.BATCH_SIZE = 20, 7
    make_phones(30)
    old = sent()

    found = run_now(correct(old))

    assert (found.accepted, found.planned, found.batches_planned) == (30, 30, 5)
    assert sandbox.stats()["max_per_token"] == 2


def test_who_signed_in_since_gets_nothing_of_the_former_owners(sandbox):
    phones = make_phones(10)
    old = sent()
    Device.objects.filter(pk=phones[3].pk).update(owner=AppUser.objects.create(user_id="next"))
    new = correct(old)

    falls = reach.waterfall(new, clock.now())
    found = run_now(new)

    assert falls.will_send == 9
    assert (found.accepted, found.reasons) == (9, {"owner_changed": 1})


def test_one_that_still_sends_is_stopped_first(sandbox, settings):
    settings.BATCH_SIZE = 10
    make_phones(30)
    old = begun(batch_mode=True)
    send_one_batch(old)
    old.refresh_from_db()

    with pytest.raises(lifecycle.WrongState, match="Stop it first"):
        correcting.correct(
            old, {"title": "New"}, by=make_staff(), phrase="Send Notification", now=clock.now()
        )
    new = correcting.correct(
        old, {"title": "New"}, by=make_staff(), phrase="Send Notification", now=clock.now(),
        stop=True,
    )  # fmt: skip
    found = run_now(new)

    old.refresh_from_db()
    assert (old.status, reports.counts(old).accepted) == (S.STOPPED, 10)
    assert found.accepted == 10
    assert devices_of(new) == devices_of(old)


def test_a_correction_waits_until_nothing_of_the_old_one_is_on_the_wire(sandbox):
    make_phones(4)
    old = sent()
    last = old.batches.primary().get()
    type(last).objects.filter(pk=last.pk).update(in_doubt=1)
    new = correct(old)

    still = run_now(new)
    type(last).objects.filter(pk=last.pk).update(in_doubt=0)
    new.batches.update(due_at=clock.now())
    run_all()

    assert (still.planned, still.targeted) == (None, 0)
    assert reports.counts(new).accepted == 4


def test_a_correction_must_be_typed_allowed_and_a_change(sandbox):
    make_phones(2)
    old = sent()

    with pytest.raises(ValidationError) as wrong_phrase:
        correct(old, phrase="send notification")
    with pytest.raises(ValidationError) as no_change:
        correcting.correct(
            old, {"title": old.title}, by=make_staff(), phrase="Send Notification", now=clock.now()
        )
    with pytest.raises(ValidationError) as blank:
        correcting.correct(
            old, {"title": " "}, by=make_staff(), phrase="Send Notification", now=clock.now()
        )
    for role in ("viewer", "support"):
        with pytest.raises(access.NotAllowed):
            correct(old, by=make_staff(f"a-{role}", role))

    assert "phrase" in wrong_phrase.value.message_dict
    assert "title" in no_change.value.message_dict
    assert "title" in blank.value.message_dict
    assert Notification.objects.count() == 1


def test_support_may_correct_what_support_may_send(sandbox):
    make_phones(2)
    support = make_staff("sam", "support")
    old = sent(send_to="users", recipients=["phone-0", "phone-1"])

    new = correct(old, by=support)

    assert (new.confirmed_by, new.corrects) == (support, old)
    told = AuditEntry.objects.filter(object_id=str(old.uuid), action="corrected").get()
    assert told.facts["by"] == str(new.uuid)


def test_a_correction_that_was_undone_is_confirmed_for_the_same_phones(sandbox):
    make_phones(6)
    old = sent()
    make_phones(4, prefix="later")
    ops = make_staff()
    draft = lifecycle.undo(correct(old), by=ops, now=clock.now())

    again = confirm(draft, ops)
    copy = copying.duplicate(draft, by=ops)
    found = run_now(again)

    assert (found.accepted, again.thread) == (6, old.thread)
    assert (copy.corrects, copy.thread, copy.send_to) == (old, old.thread, "reached")


def test_a_copy_of_what_was_corrected_has_the_new_words_and_the_old_audience(sandbox):
    make_phones(3)
    old = sent()
    correction = correct(old)
    run_now(correction)
    old.refresh_from_db()
    ops = make_staff()

    for one in (old, correction):
        copy = copying.duplicate(one, by=ops)
        assert (copy.title, copy.body) == (NEW["title"], NEW["body"])
        assert (copy.corrects, copy.send_to, copy.status) == (None, old.send_to, S.DRAFT)
        assert copy.thread != old.thread


GERMAN = {"de": {"title": "Erster Schne", "body": "12 Hütten haben noch Betten."}}
MENDED = {"de": {"title": "Erster Schnee", "body": "12 Hütten haben noch Betten."}}


@pytest.mark.parametrize("brought", [{}, MENDED], ids=["for everybody", "by language"])
def test_a_copy_has_the_newest_words_in_every_language(sandbox, brought):
    make_phones(3)
    old = sent(variants=GERMAN)
    ops = make_staff()
    draft = lifecycle.undo(correct(old), by=ops, now=clock.now())
    lifecycle.revise(draft, {"variants": brought}, by=ops, version=draft.version)
    run_now(confirm(draft, ops))

    copy = copying.duplicate(old, by=ops)

    assert (copy.title, copy.variants) == (NEW["title"], brought)


def test_a_correction_that_was_undone_changes_no_copy(sandbox):
    make_phones(3)
    old = sent()
    lifecycle.undo(correct(old), by=make_staff(), now=clock.now())

    assert copying.duplicate(old, by=make_staff()).title == "Frist snow"


# ---------------------------------------------------------------- who did not open


def opened(notification: Notification, *numbers: int) -> None:
    rows = Delivery.objects.filter(notification=notification)
    ids = [f"phone-device-{n}" for n in numbers]
    rows.filter(device__device_id__in=ids).update(opened_at=clock.now())


def test_who_did_not_open_is_sent_to_again_after_a_review(sandbox):
    make_phones(20)
    make_phones(2, prefix="out", opted_out=True, deliverable=False)
    old = sent()
    opened(old, 0, 1, 2)
    ops = make_staff()

    draft = correcting.resend_unopened(old, by=ops, now=clock.now() + timedelta(hours=5))
    made = (draft.status, draft.title, draft.resends)
    reviewed = lifecycle.review(draft, by=ops, now=clock.now())
    opened(old, 3)
    found = run_now(confirm(draft, ops))

    assert made == (S.DRAFT, old.title, old)
    assert draft.thread != old.thread
    assert reviewed.will_send == 17
    assert found.accepted == 16
    assert not devices_of(draft) & {f"phone-device-{n}" for n in range(4)}


def test_it_is_too_early_to_say_who_did_not_open(sandbox):
    make_phones(2)
    old = sent()

    with pytest.raises(lifecycle.WrongState, match="4 hours"):
        correcting.resend_unopened(old, by=make_staff(), now=clock.now())
    opened(old, 0, 1)
    with pytest.raises(lifecycle.WrongState, match="opened it"):
        correcting.resend_unopened(old, by=make_staff(), now=clock.now() + timedelta(hours=5))
    with pytest.raises(access.NotAllowed):
        correcting.resend_unopened(
            old, by=make_staff("vi", "viewer"), now=clock.now() + timedelta(hours=5)
        )


def test_only_the_chosen_system_is_sent_to_again_and_in_waves(sandbox):
    make_phones(60)
    old = sent()
    ops = make_staff()
    draft = correcting.resend_unopened(old, by=ops, now=clock.now() + timedelta(hours=5))
    changed = {"target_os": "ios", "waves": {"percents": [50], "wait_s": 0}}
    lifecycle.revise(draft, changed, by=ops, version=draft.version)

    first = run_now(confirm(draft, ops))
    sweep.finish_all(clock.now())
    run_all()

    found = reports.counts(draft)
    assert 0 < first.accepted < 30
    assert (found.planned, found.accepted, found.platforms["ios"].accepted) == (30, 30, 30)


# ---------------------------------------------------------------- what is left


def test_the_remainder_counts_what_is_on_the_wire_as_out(sandbox, settings):
    settings.BATCH_SIZE = 10
    make_phones(30)
    notification = begun(batch_mode=True)
    send_one_batch(notification)
    notification.refresh_from_db()
    found = reports.counts(notification)
    quiet = reports.remainder(notification, found)

    lifecycle.stop(notification, by=make_staff(), now=clock.now())
    stopped = reports.remainder(notification, reports.counts(notification))

    assert (quiet.not_sent, quiet.out, quiet.on_the_wire) == (20, 10, 0)
    assert (stopped.not_sent, stopped.out) == (20, 10)
