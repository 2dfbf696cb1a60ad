"""Calls go to public addresses only, and to the one that was looked up."""

import socket
from contextlib import suppress
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from notifications.sending.sandbox import certificates
from notifications.webhooks import addresses, posting
from tests.notifications.receiver import Receiver, redirects_to


@pytest.fixture(autouse=True)
def _only_public(settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE = False


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.1/",
        "http://localhost:8000/", "http://db.internal/", "http://[::1]/", "http://[::]/",
        "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://192.168.1.1/",
        "http://172.16.0.1/", "http://100.64.0.1/", "http://0.0.0.0/", "http://224.0.0.1/",
        "http://[::ffff:10.0.0.1]/", "http://[fe80::1]/", "http://[fc00::1]/",
        "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fec0::1]/",
        "http://[::7f00:1]/", "http://[64:ff9b:1::a00:1]/", "http://[::ffff:0:7f00:1]/",
    ],
)  # fmt: skip
def test_an_address_inside_is_refused_however_it_is_spelled(url):
    with pytest.raises(ValidationError, match="inside this network"):
        addresses.check(url)
    reply = posting.post(url, b"{}", {}, deadline_s=1)
    assert not reply.taken
    assert reply.status is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "This is no address"),
        ("ftp://example.com/", "This is no address"),
        ("https://", "This is no address"),
        ("https://example.com:99999/", "This is no address"),
        ("https://[::1/", "This is no address"),
        ("https://ann:secret@example.com/", "Leave name and password out"),
        ("https://example.com/#x", "Leave out the #"),
        ("https://example.com/a b", "plain letters"),
        ("https://example.com/\r\nX: y", "plain letters"),
        ("https://" + "a" * 600, "at most 500"),
    ],
)
def test_what_is_no_usable_address_is_refused_with_a_sentence(url, said):
    with pytest.raises(ValidationError, match=said):
        addresses.check(url)


def test_a_public_address_is_taken_as_it_is():
    assert addresses.check("https://api.example.com:8443/hooks?a=1") == (
        "https://api.example.com:8443/hooks?a=1"
    )


def test_plain_http_is_for_the_sandbox_only(settings, tmp_path):
    assert addresses.check("http://api.example.com/")
    settings.FIREBASE_CREDENTIALS = tmp_path / "key.json"
    settings.FCM_BASE_URL = settings.GOOGLE_URL

    with pytest.raises(ValidationError, match="Use https://"):
        addresses.check("http://api.example.com/")


def answering(*addresses_of_it: str) -> Any:
    def lookup(host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses_of_it]

    return lookup


def test_a_name_that_also_means_a_private_address_is_refused(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", answering("93.184.216.34", "10.0.0.5"))

    with pytest.raises(addresses.Refused, match="inside this network"):
        addresses.resolve("rebinding.example", 443)


def test_a_name_that_changes_its_mind_is_asked_once_and_the_answer_is_connected_to(
    monkeypatch, settings
):
    receiver = Receiver().start()
    settings.WEBHOOKS_TO_PRIVATE = True
    asked = []

    def lookup(host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        if host != "rebinding.example":  # the connection itself asks for numbers only
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        found = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)

    reply = posting.post(f"http://rebinding.example:{receiver.port}/hooks", b"{}", {})
    receiver.stop()

    assert reply.taken, reply.error
    assert asked == ["rebinding.example"]
    assert receiver.calls[0][0]["Host"] == f"rebinding.example:{receiver.port}"


def test_a_redirect_inwards_goes_nowhere(monkeypatch):
    inner, outer = Receiver().start(), Receiver().start()
    outer.answer = redirects_to(inner.url)
    monkeypatch.setattr(addresses, "is_public", lambda address: True)

    reply = posting.post(outer.url, b"{}", {})
    inner.stop()
    outer.stop()

    assert reply.status == 307
    assert inner.calls == []


def test_a_certificate_of_nobody_known_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(addresses, "is_public", lambda address: True)
    listener = socket.create_server(("127.0.0.1", 0))
    secured = certificates.context(tmp_path).wrap_socket(listener, server_side=True)

    def accept() -> None:
        with suppress(OSError):
            secured.accept()

    Thread(target=accept, daemon=True).start()

    reply = posting.post(f"https://127.0.0.1:{secured.getsockname()[1]}/", b"{}", {})
    secured.close()

    assert "certificate is not valid" in reply.error
