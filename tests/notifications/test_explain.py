"""Why did, or didn't, they get it: right for every outcome, every reason, and for those left out."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices import preferences, registry
from devices.models import AppUser, Audience, Device
from devices.states import Actor
from notifications import lifecycle, reach, receipts
from notifications.explain import explain, parse, ticket
from notifications.models import Batch, Delivery, Notification
from notifications.receipts import Event
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
    found = confirmed(**fields)
    edge = Device.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    Notification.objects.filter(pk=found.pk).update(
        status="sending", started_at=NOW, audience_edge=edge, planned=1
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
        platform=device.platform, outcome=outcome, reason=reason, started_at=NOW, at=NOW, **fields,
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
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
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
    from notifications.review import freeze

    fields = {"target_os": target_os, "send_to": send_to}
    if send_to == "users":
        fields["recipients"] = ["ann", "bob"]  # type: ignore[assignment]
    elif send_to == "audience":
        fields["audience"] = audience  # type: ignore[assignment]
    draft = make_draft(**fields)
    revision, sha256 = freeze(draft)
    Notification.objects.filter(pk=draft.pk).update(
        status="scheduled", due_at=NOW, confirmed_at=timezone.now(), revision=revision,
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
