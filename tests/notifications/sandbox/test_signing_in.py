"""The token exchange and what access tokens are worth (E01 to E09)."""

import base64
import json
import stat
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.notifications.sandbox.calls import ERROR_INFO, GRANT, TOKEN, Fcm, detail, error_of


def reason(response):
    found = detail(response, ERROR_INFO)
    return None if found is None else found["reason"]


def test_e01_a_signed_grant_buys_a_token_that_sends(fcm: Fcm):
    answer = fcm.exchange()

    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 3599
    assert answer.json()["token_type"] == "Bearer"
    assert fcm.post({"message": {"token": TOKEN}}, bearer=answer.json()["access_token"]).ok


@pytest.mark.parametrize(
    "audience",
    [
        "https://oauth2.googleapis.com/token",
        "https://www.googleapis.com/oauth2/v4/token",
        "own",
    ],
)
def test_e02_each_audience_the_sdks_write_is_taken(fcm: Fcm, audience: str):
    own = fcm.account["token_uri"]

    assert fcm.exchange(fcm.assertion(aud=own if audience == "own" else audience)).ok


def test_e02_another_audience_is_refused(fcm: Fcm):
    answer = fcm.exchange(fcm.assertion(aud="https://example.com/token"))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_e03_a_grant_signed_by_another_key_is_refused(fcm: Fcm):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    answer = fcm.exchange(fcm.assertion(key=stranger))

    assert answer.status_code == 400
    assert answer.json() == {
        "error": "invalid_grant",
        "error_description": "Invalid JWT Signature.",
    }


@pytest.mark.parametrize(
    ("issued", "lasts"), [(-7200, 3600), (3600, 3600), (0, 7200), (0, -1)], ids=str
)
def test_e04_a_grant_out_of_its_time_is_refused(fcm: Fcm, issued: int, lasts: int):
    start = int(time.time()) + issued

    answer = fcm.exchange(fcm.assertion(iat=start, exp=start + lasts))

    assert answer.status_code == 400
    assert "short-lived token (60 minutes)" in answer.json()["error_description"]


def test_e04_a_skewed_clock_refuses_good_grants(fcm: Fcm):
    fcm.sandbox.control("PUT", "oauth", {"clock_skew": 7200})

    assert "reasonable timeframe" in fcm.exchange().json()["error_description"]


def test_e05_other_grant_types_and_json_are_refused(fcm: Fcm):
    other = fcm.exchange(grant_type="password")
    content = {"grant_type": GRANT, "assertion": fcm.assertion()}
    as_json = fcm.session.post(f"{fcm.sandbox.url}/token", json=content, timeout=10)

    assert (other.status_code, other.json()["error"]) == (400, "unsupported_grant_type")
    assert as_json.status_code == 400


def test_e06_no_bearer_says_that_credentials_are_missing(fcm: Fcm):
    answer = fcm.session.post(fcm.url(), json={"message": {"token": TOKEN}}, timeout=10)

    assert answer.status_code == 401
    assert error_of(answer)["status"] == "UNAUTHENTICATED"
    assert detail(answer, ERROR_INFO) == {
        "@type": ERROR_INFO,
        "reason": "CREDENTIALS_MISSING",
        "domain": "googleapis.com",
        "metadata": {
            "method": "google.firebase.fcm.v1.FcmService.SendMessage",
            "service": "fcm.googleapis.com",
        },
    }


@pytest.mark.parametrize("bearer", ["nonsense", "ya29.a.b", "ya29." + "x" * 200, "ya29.ä.1.2.3"])
def test_e06_a_bearer_of_nonsense_is_refused(fcm: Fcm, bearer: str):
    answer = fcm.post({}, headers={"Authorization": f"Bearer {bearer}".encode()})

    assert answer.status_code == 401
    assert detail(answer, ERROR_INFO) is None


def test_e06_an_expired_bearer_says_so(fcm: Fcm):
    assert fcm.send().ok
    fcm.sandbox.control("POST", "clock", {"advance": 3600})

    answer = fcm.send()

    assert (answer.status_code, reason(answer)) == (401, "ACCESS_TOKEN_EXPIRED")
    assert fcm.post({"message": {"token": TOKEN}}, bearer=fcm.mint()).ok


def test_e06_the_lifetime_of_tokens_can_be_set(fcm: Fcm):
    fcm.sandbox.control("PUT", "oauth", {"token_lifetime": 5})

    assert fcm.exchange().json()["expires_in"] == 5


def test_e07_revoked_tokens_end_at_once_and_new_ones_work(fcm: Fcm):
    old = fcm.bearer
    fcm.sandbox.control("PUT", "oauth", {"tokens_revoked": True})

    assert fcm.post({"message": {"token": TOKEN}}, bearer=old).status_code == 401
    assert fcm.post({"message": {"token": TOKEN}}, bearer=fcm.mint()).ok


def test_e07_a_revoked_key_mints_no_more_and_spares_minted_tokens(fcm: Fcm):
    old = fcm.bearer
    fcm.sandbox.control("PUT", "oauth", {"key_revoked": True})

    assert fcm.exchange().json()["error_description"] == "Invalid JWT Signature."
    assert fcm.post({"message": {"token": TOKEN}}, bearer=old).ok


def test_e07_a_deleted_account_is_not_found(fcm: Fcm):
    fcm.sandbox.control("PUT", "oauth", {"account_deleted": True})

    assert fcm.exchange().json()["error_description"] == "Invalid grant: account not found"


def test_e07_the_token_endpoint_can_be_away(fcm: Fcm):
    fcm.sandbox.control("PUT", "oauth", {"unavailable": True})
    assert fcm.exchange().status_code == 503

    fcm.sandbox.control("PUT", "oauth", {})
    assert fcm.exchange().ok


def test_e08_no_algorithm_but_rs256_is_believed(fcm: Fcm):
    claims = fcm.assertion().split(".")[1]
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()

    unsigned = fcm.exchange(f"{header}.{claims}.")
    by_secret = fcm.exchange(fcm.assertion(key="a public text " * 3, algorithm="HS256"))

    assert [unsigned.status_code, by_secret.status_code] == [400, 400]


@pytest.mark.parametrize("assertion", ["x", "a.b", "a.b.c", "....", "W10.W10.W10", "\u00e4.b.c"])
def test_e08_what_is_no_jwt_is_refused(fcm: Fcm, assertion: str):
    answer = fcm.exchange(assertion)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_e09_a_token_without_the_scope_may_not_send(fcm: Fcm):
    weak = fcm.mint(scope="https://www.googleapis.com/auth/datastore")

    answer = fcm.post({"message": {"token": TOKEN}}, bearer=weak)

    assert (answer.status_code, reason(answer)) == (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


def test_e09_cloud_platform_is_scope_enough_and_none_is_an_error(fcm: Fcm):
    wide = fcm.mint(scope="openid https://www.googleapis.com/auth/cloud-platform")

    assert fcm.post({"message": {"token": TOKEN}}, bearer=wide).ok
    assert fcm.exchange(fcm.assertion(scope=None)).json()["error"] == "invalid_scope"


def test_the_service_account_is_written_for_its_owner_only(fcm: Fcm):
    path = fcm.sandbox.data_dir / "sandbox" / "service-account.json"

    assert json.loads(path.read_text()) == fcm.account
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_mints_are_counted(fcm: Fcm):
    before = fcm.sandbox.stats()["token_mints"]

    fcm.exchange()
    fcm.exchange("nonsense")

    assert fcm.sandbox.stats()["token_mints"] == before + 1
