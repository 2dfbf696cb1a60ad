"""Events reach whoever listens: signed, at least once, tried again for a day."""

import hashlib
import hmac
import time
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from devices import outbox
from devices.models import OutboxEvent
from notifications.models import CallState, WebhookAttempt, WebhookCall, WebhookEndpoint
from notifications.webhooks import courier, keeping, posting
from tests.notifications import receiver as behaviour

pytestmark = pytest.mark.django_db
NOW = timezone.now()
GONE = {"devices": [{"device_id": "D", "user_id": "ada", "reason": "fcm_unregistered"}]}


def happen(event="device.invalidated", facts=GONE, at=NOW):
    outbox.write(event, facts, at=at)


def turns(until, start=NOW, step_s=5):
    """The courier's turns of that long, with a clock that jumps."""
    moment = start
    while moment <= start + until:
        courier.turn(moment)
        moment += timedelta(seconds=step_s)
    return moment


def test_an_event_arrives_with_its_id_type_time_and_facts(listen, receiver):
    listen("device.invalidated")
    happen()

    courier.turn(NOW)

    event = OutboxEvent.objects.get()
    assert receiver.events == [
        {"id": str(event.uuid), "type": "device.invalidated", "at": NOW.isoformat(), "data": GONE}
    ]
    assert WebhookCall.objects.get().state == CallState.DELIVERED
    assert WebhookAttempt.objects.get().status == 200


