"""Settings → API keys, and the secret that signs user ids."""

import re

import pytest

from devices import identity, keys, preferences
from devices.models import ApiKey
from devices.states import KeyKind
from notifications.models import AuditEntry
from tests.console.staff import client_of

pytestmark = pytest.mark.django_db
URL = "/settings/keys/"


def test_a_server_key_is_shown_in_one_answer_and_kept_nowhere():
    admin = client_of("admin")

    made = admin.post(URL, {"name": "booking", "kind": "server", "scopes": ["trigger", "read"]})

    text = re.search(r'id="fresh-key">([^<]+)<', made.content.decode())[1]
    key = keys.find(text)
    assert key is not None
    assert key.scopes == ["trigger", "read"]
    assert text not in admin.get(URL).content.decode()
    assert text not in str(list(ApiKey.objects.values()))
    assert text not in str(list(AuditEntry.objects.values()))


def test_a_client_key_can_be_read_again():
    admin = client_of("admin")

    admin.post(URL, {"name": "the app", "kind": "client"})

    key = ApiKey.objects.get()
    assert key.shown.startswith("pk_")
    assert key.shown in admin.get(URL).content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "", "kind": "client"}, "Name whoever uses it"),
        ({"name": "x", "kind": "server"}, "Pick one."),
        ({"name": "x", "kind": "server", "scopes": ["everything"]}, "not one of the available"),
        ({"name": "x", "kind": "master"}, "not one of the available"),
    ],
)
def test_a_key_that_cannot_be_is_refused_at_its_field(fields, sentence):
    answer = client_of("admin").post(URL, fields)

    assert sentence in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_revoked_key_is_refused_and_stays_listed_as_revoked():
    admin = client_of("admin")
    made = keys.make(KeyKind.SERVER, "booking", ["read"])

    for _ in range(2):
        admin.post(f"{URL}{made.key.public_id}/revoke/", {"sure": "yes"})

    assert keys.find(made.text) is None
    assert "1 revoked key" in admin.get(URL).content.decode()
    assert AuditEntry.objects.filter(action="revoked a key").count() == 1


def test_the_identity_secret_is_shown_when_asked_for_and_that_is_written_down():
    admin = client_of("admin")
    secret = identity.current()

    assert secret not in admin.get(URL).content.decode()
    assert secret in admin.post("/settings/identity/").content.decode()
    assert AuditEntry.objects.get().action == "looked at the identity secret"


def test_a_new_secret_leaves_the_former_valid_until_it_is_retired():
    admin = client_of("admin")
    former = identity.current()

    shown = admin.post("/settings/identity/rotate/", {"sure": "yes"}).content.decode()

    newest = identity.current()
    assert newest != former
    assert newest in shown
    assert identity.is_signed("ann", identity.sign("ann", former))
    admin.post("/settings/identity/retire/", {"sure": "yes"})
    assert not identity.is_signed("ann", identity.sign("ann", former))
    assert identity.is_signed("ann", identity.sign("ann", newest))


def test_signing_can_be_turned_off_and_on():
    admin = client_of("admin")

    admin.post("/settings/identity/signing/", {})
    assert preferences.get("secure_identity") is False

    admin.post("/settings/identity/signing/", {"secure_identity": "on"})
    assert preferences.get("secure_identity") is True
