"""Which key files are taken, and how often a token is fetched."""

import json
import threading
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from notifications.fcm.credentials import BadCredentials, Credentials, MintFailed
from tests.notifications.fcm.token_endpoint import TokenEndpoint


def pem(key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


KEY = pem(rsa.generate_private_key(65537, 2048))
SHORT_KEY = pem(rsa.generate_private_key(65537, 1024))  # noqa: S505  (to be refused)


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    with TokenEndpoint() as endpoint:
        yield endpoint


def account(**changes) -> dict:
    return {
        "type": "service_account",
        "project_id": "demo",
        "private_key_id": "1",
        "private_key": KEY,
        "client_email": "sender@demo.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    } | changes


def test_a_service_account_file_is_taken(tmp_path):
    path = tmp_path / "key.json"
    path.write_text(json.dumps(account()))

    credentials = Credentials(path)

    assert credentials.project_id == "demo"
    assert credentials.client_email == "sender@demo.iam.gserviceaccount.com"
    assert "PRIVATE" not in repr(credentials)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"type": "external_account"}, 'type is "external_account"'),
        ({"type": "impersonated_service_account"}, "service_account"),
        ({"project_id": ""}, "project_id is missing"),
        ({"client_email": None}, "client_email is missing"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nMIIE"}, "can't be read"),
        ({"private_key": SHORT_KEY}, "1024 bits"),
        ({"private_key": pem(ec.generate_private_key(ec.SECP256R1()))}, "not an RSA key"),
        ({"universe_domain": "example.com"}, "universe_domain"),
        ({"token_uri": "https://evil.example/token"}, "token_uri"),
        ({"token_uri": "http://oauth2.googleapis.com/token"}, "token_uri"),
        ({"token_uri": "https://oauth2.googleapis.com:8443/token"}, "token_uri"),
        ({"token_uri": "https://oauth2.googleapis.com@evil.example/token"}, "token_uri"),
        ({"token_uri": "https://oauth2.googleapis.com.evil.example/token"}, "token_uri"),
        ({"token_uri": "http://169.254.169.254/token"}, "token_uri"),
        ({"token_uri": "http://127.0.0.1.evil.example/token"}, "token_uri"),
        ({"token_uri": "file:///etc/passwd"}, "token_uri"),
        ({"token_uri": "http://[::1"}, "token_uri"),
    ],
)
def test_other_files_are_refused_in_plain_words(change, says):
    with pytest.raises(BadCredentials, match=says):
        Credentials(account(**change))


def test_a_file_that_is_not_there_or_not_json_is_named(tmp_path):
    torn = tmp_path / "torn.json"
    torn.write_text("{")

    with pytest.raises(BadCredentials, match="No such file"):
        Credentials(tmp_path / "absent.json")
    with pytest.raises(BadCredentials, match=r"torn\.json is not JSON"):
        Credentials(torn)


def test_what_we_do_not_use_never_reaches_google_auth():
    credentials = Credentials(account(auth_uri="https://evil.example", client_x509_cert_url="x"))

    assert set(credentials._account) == set(account())


