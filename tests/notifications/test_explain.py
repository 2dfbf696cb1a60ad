"""Why did, or didn't, they get it: right for every outcome, every reason, and for those left out."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devices import preferences, registry
from devices.models import AppUser, Audience, Device
from devices.states import Actor
from notifications import lifecycle, reach, receipts
from notifications.explain import explain, parse, ticket
from notifications.models import Batch, Delivery, Notification
from notifications.receipts import Event
from tests.examples import examples
from tests.factories import make_device, make_user
from tests.sending import confirmed, make_draft, make_staff, run_all

NOW = timezone.now()


def about(notification: Notification, user_id: str = "ann") -> Any:
    notification.refresh_from_db()
    return explain(notification, user_id, timezone.now())


def only_lane(notification: Notification, user_id: str = "ann") -> Any:
    [lane] = about(notification, user_id).lanes
    return lane


def started(**fields: Any) -> Notification:
    """Sending has begun and nothing was opened; rows are added by the test."""
    make_device("somebody else", platform=fields.get("target_os", "ios"))
    found = confirmed(**fields)
    edge = Device.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    Notification.objects.filter(pk=found.pk).update(
        status="sending", started_at=timezone.now(), audience_edge=edge, planned=1
    )
    found.refresh_from_db()
    return found


def with_row(device: Device, outcome: str, reason: str = "", **fields: Any) -> Notification:
    notification = started()
    batch = Batch.objects.create(
        notification=notification, kind="list", due_at=fields.pop("due_at", NOW)
    )
    Delivery.objects.create(
        notification=notification, device=device, user=device.owner, batch=batch,
        platform=device.platform, outcome=outcome, reason=reason, started_at=timezone.now(), at=timezone.now(), **fields,
    )  # fmt: skip
    return notification


# ---------------------------------------------------------------- three that must agree
PHONE = st.fixed_dictionaries(
    {
        "platform": st.sampled_from(["ios", "android"]),
        "state": st.sampled_from(["active", "active", "active", "invalid"]),
        "has_token": st.booleans(),
        "deliverable": st.booleans(),
        "perm_known": st.booleans(),
        "opted_out": st.booleans(),
        "perm_status": st.sampled_from(
            ["should_request", "should_explain_then_request", "granted", "denied"]
        ),
        "last_seen_at": st.sampled_from([NOW, NOW - timedelta(days=40)]),
        "owner": st.sampled_from(["ann", "bob", "eve"]),
    }
)


def make_phones(phones: list[dict[str, Any]]) -> None:
    for number, phone in enumerate(phones):
        fields = dict(phone)
        owner, _ = AppUser.objects.get_or_create(user_id=fields.pop("owner"))
        keeps = fields.pop("has_token") and fields["state"] == "active"
        token = f"token-{number:020d}" if keeps else None
        Device.objects.create(device_id=f"d{number}", token=token, owner=owner, bucket=0, **fields)


@pytest.mark.django_db(transaction=True)
@settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # minutes of shrinking tell no more
)
@given(
    phones=st.lists(PHONE, min_size=1, max_size=10),
    target_os=st.sampled_from(["all", "ios", "android"]),
    send_to=st.sampled_from(["everyone", "users", "audience"]),
    send_when_unknown=st.booleans(),
    skip_stale=st.booleans(),
)
def test_waterfall_engine_and_explanation_agree_device_by_device(
    sandbox, phones, target_os, send_to, send_when_unknown, skip_stale
):
    for model in (Delivery, Notification, Device, AppUser, Audience):
        model.objects.all().delete()
    preferences.put(
        send_when_permission_unknown=send_when_unknown, skip_stale=skip_stale, hold_on_drift=False
    )
    make_phones(phones)
    # ann is always in it, and eve only in what goes to everyone
    audience = Audience.objects.create(name="Near the mountains")
    for person in AppUser.objects.filter(user_id__in=["ann", "bob"]):
        audience.members.create(user=person)
    notification = started_later(target_os, send_to, audience)

    people = list(AppUser.objects.values_list("user_id", flat=True))
    falls = reach.waterfall(notification, timezone.now())
    before = [lane for one in people for lane in about(notification, one).lanes]
    expected = {"": falls.will_send} | {step.reason: step.count for step in falls.steps}
    assert counted(before) == {why: n for why, n in expected.items() if n}

    run_all()

    rows = {row.device_id: row for row in Delivery.objects.all()}
    after = [lane for one in people for lane in about(notification, one).lanes]
    assert {lane.device.pk for lane in after} == {lane.device.pk for lane in before}
    was = {lane.device.pk: lane.reason for lane in before}
    for lane in after:
        row = rows.get(lane.device.pk)
        assert lane.reason == was[lane.device.pk]
        if row is None:
            assert lane.outcome == "not_sent"
            assert lane.reason in ("other_os", "not_in_audience", "unregistered")
        else:
            assert (lane.outcome, lane.reason) == (row.outcome, row.reason)
            assert row.outcome == ("skipped" if lane.reason else "accepted")
            assert lane.message_id == row.message_id
    assert len(rows) == falls.planned


def started_later(target_os: str, send_to: str, audience: Audience) -> Notification:
    """Confirmed by hand: a review refuses an audience in which nobody can be reached."""
    from notifications.revision import freeze

    fields = {"target_os": target_os, "send_to": send_to}
    if send_to == "users":
        fields["recipients"] = ["ann", "bob"]  # type: ignore[assignment]
    elif send_to == "audience":
        fields["audience"] = audience  # type: ignore[assignment]
    draft = make_draft(**fields)
    revision, sha256 = freeze(draft)
    Notification.objects.filter(pk=draft.pk).update(
        status="scheduled", due_at=timezone.now(), confirmed_at=timezone.now(), revision=revision,
        revision_sha256=sha256, reviewed_phones=None,
    )  # fmt: skip
    draft.refresh_from_db()
    return draft


def counted(lanes: list[Any]) -> dict[str, int]:
    """By reason, as the waterfall counts: whom it does not name is not in it."""
    found: dict[str, int] = {}
    for lane in lanes:
        if lane.reason != "not_in_audience":
            found[lane.reason] = found.get(lane.reason, 0) + 1
    return found


# ---------------------------------------------------------------- what became of it
def test_accepted_received_and_opened_are_told_apart(db):
    phone = make_device("ann", platform="ios", model="iPhone 15")
    notification = with_row(phone, "accepted", message_id="0:17d2", attempts=1)

    lane = only_lane(notification)
    assert (lane.shown, lane.message_id) == ("accepted", "0:17d2")
    assert lane.sentence.startswith("Accepted for ann’s iPhone 15 at ")
    assert "UTC on " in lane.sentence
    assert lane.sentence.endswith(", not opened.")
    assert about(notification).verdict == "accepted"

    for told in ("received", "opened"):
        event = Event(f"e-{told}", told, phone.device_id, notification.uuid, at=timezone.now())
        receipts.take([event], timezone.now())
        assert only_lane(notification).shown == told == about(notification).verdict

    kinds = [moment.kind for moment in about(notification).timeline]
    assert kinds == [
        "composed", "confirmed", "sent", "sent", "accepted", "received", "opened",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("phone", "reason", "words"),
    [
        ({"system": "denied"}, "no_permission_denied", "notifications are off"),
        ({"system": "not_determined"}, "no_permission_never_asked", "has not asked"),
        ({"opted_out": True}, "opted_out", "they opted out in the app"),
        ({"token": None}, "no_token", "without an FCM token"),
        ({"state": "invalid"}, "unregistered", "nobody was signed in"),
        ({}, "owner_changed", "someone else had signed in"),
        ({"last_seen_at": NOW - timedelta(days=40)}, "stale", "more than 30 days before"),
        ({}, "excluded", "leaves them out"),
        ({}, "frequency_cap", "as many notifications lately as the sending policy"),
        ({}, "quiet_hours", "quiet hours held where they are"),
        ({}, "too_big", "larger than 4\u202f000 bytes"),
        ({}, "already_has_it", "was sent the message before"),
    ],
)
def test_each_reason_not_to_send_has_its_words(db, phone, reason, words):
    device = make_device("ann", platform="ios", **phone)
    notification = with_row(device, "skipped", reason)

    lane = only_lane(notification)

    assert (lane.outcome, lane.reason) == ("skipped", reason)
    assert lane.sentence.startswith("Not sent to ann’s iPhone: ")
    assert words in lane.sentence
    assert ".." not in lane.sentence
    assert about(notification).verdict == "skipped"


@pytest.mark.parametrize(
    ("outcome", "reason", "words"),
    [
        ("dead_token", "unregistered", "the app was removed from this phone"),
        ("dead_token", "invalid_argument", "FCM does not know this token’s form"),
        ("rejected", "invalid_argument", "FCM refused the message itself"),
        ("rejected", "sender_id_mismatch", "belongs to another Firebase project"),
        ("unknown", "timeout", "Google’s answer never reached us"),
        ("unknown", "worker_lost", "ended between sending and writing down"),
        ("expired", "ttl", "its time ran out"),
        ("expired", "unavailable", "FCM could not take it just then"),
        ("stopped", "stopped", "was stopped"),
    ],
)
def test_each_other_end_has_its_words(db, outcome, reason, words):
    notification = with_row(make_device("ann"), outcome, reason)

    lane = only_lane(notification)

    assert (lane.shown, lane.reason) == (outcome, reason)
    assert words in lane.sentence
    assert about(notification).verdict == outcome


def test_waiting_names_its_next_try_and_what_pauses_it(db):
    again = NOW + timedelta(minutes=2)
    notification = with_row(make_device("ann"), "waiting", "quota", due_at=again, attempts=1)

    assert "Google asked us to slow down. Next try at " in only_lane(notification).sentence

    notification.status, notification.paused_reason = "paused", "by_person"
    notification.save()
    assert "The notification is paused (paused by hand)." in only_lane(notification).sentence


def test_since_when_they_are_off_and_what_turns_them_on(db):
    preferences.put(app_name="Fellhus")
    off = NOW - timedelta(days=12)
    phone = make_device(
        "ann", platform="android", system="denied", perm_denials=2, perm_changed_at=off
    )
    notification = with_row(phone, "skipped", "no_permission_denied")

    found = about(notification)

    assert f"notifications are off since {off:%a} {off.day} {off:%b %Y}" in found.sentence
    assert "Settings → Apps → Fellhus → Notifications" in found.next_step


def test_over_the_limit_names_what_they_got_and_when_there_is_room_again(db):
    preferences.put(frequency_limit=2, frequency_hours=24)
    phone = make_device("ann", platform="ios")
    got = [with_row(phone, "accepted") for _ in range(2)]
    for number, one in enumerate(got):
        Notification.objects.filter(pk=one.pk).update(title=f"Offer {number}")
        at = timezone.now() - timedelta(hours=20 - number)
        Delivery.objects.filter(notification=one).update(at=at)
    held = with_row(phone, "skipped", "frequency_cap")

    found = about(held)

    assert (
        "they had 2 notifications in the 24 hours before (“Offer 1”, “Offer 0”), and the sending "
        "policy allows no more"
    ) in found.sentence
    room = timezone.localtime(timezone.now() + timedelta(hours=4))
    assert found.next_step.startswith(f"They can get the next one from {room:%a} {room.day}")
    Delivery.objects.filter(notification=held).update(at=NOW - timedelta(hours=10))
    Delivery.objects.exclude(notification=held).update(at=NOW - timedelta(hours=30))
    assert about(held).next_step.startswith("They can get one again.")
    preferences.put(frequency_limit=3)
    assert "as many notifications lately" in about(held).sentence


@pytest.mark.parametrize(
    ("phone", "row", "words"),
    [
        ({}, {}, "a phone that was off gets it once it is online"),
        ({}, {"received_at": NOW}, "It arrived. If they did not see it"),
        ({"system": "provisional"}, {}, "shows it without banner or sound"),
    ],
)
def test_who_did_not_see_what_was_accepted_is_told_where_to_look(db, phone, row, words):
    notification = with_row(make_device("ann", platform="ios", **phone), "accepted", **row)

    assert words in about(notification).next_step


def test_what_would_help_a_phone_without_it_comes_before_what_may_help_one_that_has_it(db):
    notification = with_row(make_device("ann", platform="ios"), "accepted")
    off = make_device("ann", platform="android", model="Pixel 8", system="denied", perm_denials=2)
    Delivery.objects.create(
        notification=notification, device=off, user=off.owner, batch=Batch.objects.get(),
        platform="android", outcome="skipped", reason="no_permission_denied",
        started_at=NOW, at=NOW,
    )  # fmt: skip

    assert about(notification).next_step.startswith("On the Pixel 8: Settings")


def test_who_stopped_it_stands_in_the_timeline(db):
    make_device("ann")
    notification = confirmed()
    lifecycle.cancel(notification, by=make_staff("olaf"), now=timezone.now())

    assert about(notification).timeline[-1].text == "Cancelled by olaf"


@pytest.mark.parametrize(
    ("outcome", "reason", "words"),
    [("stopped", "stopped", "Ask who stopped it"), ("skipped", "too_big", "has to be shorter")],
)
def test_nobody_is_told_to_send_again_what_was_stopped_or_is_too_large(db, outcome, reason, words):
    found = about(with_row(make_device("ann"), outcome, reason))

    assert words in found.next_step
    assert "can be reached now" not in found.sentence


def test_a_phone_that_was_off_then_and_is_on_now_says_so(db):
    phone = make_device("ann", platform="ios")
    notification = with_row(phone, "skipped", "no_permission_denied")

    found = about(notification)

    assert "It can be reached now." in found.sentence
    assert found.next_step.startswith("The phone can be reached now.")


# ---------------------------------------------------------------- no row
def test_a_turn_that_has_not_come_says_what_holds_it(db):
    make_device("ann")
    notification = started()
    Batch.objects.create(
        notification=notification, kind="range", due_at=NOW, first_pk=1,
        last_pk=notification.audience_edge,
    )  # fmt: skip

    assert only_lane(notification).reason == "turn"
    assert about(notification).verdict == "not_yet"

    preferences.put(pause_all_since=NOW.isoformat())
    assert "all sending is paused" in only_lane(notification).sentence
    preferences.put(pause_all_since="")
    Notification.objects.filter(pk=notification.pk).update(status="paused", paused_reason="brake")
    assert "paused (unusually many dead tokens)" in only_lane(notification).sentence

    Notification.objects.filter(pk=notification.pk).update(status="stopped", finished_at=NOW)
    lane = only_lane(notification)
    assert (lane.outcome, lane.reason) == ("not_sent", "stopped")
    assert "was stopped at " in lane.sentence


@pytest.mark.django_db(transaction=True)
def test_later_phones_and_later_people_are_told_so(sandbox):
    make_device("bob")
    notification = confirmed()
    run_all()
    late = make_device("ann", platform="ios")

    assert only_lane(notification).reason == "registered_later"
    assert "after the sending had started" in only_lane(notification).sentence

    registry.unregister(device_id=late.device_id, actor=Actor.CONSOLE, at=timezone.now())
    assert about(notification).verdict in ("no_phone", "not_sent")


@pytest.mark.django_db(transaction=True)
def test_a_phone_that_changed_hands_after_it_was_sent_to(sandbox):
    phone = make_device("bob")
    notification = confirmed()
    run_all()
    Device.objects.filter(pk=phone.pk).update(owner=make_user("ann"))

    lane = only_lane(notification)

    assert lane.reason == "other_person"
    assert "someone else was signed in on it then" in lane.sentence
    assert about(notification, "bob").verdict == "accepted"


@pytest.mark.django_db(transaction=True)
def test_who_was_never_in_it_is_told_which_people_were(sandbox):
    make_device("ann"), make_device("bob")
    named = confirmed(send_to="users", recipients=["bob"])
    saved = Audience.objects.create(name="Lapsed 30 days")
    saved.members.create(user=AppUser.objects.get(user_id="bob"))
    lapsed = confirmed(send_to="audience", audience=saved)
    run_all()

    assert about(named).verdict == about(lapsed).verdict == "not_in_audience"
    assert about(named).sentence == "ann was not sent it: they are not the one person it names."
    assert "they are not in the audience “Lapsed 30 days”" in about(lapsed).sentence


@pytest.mark.parametrize(
    ("rule", "fact"),
    [
        ({"field": "last_seen", "op": "not_in_last", "value": 30}, "last seen 12 days ago"),
        (
            {"field": "attribute", "name": "city", "type": "string", "op": "is", "value": "Graz"},
            "city is Linz",
        ),
        ({"field": "platform", "op": "is", "value": "ios"}, "their phones are Android"),
        ({"field": "tag", "op": "is", "value": "vip"}, "they have no tag"),
        (
            {"field": "opened", "op": "did", "notification": "any", "days": 14},
            "they did not open anything in the last 14 days",
        ),
    ],
)
def test_the_rule_that_leaves_them_out_is_said_as_what_is_true_of_them(db, rule, fact):
    seen = NOW - timedelta(days=12, hours=1)
    ann = make_user("ann", attributes={"city": "Linz"}, last_seen_at=seen)
    make_device(ann), make_device(ann)
    saved = Audience.objects.create(name="Lapsed 30 days", rules={"all": [rule]})
    notification = make_draft(send_to="audience", audience=saved)

    said = about(notification).sentence

    assert said == f"ann would not get it: they are not in the audience “Lapsed 30 days” ({fact})."


def test_the_other_system_nobody_known_and_no_phone(db):
    make_device("ann", platform="android")
    make_user("bob")
    notification = started(target_os="ios")

    assert only_lane(notification).reason == "other_os"
    assert "for iPhones only" in only_lane(notification).sentence
    assert about(notification, "bob").verdict == "no_phone"
    assert "bob has no phone" in about(notification, "bob").sentence
    unknown = about(notification, "Ann")
    assert unknown.verdict == "unknown_person"
    assert "Beckon does not know “Ann”" in unknown.sentence


def test_what_has_not_started_is_answered_for_now(db):
    make_device("ann", platform="ios"), make_device("ann", system="denied", perm_denials=2)
    draft = make_draft()

    found = about(draft)

    assert found.verdict == "would_send"
    assert found.sentence.startswith("As things are now it would be sent to ann’s iPhone.")
    assert "It would not be sent to the Android phone: notifications are off" in found.sentence
    assert found.sentence.endswith("It is still a draft.")

    due = confirmed(send_at=timezone.now() + timedelta(hours=2))
    assert "It is scheduled at " in about(due).sentence
    lifecycle.cancel(due, by=make_staff(), now=timezone.now())
    assert about(due).verdict == "cancelled"
    assert about(due).sentence.startswith("Nobody got it: it was cancelled")


def test_the_ticket_says_it_in_plain_text(db):
    phone = make_device("ann", platform="ios", model="iPhone 15")
    notification = with_row(phone, "accepted", message_id="0:17d2")

    text = ticket(about(notification))

    assert str(notification.uuid) in text
    assert "Accepted for ann’s iPhone 15" in text
    assert "iPhone 15: Google accepted it (0:17d2)" in text
    assert "<" not in text


def test_a_link_an_id_and_nonsense(db):
    notification = make_draft()
    url = f"https://beckon.example{notification.get_absolute_url()}?tab=recipients"

    assert parse(url) == parse(f" {notification.uuid} ") == str(notification.uuid)
    assert parse("first snow") == ""
