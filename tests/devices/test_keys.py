"""Keys and signatures: forged, missing, replayed, revoked, of the wrong kind."""

import pytest
from django.test import Client
from django.utils import timezone

from devices import identity, keys, preferences
from devices.models import ApiKey, AppUser, Device
from tests.factories import make_key, signature_of

BODY = '{"user_id": "alice", "platform": "ios"}'


def put(**headers: str):
    return Client().put("/api/v1/devices/D", BODY, content_type="application/json", headers=headers)


def refused(answer, status: int, code: str) -> bool:
    nothing = not Device.objects.exists() and not AppUser.objects.exists()
    assert answer.headers["Content-Type"] == "application/problem+json"
    return (answer.status_code, answer.json()["code"], nothing) == (status, code, True)


def test_no_key_is_401_and_says_how_to_send_one(db):
    answer = put()

    assert refused(answer, 401, "missing_key")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    "header",
    ["Bearer nonsense", "Bearer pk_aaaaaaaa_" + "x" * 43, "Basic YTpi", "Bearer", "bearer  "],
)
def test_a_key_nobody_made_is_401(db, header):
    assert refused(put(Authorization=header), 401, "bad_key")


def test_the_right_name_with_another_secret_is_401(db):
    key = make_key()

    assert refused(put(Authorization=f"Bearer {key[:-5]}AAAAA"), 401, "bad_key")
    assert refused(put(Authorization=f"Bearer sk{key[2:]}"), 401, "bad_key")


def test_a_revoked_key_is_401_at_once(db):
    key = make_key()
    keys.revoke(key.split("_")[1])

    headers = {"Authorization": f"Bearer {key}", "X-User-Signature": signature_of("alice")}
    assert refused(put(**headers), 401, "bad_key")


def test_a_key_in_the_address_is_refused_even_if_it_is_right(db):
    key = make_key()

    answer = Client().get(f"/api/v1/devices/D/permission?key={key}")

    assert refused(answer, 401, "bad_key")


def test_a_client_key_cannot_describe_or_read_people(app):
    for method, path in (("GET", "/users/a"), ("PUT", "/users/a"), ("POST", "/users/bulk")):
        answer = app(method, path, None if method == "GET" else {})
        assert (answer.status_code, answer.json()["code"]) == (403, "scope")


def test_a_server_key_needs_the_scope(db):
    key = make_key("server", ["read"])

    answer = Client().get("/api/v1/users/a", headers={"Authorization": f"Bearer {key}"})

    assert (answer.status_code, answer.json()["code"]) == (403, "scope")
    assert answer.json()["detail"] == "This key lacks the scope users."


def test_a_server_key_cannot_play_a_phone_that_asks(backend):
    backend("PUT", "/devices/D", {"user_id": "alice", "platform": "ios"})

    answer = backend("POST", "/devices/D/permission/ask", {"phase": "shown"})

    assert (answer.status_code, answer.json()["code"]) == (403, "scope")


@pytest.mark.parametrize("signature", [None, "", "00" * 32, "ä", "x" * 5000])
def test_a_user_id_without_its_signature_writes_nothing(db, signature):
    identity.current()
    headers = {"Authorization": f"Bearer {make_key()}"}
    if signature is not None:
        headers["X-User-Signature"] = signature

    assert refused(put(**headers), 401, "bad_user_signature")


def test_the_signature_of_another_user_writes_nothing(db):
    headers = {"Authorization": f"Bearer {make_key()}", "X-User-Signature": signature_of("bob")}

    assert refused(put(**headers), 401, "bad_user_signature")


def test_a_signature_that_is_right_in_capitals_is_right(db):
    headers = {
        "Authorization": f"Bearer {make_key()}",
        "X-User-Signature": signature_of("alice").upper(),
    }

    assert put(**headers).status_code == 201


def test_unregistering_for_a_user_needs_her_signature_and_without_one_needs_none(app):
    app.register("D", user_id="alice")

    forged = app("POST", "/devices/unregister", {"device_id": "D", "user_id": "alice"},
                 **{"X-User-Signature": "0" * 64})  # fmt: skip
    assert (forged.status_code, forged.json()["code"]) == (401, "bad_user_signature")
    assert Device.objects.get().state == "active"

    assert app.unregister(device_id="D").json() == {"result": "unregistered"}


def test_server_keys_and_installations_without_secure_identity_need_no_signature(backend):
    assert backend("PUT", "/devices/D", {"user_id": "alice", "platform": "ios"}).status_code == 201

    preferences.put(secure_identity=False)

    assert put(Authorization=f"Bearer {make_key()}").status_code == 200


def test_two_secrets_are_valid_while_one_replaces_the_other(db):
    first = identity.current()
    second = identity.rotate()

    assert identity.is_signed("alice", identity.sign("alice", first))
    assert identity.is_signed("alice", identity.sign("alice", second))

    identity.rotate()
    assert not identity.is_signed("alice", identity.sign("alice", first))
    assert identity.retire_former() == 1
    assert not identity.is_signed("alice", identity.sign("alice", second))


def test_only_a_client_key_can_be_shown_again(db):
    client, server = make_key("client"), make_key("server")

    shown = dict(ApiKey.objects.values_list("kind", "shown"))

    assert shown == {"client": client, "server": ""}
    stored = str(list(ApiKey.objects.filter(kind="server").values()))
    assert server.split("_", 2)[2] not in stored


def test_last_used_is_written_once_a_minute(app, django_assert_num_queries):
    app("GET", "/devices/D/permission")
    key = ApiKey.objects.get()
    assert key.last_used_at is not None

    with django_assert_num_queries(0):
        keys.used(key, timezone.now())
