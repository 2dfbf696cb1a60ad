"""Who is believed when a request says where it came from, and that it came over TLS."""

from ipaddress import ip_network

import pytest
from django.test import Client

from devices.api import proxies
from notifications.models import AuditEntry
from tests.console.staff import PASSWORD, make_member

STRANGER = "10.0.0.7"  # a private address is no recommendation


@pytest.fixture
def a_proxy_at_10_0_0_2(settings):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.2"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "6.6.6.6, 9.9.9.9", "9.9.9.9"),
        ("10.0.0.2", "6.6.6.6, 9.9.9.9, fd00::1", "9.9.9.9"),
        ("::ffff:10.0.0.2", "9.9.9.9", "9.9.9.9"),
        ("10.0.0.2", "9.9.9.9, nonsense", "10.0.0.2"),
        ("10.0.0.2", "nonsense, fd00::1", "fd00::1"),
        (STRANGER, "9.9.9.9", STRANGER),
        ("127.0.0.1", "9.9.9.9", "127.0.0.1"),
        ("8.8.8.8", "9.9.9.9", "8.8.8.8"),
        ("", "9.9.9.9", ""),
    ],
)
def test_the_last_address_that_is_no_trusted_proxy_is_the_callers(
    rf, a_proxy_at_10_0_0_2, remote, forwarded, address
):
    request = rf.get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded})

    assert proxies.address(request) == address


def test_only_this_machine_is_a_trusted_proxy_unless_told_otherwise(settings):
    assert [ip_network("127.0.0.1"), ip_network("::1")] == settings.TRUSTED_PROXIES


@pytest.mark.django_db
def test_a_spoofed_address_does_not_get_into_the_audit_log():
    make_member("ops")
    headers = {"X-Forwarded-For": "203.0.113.9"}

    Client(REMOTE_ADDR=STRANGER, headers=headers).post(
        "/login/", {"username": "ops", "password": PASSWORD}
    )

    assert AuditEntry.objects.get(action="signed in").ip == STRANGER


@pytest.mark.django_db
def test_a_spoofed_address_does_not_open_what_is_for_this_machine_alone():
    headers = {"X-Forwarded-For": "127.0.0.1"}

    assert Client(REMOTE_ADDR=STRANGER, headers=headers).get("/metrics").status_code == 401
    assert Client(REMOTE_ADDR="").get("/metrics").status_code == 401


@pytest.mark.parametrize(("remote", "status"), [(STRANGER, 301), ("127.0.0.1", 200)])
@pytest.mark.django_db
def test_only_a_trusted_proxy_may_say_that_it_came_over_tls(settings, remote, status):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    answer = Client(REMOTE_ADDR=remote, headers={"X-Forwarded-Proto": "https"}).get("/login/")

    assert answer.status_code == status


def test_a_proxy_that_is_not_trusted_is_named_in_the_log_once(rf, caplog):
    request = rf.get("/", REMOTE_ADDR="10.9.9.9", headers={"X-Forwarded-For": "9.9.9.9"})

    for _ in range(2):
        proxies.strip(request)

    assert [record.getMessage() for record in caplog.records] == [
        "10.9.9.9 says for whom it asks, and is not believed. If it is your proxy, "
        "add it to TRUSTED_PROXIES."
    ]
