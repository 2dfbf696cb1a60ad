"""Wrong set-ups: paused, nobody retired, the concrete fix on the page, and Resume completes it."""

from datetime import timedelta
from typing import Any

import pytest

from devices.models import Device
from notifications import lifecycle, reports
from notifications.advice import advice
from notifications.explain import explain
from notifications.models import Delivery, Notification
from notifications.sending import channel, clock
from notifications.states import NotificationStatus as S
from tests.console.staff import client_of
from tests.sending import confirmed, make_phones, make_staff, run_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]
EMAIL = "beckon@beckon-sandbox.iam.gserviceaccount.com"


def paused_by(sandbox, fault: str) -> Notification:
    make_phones(200)
    sandbox.set_faults([{"match": {}, "do": fault}])
    notification = confirmed()
    run_all()
    notification.refresh_from_db()
    return notification


@pytest.mark.parametrize(
    ("fault", "reason", "said"),
    [
        ("permission_denied", "iam", ["roles/firebasecloudmessaging.admin",
                                      "cloudmessaging.messages.create", "@", "iam-admin/iam"]),
        ("api_disabled", "api_disabled", ["apis/library/fcm.googleapis.com?project=beckon-sandbox",
                                          "Firebase Cloud Messaging API"]),
        ("project_not_found", "wrong_project", ["project beckon-sandbox", "google-services.json"]),
        ("unauthenticated", "credentials", ["FIREBASE_CREDENTIALS", "serviceaccounts"]),
    ],
)  # fmt: skip
def test_paused_with_the_fix_and_after_it_resume_completes(sandbox, fault, reason, said):
    notification = paused_by(sandbox, fault)

    found = reports.counts(notification)
    assert (notification.status, notification.paused_reason) == (S.PAUSED, reason)
    assert (found.targeted, found.waiting, found.accepted) == (200, 200, 0)
    assert Device.objects.active().count() == 200
    advised = advice(notification)
    text = " ".join(advised.steps)
    assert [words for words in said if words not in text] == []
    assert advised.sentence
    assert advised.raw
    assert channel.client_email() in text or reason in ("api_disabled", "wrong_project")
    page = client_of("viewer").get(notification.get_absolute_url()).content.decode()
    assert said[0] in page

    sandbox.set_faults([])
    lifecycle.resume(notification, by=make_staff(role="admin"), now=clock.now())
    run_all()
    notification.refresh_from_db()
    assert (notification.status, reports.counts(notification).accepted) == (S.SENT, 200)
    assert sandbox.stats()["max_per_token"] == 1


def test_without_the_apns_key_android_finishes_and_iphones_wait(sandbox, settings):
    settings.SEND_WINDOW = 20
    make_phones(100, prefix="ios", platform="ios")
    make_phones(100, prefix="android", platform="android")
    minted = sandbox.stats()["token_mints"]
    sandbox.set_faults([{"match": {"prefix": "ios"}, "do": "third_party_auth"}])
    notification = confirmed()

    run_all()

    notification.refresh_from_db()
    assert (notification.status, notification.paused_reason) == (S.PAUSED, "apns_key")
    counted = reports.counts(notification)
    assert counted.accepted == counted.platforms["android"].accepted == 100
    assert counted.waiting == counted.platforms["ios"].waiting == 100
    assert sandbox.stats()["token_mints"] - minted <= 2
    assert sandbox.stats()["requests"] <= 100 + 2 * 20  # no storm of what can't succeed
    assert "APNs authentication key" in " ".join(advice(notification).steps)
    assert "Cloud Messaging" in advice(notification).steps[0]
    assert Device.objects.active().count() == 200

    sandbox.set_faults([])
    lifecycle.resume(notification, by=make_staff(role="admin"), now=clock.now())
    run_all()
    assert reports.counts(notification).accepted == 200


def blocked_two_hours_ago(sandbox: Any) -> Notification:
    """And put right and resumed now."""
    make_phones(1)
    sandbox.set_faults([{"match": {}, "do": "permission_denied"}])
    notification = confirmed()
    run_all()
    ago = clock.now() - timedelta(hours=2)
    Delivery.objects.update(started_at=ago, at=ago)
    notification.refresh_from_db()
    sandbox.set_faults([])
    lifecycle.resume(notification, by=make_staff(role="admin"), now=clock.now())
    return notification


def test_what_a_wrong_setup_blocked_was_sent_when_it_went_on(sandbox):
    notification = blocked_two_hours_ago(sandbox)
    resumed = clock.now()

    run_all()

    notification.refresh_from_db()
    told = explain(notification, "phone-0", clock.now()).lanes[0].moments
    assert [moment.kind for moment in told] == ["sent", "accepted"]
    assert all(moment.at >= resumed for moment in told)


def test_what_a_wrong_setup_blocked_has_all_its_tries_afterwards(sandbox):
    notification = blocked_two_hours_ago(sandbox)
    sandbox.set_faults([{"match": {}, "do": "unavailable", "times": 1}])

    run_all()

    assert notification.deliveries.get().outcome == "waiting"


@pytest.mark.parametrize(
    "email",
    ["hike-app@appspot.gserviceaccount.com", "1234567-compute@developer.gserviceaccount.com"],
)
def test_of_a_default_account_it_says_that_organisations_can_turn_off_its_grants(email):
    facts = {"client_email": email, "project": "hike-app", "detail": "denied"}
    text = " ".join(advice(Notification(paused_reason="iam", paused_facts=facts)).steps)

    assert "Organisations can turn off the automatic grants" in text
    assert f"Grant {email}" in text
    assert "roles/firebasecloudmessaging.admin" in text


def test_of_an_account_of_ones_own_it_does_not():
    facts = {"client_email": EMAIL, "project": "beckon-sandbox"}

    steps = advice(Notification(paused_reason="iam", paused_facts=facts)).steps

    assert "Organisations" not in " ".join(steps)


def test_what_goes_on_by_itself_needs_no_advice():
    assert advice(Notification()).steps == []
    assert advice(Notification(paused_reason="by_person")).steps == ["Resume when ready."]