def test_many_threads_share_one_token(endpoint):
    credentials = Credentials(account(token_uri=endpoint.url))
    tokens: list[str] = []

    threads = [
        threading.Thread(target=lambda: tokens.append(credentials.bearer())) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert tokens == ["token-1"] * 16
    assert endpoint.mints == 1


def test_a_token_is_renewed_before_it_ends(endpoint):
    clock = Clock()
    credentials = Credentials(account(token_uri=endpoint.url), clock=clock)
    assert credentials.bearer() == "token-1"

    clock.now += 3600 - 226
    assert credentials.bearer() == "token-1"
    clock.now += 2
    assert credentials.bearer() == "token-2"


def test_a_short_lived_token_is_renewed_at_half_its_life(endpoint):
    clock = Clock()
    endpoint.lifetime_s = 6
    credentials = Credentials(account(token_uri=endpoint.url), clock=clock)

    minted = []
    for _ in range(60):  # a minute
        clock.now += 1
        minted.append(credentials.bearer())

    assert len(set(minted)) <= 60 / 3 + 1
    assert endpoint.mints == len(set(minted))


def test_when_fcm_calls_a_token_expired_one_more_is_fetched_for_all(endpoint):
    clock = Clock()
    credentials = Credentials(account(token_uri=endpoint.url), clock=clock)
    stale = credentials.bearer()
    clock.now += 5

    again = [credentials.mint_again(stale) for _ in range(10)]

    assert again == ["token-2"] * 10
    assert endpoint.mints == 2


def test_a_token_refused_right_after_it_was_made_is_not_replaced(endpoint):
    clock = Clock()
    credentials = Credentials(account(token_uri=endpoint.url), clock=clock)
    stale = credentials.bearer()

    assert credentials.mint_again(stale) == stale
    assert endpoint.mints == 1


@pytest.mark.parametrize(
    ("error", "description"),
    [
        ("invalid_grant", "Invalid JWT Signature."),
        ("invalid_grant", "Invalid grant: account not found"),
        ("invalid_scope", "x"),
    ],
)
def test_a_revoked_key_is_permanent_and_says_why(endpoint, error, description):
    endpoint.answer = (400, {"error": error, "error_description": description})

    with pytest.raises(MintFailed) as failure:
        Credentials(account(token_uri=endpoint.url)).bearer()

    assert failure.value.permanent
    assert failure.value.reason == error
    assert str(failure.value) == failure.value.detail == f"{error}: {description}"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_sick_token_endpoint_is_asked_once_and_not_waited_for(endpoint, status):
    endpoint.answer = (status, {"error": "internal_failure"})

    with pytest.raises(MintFailed) as failure:
        Credentials(account(token_uri=endpoint.url)).bearer()

    assert not failure.value.permanent
    assert endpoint.mints == 1


@pytest.mark.parametrize("body", [{}, [], "text", {"access_token": "x", "expires_in": "soon"}])
def test_a_strange_answer_is_trouble_that_may_pass_or_not_but_never_a_crash(endpoint, body):
    endpoint.answer = (200, body)

    with pytest.raises(MintFailed):
        Credentials(account(token_uri=endpoint.url)).bearer()


def test_redirects_of_the_token_endpoint_are_not_followed(endpoint):
    with TokenEndpoint() as elsewhere:
        endpoint.redirect_to = elsewhere.url

        with pytest.raises(MintFailed) as failure:
            Credentials(account(token_uri=endpoint.url)).bearer()

        assert elsewhere.mints == 0
    assert not failure.value.permanent


def test_no_endpoint_is_trouble_that_passes(endpoint):
    credentials = Credentials(account(token_uri="http://127.0.0.1:9/token"))

    with pytest.raises(MintFailed) as failure:
        credentials.bearer()

    assert not failure.value.permanent
    assert failure.value.reason == "unreachable"


def test_a_good_token_outlives_trouble_with_its_renewal(endpoint):
    clock = Clock()
    credentials = Credentials(account(token_uri=endpoint.url), clock=clock)
    assert credentials.bearer() == "token-1"
    endpoint.answer = (503, {})
    clock.now += 3600 - 100

    assert credentials.bearer() == "token-1"
    clock.now += 200
    with pytest.raises(MintFailed):
        credentials.bearer()


def test_a_failure_is_shared_by_those_who_come_right_after(endpoint):
    clock = Clock()
    endpoint.answer = (503, {})
    credentials = Credentials(account(token_uri=endpoint.url), clock=clock)

    for _ in range(5):
        with pytest.raises(MintFailed):
            credentials.bearer()
    assert endpoint.mints == 1
    clock.now += 2
    endpoint.answer = None
    assert credentials.bearer() == "token-2"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now
