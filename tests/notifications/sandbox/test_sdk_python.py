"""Google's SDK for Python against the sandbox (K01, K02): with nothing changed, over TLS through a
proxy, and with its URL changed."""

import asyncio
import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import firebase_admin
import pytest
from firebase_admin import credentials, exceptions, messaging

from tests.notifications.sandbox.calls import OTHER, TOKEN
from tests.notifications.sandbox.connect_proxy import ConnectProxy
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def app(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch):
    url = sandbox.url + "/v1/projects/{0}/messages:send"
    monkeypatch.setattr(messaging._MessagingService, "FCM_URL", url)
    monkeypatch.setattr(messaging._MessagingService, "IID_URL", sandbox.url)
    credential = credentials.Certificate(sandbox.service_account())
    app = firebase_admin.initialize_app(credential, {"httpTimeout": 5}, name="sandbox")
    yield app
    firebase_admin.delete_app(app)


def message(token: str = TOKEN, **parts) -> messaging.Message:
    return messaging.Message(token=token, notification=messaging.Notification("t", "b"), **parts)


def test_k01_unmodified_through_a_proxy_it_is_all_understood(tls: SandboxProcess, tmp_path: Path):
    account = tmp_path / "service-account.json"
    as_from_google = {"token_uri": "https://oauth2.googleapis.com/token"}
    account.write_text(json.dumps(tls.service_account() | as_from_google))
    certificates = str(tls.data_dir / "sandbox" / "ca.pem")

    with ConnectProxy(tls.tls_port) as proxy:
        proxied = {"HTTPS_PROXY": proxy.url, "REQUESTS_CA_BUNDLE": certificates, "NO_PROXY": ""}
        done = subprocess.run(
            [sys.executable, Path(__file__).parent / "unmodified.py", account],
            env=os.environ | proxied, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["each"] == [40, 0]
    assert said["dry"].endswith("fake_message_id")
    assert (said["subscribed"], said["unsubscribed"]) == (1, 1)
    assert said["refused"] == "INVALID_ARGUMENT"
    topic, sent = tls.messages(TOKEN)
    assert (sent["name"], topic["message"]["topic"]) == (said["sent"], "news")
    assert tls.stats()["accepted"] == 42
    names = {"fcm", "oauth2"}
    assert proxy.asked >= {f"CONNECT {name}.googleapis.com:443" for name in names}


def test_k01_send(app, sandbox: SandboxProcess):
    name = messaging.send(message(data={"k": "v"}), app=app)

    [entry] = sandbox.messages()
    assert entry["name"] == name
    assert entry["message"]["data"] == {"k": "v"}


def test_k01_a_dry_run(app, sandbox: SandboxProcess):
    assert messaging.send(message(), dry_run=True, app=app).startswith("projects/")
    assert sandbox.messages() == []


def test_k01_everything_the_sdk_can_say_is_understood(app):
    light = messaging.LightSettings("#aabbcc", 300, 200)
    android = messaging.AndroidConfig(
        collapse_key="k",
        priority="high",
        ttl=datetime.timedelta(seconds=3, milliseconds=5),
        restricted_package_name="com.example",
        data={"a": "b"},
        direct_boot_ok=True,
        fcm_options=messaging.AndroidFCMOptions("label"),
        notification=messaging.AndroidNotification(
            title="t",
            color="#aabbcc",
            event_timestamp=datetime.datetime.now(),  # noqa: DTZ005 - as the SDK's own tests do
            priority="high",
            vibrate_timings_millis=[100, 200],
            visibility="public",
            light_settings=light,
            notification_count=1,
            proxy="if_priority_lowered",
        ),
    )
    alert = messaging.ApsAlert(title="t", loc_key="k", loc_args=["1"])
    aps = messaging.Aps(alert=alert, badge=1, sound=messaging.CriticalSound("s", critical=True))
    apns = messaging.APNSConfig(
        headers={"apns-priority": "5"},
        payload=messaging.APNSPayload(aps=aps, custom=1),
        fcm_options=messaging.APNSFCMOptions(image="https://example.com/a.png"),
    )
    action = messaging.WebpushNotificationAction("a", "b")
    webpush = messaging.WebpushConfig(
        headers={"TTL": "5"},
        notification=messaging.WebpushNotification("t", actions=[action], vibrate=[1]),
        fcm_options=messaging.WebpushFCMOptions("https://example.com"),
    )

    assert messaging.send(message(android=android, apns=apns, webpush=webpush), app=app)


def test_k01_send_each(app, sandbox: SandboxProcess):
    tokens = [f"sbx-one-of-the-most-at-once-{index}" for index in range(500)]

    batch = messaging.send_each([message(token) for token in tokens], app=app)

    assert (batch.success_count, batch.failure_count) == (500, 0)
    assert {each["token"] for each in sandbox.messages(limit=1000)} == set(tokens)
    assert sandbox.stats()["max_per_token"] == 1


def test_k01_send_each_tells_the_failures_apart(app):
    messages = [message(), message("not-a-token"), messaging.Message(fid="not-a-fid")]

    batch = messaging.send_each(messages, app=app)

    assert [type(each.exception) for each in batch.responses] == [
        type(None),
        exceptions.InvalidArgumentError,
        messaging.UnregisteredError,
    ]


def test_k01_send_each_async(app, sandbox: SandboxProcess):
    messages = [message(f"sbx-one-of-twenty-phones-{index}") for index in range(20)]

    async def send() -> messaging.BatchResponse:
        batch = await messaging.send_each_async(messages, app=app)
        await messaging._get_messaging_service(app)._async_client.aclose()  # in its own loop
        return batch

    batch = asyncio.run(send())

    assert batch.success_count == 20
    assert sandbox.stats()["accepted"] == 20


def test_k01_subscribing_and_unsubscribing(app, sandbox: SandboxProcess):
    service = messaging._get_messaging_service(app)
    service._fcm_topic_url = f"{sandbox.url}/v1/projects/{app.project_id}/registrations"
    sandbox.set_phone(OTHER, "unregistered")

    both = messaging.subscribe_to_topic([TOKEN, OTHER], "news", app=app)
    again = messaging.subscribe_to_topic([TOKEN], "news", app=app)
    messaging.send(messaging.Message(topic="news"), app=app)
    gone = messaging.unsubscribe_from_topic([TOKEN], "news", app=app)

    assert (both.success_count, both.failure_count) == (1, 1)
    assert again.success_count == gone.success_count == 1
    assert len(sandbox.messages(TOKEN)) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("unregistered", messaging.UnregisteredError),
        ("sender_mismatch", messaging.SenderIdMismatchError),
        ("quota", messaging.QuotaExceededError),
        ("third_party_auth", messaging.ThirdPartyAuthError),
        ("malformed_token", exceptions.InvalidArgumentError),
        ("too_big", exceptions.InvalidArgumentError),
        ("permission_denied", exceptions.PermissionDeniedError),
        ("api_disabled", exceptions.PermissionDeniedError),
        ("project_not_found", exceptions.NotFoundError),
        ("unauthenticated", exceptions.UnauthenticatedError),
        ("bad_gateway_html", exceptions.UnknownError),
        ("gateway_timeout", exceptions.DeadlineExceededError),
    ],
)
def test_k02_each_envelope_raises_its_own_error(app, sandbox: SandboxProcess, fault, error):
    sandbox.set_faults([{"do": fault}])

    with pytest.raises(error) as raised:
        messaging.send(message(), app=app)

    assert type(raised.value) is error


def test_k02_the_sdk_posts_again_after_a_reset_and_so_sends_twice(app, sandbox: SandboxProcess):
    """Why the sender has a client of its own."""
    sandbox.set_faults([{"do": "accept_then_reset"}])

    with pytest.raises(exceptions.UnavailableError):
        messaging.send(message(), app=app)

    assert sandbox.stats()["max_per_token"] == 2