def test_the_signature_is_made_of_time_and_body_with_the_secret_that_was_shown_once(
    listen, receiver
):
    endpoint = listen("device.invalidated")
    happen()

    courier.turn(NOW)

    headers, body = receiver.calls[0]
    moment, _, signature = headers["X-Signature"].partition(",v1=")
    signed = moment.removeprefix("t=").encode() + b"." + body
    expected = hmac.new(endpoint.plain.encode(), signed, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(signature, expected)
    assert abs(int(moment.removeprefix("t=")) - NOW.timestamp()) < 2
    assert headers["X-Event-Id"] == str(OutboxEvent.objects.get().uuid)
    assert endpoint.plain not in str(list(WebhookEndpoint.objects.values()))


def test_a_changed_secret_signs_at_once_and_the_former_for_a_day(listen, admin, receiver):
    endpoint = listen("device.invalidated")
    secret = keeping.rotate(endpoint, by=admin, now=NOW)
    endpoint.refresh_from_db()

    assert keeping.valid_secrets(endpoint, NOW) == [secret, endpoint_plain(endpoint)]
    assert keeping.valid_secrets(endpoint, NOW + timedelta(hours=25)) == [secret]
    happen()
    courier.turn(NOW)
    assert receiver.calls[0][0]["X-Signature"].count("v1=") == 2


def endpoint_plain(endpoint):
    from notifications.webhooks import boxes

    return boxes.unseal(endpoint.former_secret)


def test_nothing_is_written_for_what_nobody_listens_to(listen, django_assert_num_queries):
    listen("permission.changed")
    outbox.listens("device.invalidated")

    with django_assert_num_queries(0):
        happen()

    assert not OutboxEvent.objects.exists()


def test_a_receiver_that_is_down_for_a_while_gets_every_event_once_it_is_back(listen, receiver):
    listen("device.invalidated")
    port = receiver.port
    receiver.stop()
    for n in range(6):
        happen(facts={"n": n})
    down = turns(timedelta(minutes=3))
    assert not WebhookCall.objects.exclude(state=CallState.WAITING).exists()

    receiver.port = port
    receiver.start()
    turns(timedelta(minutes=4), start=down)

    assert sorted(event["data"]["n"] for event in receiver.events) == [0, 1, 2, 3, 4, 5]
    assert len({event["id"] for event in receiver.events}) == 6
    assert WebhookEndpoint.objects.get().failing_since is None


def test_a_500_is_tried_again_ever_more_rarely_and_given_up_after_a_day(listen, receiver):
    receiver.answer = 500
    listen("device.invalidated")
    happen()

    courier.turn(NOW)
    while (call := WebhookCall.objects.get()).state == CallState.WAITING:
        courier.turn(call.due_at)

    assert call.state == CallState.GIVEN_UP
    assert 20 < call.tries == len(receiver.calls) < 40
    assert call.ended_at > NOW + timedelta(hours=24)
    moments = list(WebhookAttempt.objects.order_by("pk").values_list("at", flat=True))
    gaps = [later - sooner for sooner, later in pairwise(moments)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == timedelta(hours=1)
    assert len({event["id"] for event in receiver.events}) == 1


def test_an_endpoint_that_fails_for_a_day_is_paused_and_says_so(listen, receiver):
    from notifications.models import AuditEntry

    receiver.answer = 500
    listen("device.invalidated")
    for hours in range(0, 26, 2):
        happen(at=NOW + timedelta(hours=hours))
        courier.turn(NOW + timedelta(hours=hours))

    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.paused_at is not None, endpoint.paused_reason) == (True, "failing")
    assert AuditEntry.objects.filter(action="paused a webhook").count() == 1
    assert not outbox.listens("device.invalidated")


def test_what_happens_while_a_person_paused_it_waits_for_the_resume(listen, admin, receiver):
    endpoint = listen("device.invalidated")
    keeping.pause(endpoint, by=admin, now=NOW)
    happen()
    courier.turn(NOW)
    assert receiver.calls == []

    keeping.resume(endpoint, by=admin, now=NOW)
    courier.turn(NOW)

    assert len(receiver.calls) == 1


@pytest.mark.parametrize(
    ("behaves", "said"),
    [
        (404, "Answered 404."),
        (behaviour.hangs, "No answer within 0.4 s."),
        (behaviour.drips, "No answer within 0.4 s."),
        (behaviour.slams, "The connection was closed before an answer came."),
    ],
)
def test_a_call_that_fails_says_why(listen, receiver, behaves, said):
    receiver.answer = behaves

    reply = posting.post(receiver.url, b"{}", {}, deadline_s=0.4)

    assert reply.error == said
    assert reply.ms < 1_500


def test_an_answer_without_end_is_not_read_to_its_end(receiver):
    receiver.answer = behaviour.pours

    reply = posting.post(receiver.url, b"{}", {}, deadline_s=5)

    assert reply.taken
    assert reply.ms < 2_000


def test_a_redirect_is_a_failure_and_is_not_followed(receiver):
    other = behaviour.Receiver().start()
    receiver.answer = behaviour.redirects_to(other.url)

    reply = posting.post(receiver.url, b"{}", {})
    other.stop()

    assert "Redirects are not followed" in reply.error
    assert other.calls == []


def test_a_receiver_that_hangs_holds_up_nobody_else_for_longer_than_its_deadline(
    listen, receiver, monkeypatch
):
    monkeypatch.setattr(posting, "DEADLINE_S", 0.5)
    monkeypatch.setattr(courier, "_make", lambda e: posting.post(e.url, e.body, e.headers, 0.5))
    slow = behaviour.Receiver(answer=behaviour.hangs).start()
    listen("device.invalidated", url=slow.url)
    listen("device.invalidated")
    happen()

    began = time.monotonic()
    courier.turn(NOW)
    slow.stop()

    assert time.monotonic() - began < 2
    assert len(receiver.calls) == 1
    assert WebhookCall.objects.filter(state=CallState.DELIVERED).count() == 1


def test_two_couriers_never_make_the_same_call_at_once(listen):
    listen("device.invalidated")
    happen()
    courier.handing.hand_out(NOW)

    first, second = courier.claim(NOW), courier.claim(NOW)
    later = courier.claim(NOW + timedelta(minutes=2))

    assert (len(first), len(second)) == (1, 0)
    assert len(later) == 1  # whoever had it died


def test_events_are_forgotten_after_a_week_but_never_while_one_waits(listen, receiver):
    listen("device.invalidated")
    happen(at=NOW - timedelta(days=8))
    happen(at=NOW - timedelta(days=8))
    OutboxEvent.objects.filter(pk=OutboxEvent.objects.latest("pk").pk).update(taken_at=NOW)
    courier.handing.hand_out(NOW)

    courier.forget_old(NOW)
    assert OutboxEvent.objects.count() == 1
    courier.turn(NOW)
    courier.forget_old(NOW)

    assert not OutboxEvent.objects.exists()
    assert not WebhookAttempt.objects.exists()


def test_another_secret_key_pauses_the_endpoint_instead_of_signing_wrongly(
    listen, receiver, settings
):
    listen("device.invalidated")
    happen()
    settings.SECRET_KEY = "another one"

    courier.turn(NOW)

    assert receiver.calls == []
    assert WebhookEndpoint.objects.get().paused_reason == "secret"
