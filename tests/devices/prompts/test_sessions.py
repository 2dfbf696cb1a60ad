"""What the start of a session costs: the same number of queries however many phones, people in
audiences and words in prompts there are."""

import os
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devices import samples
from devices.audiences import keeping as audiences
from devices.models import AppUser, Audience, Device, PromptState
from devices.prompts import sessions
from tests.devices.prompts.phones import make_live

pytestmark = pytest.mark.django_db
MOST = 14  # the transaction's own statements included


def five_live_prompts(members: int) -> None:
    """Two for everyone, three for audiences: by rules, by name, and with an exclusion."""
    now = timezone.now()
    de = {"field": "locale", "op": "is", "value": "de"}
    ruled = audiences.create(f"German {members}", {"version": 1, "all": [de]})
    listed = audiences.create(f"Listed {members}", {"version": 1, "list": True})
    audiences.add(listed, AppUser.objects.values_list("pk", flat=True)[:members])
    rest = audiences.create(f"Rest {members}", {"version": 1, "all": [], "exclude": listed.pk})
    for audience in (None, ruled, listed, rest, None):
        make_live(now, audience=audience, locales={"de": {"body": "d" * 500}})


def cost(device: Device, session: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        sessions.start(device.device_id, session, now=timezone.now())
    return len(queries)


def phones(of: int) -> list[Device]:
    samples.make_users(of, timezone.now())
    list(samples.make_devices(of, timezone.now()))
    wanted = Device.objects.exclude(perm_status="granted").filter(perm_system="not_determined")
    return list(wanted.order_by("-pk")[:3])


def test_a_session_costs_the_same_queries_whatever_the_size_of_everything():
    few = phones(100)
    five_live_prompts(10)
    cost(few[0], "first")
    among_few = cost(few[0], "s1")
    many = phones(2_000)
    audiences.add(
        Audience.objects.get(name="Listed 10"),
        AppUser.objects.values_list("pk", flat=True)[:900],
    )
    cost(many[0], "first")

    assert cost(many[0], "s2") == among_few <= MOST


def test_a_phone_that_allows_already_costs_no_look_at_audiences():
    phones(100)
    five_live_prompts(10)
    allowed = Device.objects.filter(perm_status="granted", platform="android").first()

    assert cost(allowed, "s1") <= 8
    assert sessions.start(allowed.device_id, "s2", now=timezone.now()).offers == []


@pytest.mark.skipif("BECKON_PROMPT_PHONES" not in os.environ, reason="a measurement")
@pytest.mark.timeout(1_800)
def test_how_many_sessions_start_in_a_second():
    """BECKON_PROMPT_PHONES=100000 pytest -s -k sessions_start_in_a_second; see what it prints."""
    phones(int(os.environ["BECKON_PROMPT_PHONES"]))
    five_live_prompts(5_000)
    every = list(Device.objects.order_by("bucket", "pk")[:600])
    unasked = [device for device in every if device.perm_status != "granted"]
    for name, chosen in (
        ("first sessions", every),
        ("later sessions", every),
        ("first sessions, not allowed yet", unasked),
        ("later sessions, not allowed yet", unasked),
    ):
        if name.startswith("first"):
            PromptState.objects.all().delete()
        cpu, started = time.process_time(), time.monotonic()
        for device in chosen:
            sessions.start(device.device_id, name, now=timezone.now())
        took, cpu = time.monotonic() - started, time.process_time() - cpu
        print(
            f"{name}: {len(chosen) / took:,.0f} a second ({len(chosen) / cpu:,.0f} a second of "
            f"CPU), {cost(chosen[-1], 'one more')} queries"
        )
