"""Settings → Webhooks: who is told what happens here, and how that went."""

import re

import pytest
from django.utils import timezone

from devices import outbox
from notifications.models import AuditEntry, CallState, WebhookCall, WebhookEndpoint
from notifications.webhooks import boxes, courier
from tests.console.staff import client_of
from tests.notifications.receiver import Receiver

pytestmark = pytest.mark.django_db
URL = "/settings/webhooks/"
GIVEN = {"url": "https://api.example.com/hooks", "events": ["notification.sent"]}


@pytest.fixture
def receiver(settings):
    settings.WEBHOOKS_TO_PRIVATE = True
    started = Receiver().start()
    yield started
    started.stop()


def shown_secret(answer):
    return re.search(r'id="fresh-secret">([^<]+)<', answer.content.decode())[1]


def test_an_endpoint_is_added_and_its_secret_is_in_that_answer_and_nowhere_else():
    admin = client_of("admin")

    made = admin.post(URL, GIVEN)

    endpoint, secret = WebhookEndpoint.objects.get(), shown_secret(made)
    assert boxes.unseal(endpoint.secret) == secret
    assert endpoint.name == "api.example.com"
    for page in (URL, f"{URL}{endpoint.uuid}/"):
        assert secret not in admin.get(page).content.decode()
    assert secret not in str(list(WebhookEndpoint.objects.values()))
    assert secret not in str(list(AuditEntry.objects.values()))
    assert AuditEntry.objects.get().action == "added a webhook"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"url": ""}, "Enter the address"),
        ({"url": "https://127.0.0.1/x"}, "inside this network"),
        ({"url": "gopher://example.com/"}, "This is no address"),
        ({"events": []}, "Pick at least one event."),
        ({"events": ["everything"]}, "not one of the available"),
    ],
)
def test_what_cannot_be_called_is_refused_at_its_field(fields, sentence):
    answer = client_of("admin").post(URL, GIVEN | fields)

    assert sentence in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_a_test_is_sent_at_once_and_stands_among_the_last_calls(receiver):
    admin = client_of("admin")
    admin.post(URL, GIVEN | {"url": receiver.url, "name": "CRM"})
    page = f"{URL}{WebhookEndpoint.objects.get().uuid}/"

    answer = admin.post(f"{page}test/", follow=True).content.decode()

    assert receiver.events[0]["type"] == "test"
    assert "Taken: it answered 200" in answer
    assert answer.count("Taken</span>") == 1


def test_a_test_that_fails_says_why_and_is_not_repeated(receiver):
    admin = client_of("admin")
    receiver.answer = 503
    admin.post(URL, GIVEN | {"url": receiver.url})

    answer = admin.post(f"{URL}{WebhookEndpoint.objects.get().uuid}/test/", follow=True)

    assert "Not taken. Answered 503." in answer.content.decode()
    assert WebhookCall.objects.get().state == CallState.GIVEN_UP
    assert WebhookEndpoint.objects.get().failing_since is None


def test_pause_resume_new_secret_and_remove_do_what_they_say():
    admin = client_of("admin")
    admin.post(URL, GIVEN)
    page = f"{URL}{WebhookEndpoint.objects.get().uuid}/"

    admin.post(f"{page}pause/")
    assert WebhookEndpoint.objects.get().paused_reason == "by_person"
    assert "Paused" in admin.get(URL).content.decode()
    admin.post(f"{page}resume/")
    assert WebhookEndpoint.objects.get().paused_at is None
    secret = shown_secret(admin.post(f"{page}rotate/", {"sure": "yes"}))
    assert boxes.unseal(WebhookEndpoint.objects.get().secret) == secret
    assert "Two sign until" in admin.get(page).content.decode()
    admin.post(f"{page}remove/", {"sure": "yes"})
    assert not WebhookEndpoint.objects.exists()
    assert AuditEntry.objects.count() == 5


def test_what_it_hears_of_can_be_changed(django_capture_on_commit_callbacks):
    admin = client_of("admin")
    admin.post(URL, GIVEN)
    page = f"{URL}{WebhookEndpoint.objects.get().uuid}/"

    with django_capture_on_commit_callbacks(execute=True):
        admin.post(page, GIVEN | {"events": ["device.invalidated"], "triggers": "on"})

    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.events, endpoint.triggers) == (["device.invalidated"], True)
    assert outbox.listens("device.invalidated")
    assert not outbox.listens("notification.sent")


def test_the_list_says_who_takes_no_calls_and_how_much_waits(receiver):
    admin = client_of("admin")
    receiver.answer = 500
    admin.post(URL, GIVEN | {"url": receiver.url, "events": ["device.invalidated"]})
    outbox.write("device.invalidated", {}, at=timezone.now())
    courier.turn(timezone.now())

    page = admin.get(URL).content.decode()

    assert "Not taking calls" in page
    assert "Answered 500." in page
    assert "1 endpoint, 1 not called" in admin.get("/settings/").content.decode()


@pytest.mark.parametrize("role", ["viewer", "marketer", "support", "ops"])
def test_only_admins_may_say_where_facts_about_people_go(role):
    assert client_of(role).get(URL).status_code == 403


def test_overview_and_health_name_an_endpoint_that_takes_nothing():
    from datetime import timedelta

    from notifications import health

    admin = client_of("admin")
    admin.post(URL, GIVEN | {"name": "CRM"})
    now = timezone.now()
    assert [check.ok for check in health.examine(now) if check.name == "Webhooks"] == [True]
    WebhookEndpoint.objects.update(failing_since=now - timedelta(hours=2))
    from tests.factories import make_device

    make_device()

    page = admin.get("/").content.decode()

    assert "The webhook “CRM” takes no calls." in page
    assert "“CRM” takes no calls" in admin.get("/health/").content.decode()
