"""Google's SDK for Node, unmodified, over TLS with the sandbox's own CA (K04).

Only the TCP connection is led elsewhere, as a DNS alias would. The SDK is fetched once; where
Node.js or the package cannot be had, these tests are skipped and say so.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.notifications.sandbox.calls import OTHER, TOKEN, Fcm
from tests.sandbox_process import SandboxProcess

HERE = Path(__file__).parent / "node"


@pytest.fixture(scope="module")
def sdk() -> str:
    """Node's path, once the SDK lies beside the scripts."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("NOT TESTED: the unmodified SDK for Node, because node or npm is missing")
    if not (HERE / "node_modules" / "firebase-admin").exists() and (why := fetch(npm)):
        pytest.skip(f"NOT TESTED: the unmodified SDK for Node, npm could not fetch it: {why}")
    return node


def fetch(npm: str) -> str:
    """Why it failed, or nothing."""
    command = [npm, "install", "--omit=optional", "--no-audit", "--no-fund", "--no-package-lock"]
    try:
        fetched = subprocess.run(
            [*command, "--fetch-retries=1"],
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "no answer in 90 seconds"
    return fetched.stderr.strip()[-200:] if fetched.returncode else ""


def run(sdk: str, sandbox: SandboxProcess, *calls: list[Any]) -> list[dict[str, Any]]:
    folder = sandbox.data_dir / "sandbox"
    environment = {
        **os.environ,
        "NODE_EXTRA_CA_CERTS": str(folder / "ca.pem"),
        "SANDBOX_TLS_PORT": str(sandbox.tls_port),
    }
    account = str(folder / "service-account.json")
    done = subprocess.run(
        [sdk, "--require", "./reroute.cjs", "calls.cjs", account, json.dumps(calls)],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_k04_send_and_a_dry_run(sdk: str, tls: SandboxProcess):
    message = {
        "token": TOKEN,
        "notification": {"title": "t"},
        "android": {"priority": "high", "ttl": 3500, "collapseKey": "k"},
        "apns": {"payload": {"aps": {"mutableContent": True}}},
        "fcmOptions": {"analyticsLabel": "x"},
    }

    sent, dry = run(sdk, tls, ["send", message], ["send", message, True])

    assert dry["value"].endswith("fake_message_id")
    [entry] = tls.messages()
    assert entry["name"] == sent["value"]
    assert entry["message"]["android"]["ttl"] == "3.500000000s"


def test_k04_send_each_over_http2_with_its_odd_scheme_header(sdk: str, tls: SandboxProcess):
    tokens = [f"sbx-one-of-many-phones-{index}" for index in range(300)]

    [result] = run(
        sdk, tls, ["sendEachForMulticast", {"tokens": tokens, "notification": {"title": "t"}}]
    )

    assert result["value"]["successCount"] == 300
    assert {each["token"] for each in tls.messages(limit=1000)} == set(tokens)
    assert tls.stats()["max_per_token"] == 1


def test_k04_each_envelope_has_its_code(sdk: str, tls: SandboxProcess):
    faults = ["unregistered", "sender_mismatch", "quota", "malformed_token", "third_party_auth"]
    tls.set_faults([{"do": fault, "times": 1} for fault in faults])

    results = run(sdk, tls, *([["send", {"token": TOKEN}]] * len(faults)))

    assert [each["error"]["code"] for each in results] == [
        "messaging/registration-token-not-registered",
        "messaging/mismatched-credential",
        "messaging/message-rate-exceeded",
        "messaging/invalid-argument",
        "messaging/third-party-auth-error",
    ]


def test_k04_topics_through_the_older_api(sdk: str, tls: SandboxProcess):
    tls.set_phone(OTHER, "unregistered")

    added, removed = run(
        sdk,
        tls,
        ["subscribeToTopic", [TOKEN, OTHER], "news"],
        ["unsubscribeFromTopic", [TOKEN], "news"],
    )

    assert (added["value"]["successCount"], added["value"]["failureCount"]) == (1, 1)
    assert removed["value"]["successCount"] == 1


def test_k06_a_goaway_in_the_middle_leaves_the_inbox_in_step(sdk: str, tls: SandboxProcess):
    tls.set_faults([{"match": {"nth": 40}, "do": "goaway"}])
    tokens = [f"sbx-one-of-many-phones-{index}" for index in range(90)]

    [result] = run(
        sdk, tls, ["sendEachForMulticast", {"tokens": tokens, "notification": {"title": "t"}}]
    )

    stats, pending = tls.stats(), result["pending"]
    assert "GOAWAY" in result["error"]["message"]  # FirebaseMessagingSessionError, of no other kind
    assert (pending["successCount"], pending["failureCount"]) == (39, 51)
    assert (stats["accepted"], stats["max_per_token"]) == (39, 1)
    reached = {
        token for token, one in zip(tokens, pending["responses"], strict=True) if "messageId" in one
    }
    assert {each["token"] for each in tls.messages()} == reached


def test_the_control_api_cannot_be_reached_under_googles_names(tls: SandboxProcess):
    import requests

    answer = requests.get(
        f"https://127.0.0.1:{tls.tls_port}/_sandbox/stats",
        headers={"Host": "fcm.googleapis.com", "X-Sandbox": "1"},
        verify=str(tls.data_dir / "sandbox" / "ca.pem"),
        timeout=10,
    )

    assert answer.status_code == 403


def test_tls_and_plain_text_share_one_state(tls: SandboxProcess):
    import requests

    fcm = Fcm(tls)
    answer = requests.post(
        f"https://127.0.0.1:{tls.tls_port}/v1/projects/{fcm.project}/messages:send",
        json={"message": {"token": TOKEN}},
        headers={"Authorization": f"Bearer {fcm.bearer}"},
        verify=str(tls.data_dir / "sandbox" / "ca.pem"),
        timeout=10,
    )

    assert [each["name"] for each in tls.messages()] == [answer.json()["name"]]
