"""One rule said twice: what `evaluate` says of each phone is what the waterfall counts."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices import preferences
from devices.models import AppUser, Device
from notifications import reach

NOW = timezone.now()
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
    }
)


@pytest.mark.django_db
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    phones=st.lists(PHONE, max_size=12),
    target_os=st.sampled_from(["all", "ios", "android"]),
    send_when_unknown=st.booleans(),
    skip_stale=st.booleans(),
)
def test_waterfall_and_engine_agree_device_by_device(
    phones, target_os, send_when_unknown, skip_stale
):
    Device.objects.all().delete()
    AppUser.objects.all().delete()
    preferences.put(send_when_permission_unknown=send_when_unknown, skip_stale=skip_stale)
    user = AppUser.objects.create(user_id="ann")
    for number, phone in enumerate(phones):
        fields = dict(phone)
        keeps = fields.pop("has_token") and fields["state"] == "active"
        token = f"token-{number:020d}" if keeps else None
        Device.objects.create(device_id=f"d{number}", token=token, owner=user, bucket=0, **fields)

    falls = reach.count(reach.Who("everyone", target_os), NOW)

    rule = reach.policy(NOW)
    expected: Counter[str] = Counter()
    for facts in Device.objects.values_list(*reach.COLUMNS):
        one = reach.Facts._make(facts)
        other = target_os not in ("all", one.platform)
        expected["other_os" if other else reach.evaluate(one, rule)] += 1
    assert {step.reason: step.count for step in falls.steps} == {
        why: n for why, n in expected.items() if why
    }
    assert falls.will_send == expected[""]
    assert falls.phones == len(phones) == falls.will_send + sum(s.count for s in falls.steps)
