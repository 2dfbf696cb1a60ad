"""The first page, for a new installation and for a busy one."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console import numbers, setup
from console.views import overview
from devices import preferences
from devices.models import Device, TestDevice
from notifications.models import Batch, Heartbeat, Notification, Page, ProjectPause
from notifications.states import NotificationStatus as S
from tests.console.staff import client_of, make_member, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


def make_phone(number: int = 1) -> Device:
    return Device.objects.create(
        device_id=f"phone-{number}",
        token=f"token-of-phone-{number:06}",
        platform="ios",
        bucket=number,
        perm_known=True,
        perm_status="granted",
    )


def make_notification(title: str, status: str, **fields: Any) -> Notification:
    frozen = {} if status == S.DRAFT else {"revision": {}, "due_at": timezone.now()}
    return Notification.objects.create(title=title, status=status, **frozen | fields)


def make_sending(title: str = "First snow") -> Notification:
    sending = make_notification(title, S.SENDING, started_at=timezone.now(), planned=100)
    Batch.objects.create(
        notification=sending,
        kind="range",
        ordinal=1,
        due_at=timezone.now(),
        counters={"ios": {"targeted": 62, "accepted": 50, "skipped": 10, "dead_token": 2}},
    )
    return sending


def page_of(role: str = "viewer") -> str:
    return client_of(role).get("/").content.decode()


def test_it_wants_a_sign_in(client: Any) -> None:
    assert client.get("/").url.startswith("/login/")


def test_it_is_only_read() -> None:
    assert client_of("admin").post("/").status_code == 405


def test_a_new_installation_shows_four_steps() -> None:
    page = page_of("admin")

    assert "Let’s reach your first phone" in page
    assert page.count('<span class="mk">') == 4


def test_the_steps_tick_themselves() -> None:
    admin = make_member("admin")
    assert [step.done for step in setup.steps(admin)] == [True, False, False, False]

    TestDevice.objects.create(staff=admin, device=make_phone())
    Page.objects.create(name="HutDetail")
    make_notification("Try", S.SENT, kind="test", started_at=timezone.now())

    assert [step.done for step in setup.steps(admin)] == [True] * 4


def test_the_first_open_step_is_the_current_one() -> None:
    Page.objects.create(name="HutDetail")

    steps = setup.steps(make_member("admin"))

    assert [step.title for step in steps if step.current] == ["Add a test phone"]


def test_a_role_is_not_led_where_it_may_not_go() -> None:
    urls = {step.title: step.url for step in setup.steps(make_member("viewer"))}

    assert urls["Add your pages"] == urls["Send yourself a test"] == ""


def test_a_finished_setup_is_gone() -> None:
    admin = make_member("admin")
    TestDevice.objects.create(staff=admin, device=make_phone())
    Page.objects.create(name="HutDetail")
    make_notification("Try", S.SENT, kind="test", started_at=timezone.now())

    assert '<h2 id="setup">' not in signed_in(admin).get("/").content.decode()


def test_what_is_being_sent_leads() -> None:
    make_sending("First snow weekend")

    page = page_of()

    assert "First snow weekend" in page
    assert "62\u202f%" in page
    assert "1 sending" in page


def test_the_parts_of_a_live_bar_are_every_handled_phone() -> None:
    sending = make_sending()

    (card,) = overview.live_cards(make_member("viewer"), timezone.now())

    assert sum(part["count"] for part in card.parts) == card.counts.targeted == 62
    assert (card.notification, card.share, card.total) == (sending, 62, 100)


def test_only_who_may_pause_is_offered_it() -> None:
    make_sending()

    offered = {role: "Pause<" in page_of(role) for role in ("viewer", "support", "ops")}

    assert offered == {"viewer": False, "support": False, "ops": True}


def test_the_live_cards_are_served_alone() -> None:
    make_sending("First snow weekend")

    fragment = client_of("viewer").get("/overview/live/").content.decode()

    assert "First snow weekend" in fragment
    assert "<html" not in fragment


def test_what_is_next_stands_in_order_and_held_ones_need_someone() -> None:
    now = timezone.now()
    make_notification("Later", S.SCHEDULED, due_at=now + timedelta(days=2))
    make_notification("Sooner", S.HELD, due_at=now + timedelta(hours=1))

    page = page_of()

    assert page.index("Sooner") < page.index("Later")
    assert "1 thing needs you" in page


def test_the_reach_adds_up() -> None:
    make_phone()

    page = page_of()

    assert "1 phone</span>" in page
    assert "1 of 1</b> phone can get a message now." in page


def test_a_share_of_thirty_phones_is_worth_a_percentage() -> None:
    for number in range(30):
        make_phone(number)

    assert "100\u202f%</b> of phones can get a message now." in page_of()


def test_a_week_of_sends_is_a_picture_and_a_table() -> None:
    make_sending()

    page = page_of()

    assert "is highest with 50 accepted." in page
    assert "Show as a table" in page


def test_a_large_installation_is_not_kept_waiting(monkeypatch: Any) -> None:
    make_phone()
    monkeypatch.setattr(numbers, "FEW_PHONES", 0)
    client = client_of("viewer")

    waiting = client.get("/").content.decode()
    fragment = client.get("/overview/counted/").content.decode()
    later = client.get("/").content.decode()

    assert "Counting. There are many phones" in waiting
    assert 'hx-get="/overview/counted/" hx-trigger="load"' in waiting
    assert "1 of 1</b> phone can get a message now." in fragment
    assert "<html" not in fragment
    assert "1 of 1</b> phone can get a message now." in later


def test_old_numbers_are_shown_at_once_with_their_time_and_new_ones_asked_for(
    monkeypatch: Any,
) -> None:
    make_phone()
    monkeypatch.setattr(numbers, "FEW_PHONES", 0)
    numbers.count(timezone.now() - timedelta(minutes=2))
    make_phone(2)
    client = client_of("viewer")

    page = client.get("/").content.decode()
    fragment = client.get("/overview/counted/").content.decode()
    later = client.get("/").content.decode()

    asks = 'hx-get="/overview/counted/" hx-trigger="load"'
    assert "1 of 1</b> phone can get a message now." in page
    assert "2\u202fmin ago" in page
    assert asks in page
    assert "2 of 2</b> phones can get a message now." in fragment
    assert asks not in fragment
    assert asks not in later


def test_one_walk_over_all_phones_serves_everybody(monkeypatch: Any) -> None:
    monkeypatch.setattr(numbers, "FEW_PHONES", 0)
    now = timezone.now()
    old = numbers.count(now - timedelta(minutes=2))

    cache.add(numbers.counting(), 1, 20)
    meanwhile = numbers.anew(now)
    cache.delete(numbers.counting())
    first = numbers.anew(now)
    second = numbers.anew(now + timedelta(seconds=5))

    assert meanwhile == old
    assert first.counted_at == second.counted_at == now


def test_without_a_script_one_waits_for_the_count(monkeypatch: Any) -> None:
    make_phone()
    monkeypatch.setattr(numbers, "FEW_PHONES", 0)

    page = client_of("viewer").get("/?count=now").content.decode()

    assert "1 of 1</b> phone can get a message now." in page


def test_a_silent_worker_is_said_loudly() -> None:
    make_phone()
    assert "No sign of a worker." in page_of()
    cache.clear()

    Heartbeat.objects.create(name="w", role="worker", at=timezone.now())
    assert "No sign of a worker." not in page_of("support")


def test_a_part_that_no_other_stands_in_for_is_missed_loudly() -> None:
    make_phone()
    for role in ("worker-trigger", "worker-bulk"):
        Heartbeat.objects.create(name=role, role=role, at=timezone.now())
    assert "Beat is silent: nothing scheduled starts" in page_of()

    Heartbeat.objects.create(name="beat", role="beat", at=timezone.now())
    assert "silent" not in page_of("support")


def test_a_pause_of_everything_is_said_loudly() -> None:
    make_phone()
    preferences.put(pause_all_since=timezone.now().isoformat())

    assert "All sending is paused." in page_of()


def test_googles_wish_for_quiet_is_told_with_its_end() -> None:
    make_phone()
    ProjectPause.objects.create(pk=1, until=timezone.now() + timedelta(seconds=50))

    page = page_of()

    assert "Google asked us to slow down." in page
    assert "Sending goes on by itself in " in page


def test_a_spike_of_removed_apps_is_told() -> None:
    sent = make_notification("First snow", S.SENT, started_at=timezone.now(), planned=200)
    batch = Batch.objects.create(
        notification=sent,
        kind="range",
        ordinal=1,
        due_at=timezone.now(),
        counters={"ios": {"targeted": 200, "accepted": 198, "dead_token": 2}},
    )
    assert "phone without the app" not in page_of()

    batch.counters = {"ios": {"targeted": 200, "accepted": 150, "dead_token": 50}}
    batch.save()
    assert "25\u202f% of “First snow” met a phone without the app." in page_of("support")


def test_an_unusable_key_is_told_before_anything_is_sent(settings: Any, tmp_path: Any) -> None:
    from notifications.sending import channel

    make_phone()
    key = tmp_path / "key.json"
    key.write_text("{}")
    settings.FIREBASE_CREDENTIALS, settings.FCM_BASE_URL = key, settings.GOOGLE_URL
    channel.forget()

    page = page_of("admin")
    channel.forget()

    assert "The Firebase key cannot be used." in page
    assert 'data-env="live"' in page


@pytest.mark.parametrize(
    ("hour", "words"), [(3, "evening"), (4, "morning"), (12, "afternoon"), (18, "evening")]
)
def test_the_greeting_knows_the_viewers_hour(hour: int, words: str, rf: Any) -> None:
    request = rf.get("/")
    request.user = make_member("viewer", "priya")
    now = timezone.now().replace(hour=hour)

    assert overview.greeting(request, now) == f"Good {words}, priya"


def test_more_sends_mean_no_more_queries() -> None:
    client = client_of("viewer")
    make_phone()
    add_sends(1)
    client.get("/")  # session, permissions

    with_one = queries_of(client)
    add_sends(4)

    assert queries_of(client) == with_one <= 30


def add_sends(count: int) -> None:
    for number in range(count):
        make_sending(f"Snow {number}")
        make_notification(f"Next {number}", S.SCHEDULED)


def queries_of(client: Any) -> int:
    """With nothing at hand: what is kept for seconds would hang on how long the test takes."""
    cache.clear()
    with CaptureQueriesContext(connection) as asked:
        client.get("/")
    return len(asked)
