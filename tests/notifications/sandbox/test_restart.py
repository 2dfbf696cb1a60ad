"""What is still there after the sandbox was ended, politely or not (E36)."""

import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from tests.notifications.sandbox.calls import OTHER, TOKEN, Fcm
from tests.sandbox_process import ROOT, SandboxProcess


@pytest.fixture
def own(tmp_path):
    """A sandbox of this test's own, to be killed."""
    with SandboxProcess(tmp_path) as sandbox:
        yield sandbox


def test_e36_inbox_counts_phones_topics_and_keys_survive_a_kill(own: SandboxProcess):
    fcm = Fcm(own)
    fcm.send({"token": TOKEN, "data": {"k": "ü"}})
    fcm.send({"token": TOKEN})
    fcm.send({"token": "short"})
    own.set_phone(OTHER, "unregistered")
    fcm.call(
        "POST",
        f"/v1/projects/{fcm.project}/registrations/{TOKEN}/topicSubscriptions?topic_name=n",
        {},
    )
    messages, stats, account = own.messages(), own.stats(), own.service_account()

    own.kill()
    own.start()

    assert own.messages() == messages
    assert {**own.stats(), "token_mints": stats["token_mints"]} == stats
    assert own.service_account() == account
    assert fcm.send({"token": OTHER}).status_code == 404
    fcm.send({"topic": "n"})
    assert len(own.messages(TOKEN)) == 3


def test_e36_an_offline_phones_shelf_survives_a_kill(own: SandboxProcess):
    fcm = Fcm(own)
    own.set_phone(TOKEN, "offline")
    kept = [fcm.send({"token": TOKEN, "data": {"n": n}}).json()["name"] for n in "12"]

    own.kill()
    own.start()

    assert own.control("GET", f"phones/{TOKEN}")["stored"] == kept[::-1]


def test_e36_every_200_that_a_client_saw_is_in_the_inbox_after_a_kill(own: SandboxProcess):
    fcm = Fcm(own)
    seen: list[str] = []

    def send_until_it_breaks(thread: int) -> None:
        client = Fcm(own)
        client._bearer = bearer
        try:
            while True:
                answer = client.send({"token": f"{TOKEN}-{thread}", "data": {"n": str(len(seen))}})
                seen.append(answer.json()["name"])
        except requests.RequestException:
            return

    bearer = fcm.bearer
    threads = [threading.Thread(target=send_until_it_breaks, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    own.kill()
    for thread in threads:
        thread.join()
    own.start()

    kept = {each["name"] for n in range(4) for each in own.messages(f"{TOKEN}-{n}", limit=1000)}
    assert len(seen) > 10
    assert set(seen) <= kept
    assert len(seen) <= own.stats()["accepted"] <= len(seen) + 4


def test_e36_a_line_cut_in_half_is_left_out(own: SandboxProcess):
    fcm = Fcm(own)
    fcm.send()
    own.kill()
    [log] = (
        path
        for path in (own.data_dir / "sandbox").glob("messages-*.log")
        if path.stat().st_size > 50
    )
    with open(log, "ab") as file:
        file.write(b"M\t1\t17000")

    own.start()

    assert len(own.messages()) == 1
    assert fcm.send().ok
    assert own.stats()["max_per_token"] == 2


def test_it_stops_within_three_seconds_though_clients_hang_on(own: SandboxProcess):
    fcm = Fcm(own)
    own.set_faults([{"do": "accept_then_hang"}])
    with pytest.raises(requests.ReadTimeout):
        fcm.post({"message": {"token": TOKEN}}, timeout=0.2)
    with socket.create_connection(("127.0.0.1", own.port)):
        begun = time.monotonic()
        own.stop()

    assert time.monotonic() - begun < 3
    assert own.process is not None
    assert own.process.returncode == 0


def test_a_taken_port_is_one_clear_line_and_exit_code_2(own: SandboxProcess, tmp_path):
    command = [sys.executable, "-m", "notifications.sending.sandbox", "--port", str(own.port)]

    second = subprocess.run(
        [*command, "--data-dir", str(tmp_path / "second")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert second.returncode == 2
    assert second.stderr == f"sandbox: port {own.port}: Address already in use\n"
    assert second.stdout == ""
    assert not (tmp_path / "second").exists()


def test_ids_never_repeat_over_a_restart(own: SandboxProcess):
    fcm = Fcm(own)
    names = {fcm.send().json()["name"] for _ in range(20)}
    own.kill()
    own.start()

    names |= {fcm.send().json()["name"] for _ in range(20)}

    assert len(names) == 40
