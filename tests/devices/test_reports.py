"""What pages say about phones."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices import upkeep
from devices.models import Device
from tests.factories import make_device

pytestmark = pytest.mark.django_db


def test_freshness_counts_and_retires_nothing():
    now = timezone.now()
    for platform, days in (("ios", 10), ("ios", 300), ("android", 40), ("android", 300)):
        make_device(platform=platform, last_seen_at=now - timedelta(days=days))

    kept = upkeep.keep(now)

    assert (kept.stale, kept.expected_dead) == (3, 1)
    assert Device.objects.filter(state="active").count() == 4
