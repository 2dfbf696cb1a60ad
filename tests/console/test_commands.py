"""Commands that people and scripts rely on: what stands on standard output, and nothing else."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from devices import identity, keys

pytestmark = pytest.mark.django_db


def output(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    call_command(*words)
    return capsys.readouterr().out


@pytest.mark.parametrize("kind", ["client", "server"])
def test_key_create_prints_the_key_alone(capsys, kind):
    key = output(capsys, "key", "create", "--kind", kind, "--name", "shop").strip()

    assert keys.SHAPE.fullmatch(key)
    found = keys.find(key)
    assert (found.kind, found.name) == (kind, "shop")
    assert found.shown == (key if kind == "client" else "")


def test_key_create_takes_scopes_for_server_keys_only(capsys):
    key = output(
        capsys, "key", "create", "--kind", "server", "--name", "x", "--scopes", "read,trigger"
    )

    assert keys.find(key.strip()).scopes == ["trigger", "read"]
    with pytest.raises(CommandError, match="all is no scope"):
        output(capsys, "key", "create", "--kind", "server", "--name", "x", "--scopes", "all")
    with pytest.raises(CommandError, match="A client key has no scopes"):
        output(capsys, "key", "create", "--kind", "client", "--name", "x", "--scopes", "read")


def test_key_list_shows_no_secret_and_revoke_ends_a_key(capsys):
    key = output(capsys, "key", "create", "--kind", "client", "--name", "shop").strip()
    name = key.split("_")[1]

    assert name in (listed := output(capsys, "key", "list"))
    assert key not in listed

    output(capsys, "key", "revoke", name)
    assert keys.find(key) is None
    assert "revoked" in output(capsys, "key", "list")
    with pytest.raises(CommandError, match="There is no key nothing"):
        output(capsys, "key", "revoke", "nothing")


def test_identity_prints_the_same_secret_every_time(capsys):
    secret = output(capsys, "identity").strip()

    assert output(capsys, "identity").strip() == secret == identity.current()


def test_staff_add_prints_a_password_that_signs_in(capsys):
    password = output(capsys, "staff", "add", "mia", "--role", "support").strip()

    person = User.objects.get(username="mia")
    assert person.check_password(password)
    assert [group.name for group in person.groups.all()] == ["support"]
    with pytest.raises(CommandError, match="already a member named mia"):
        output(capsys, "staff", "add", "mia", "--role", "admin")
