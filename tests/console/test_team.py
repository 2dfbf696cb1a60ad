"""Settings → Team, and the rules behind it that `staff add` shares."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import Client

from console import team
from notifications.models import AuditEntry
from tests.console.staff import client_of, make_member, signed_in

pytestmark = pytest.mark.django_db
URL = "/settings/team/"
User = get_user_model()


def shown_password(answer) -> str:
    found = re.search(r'id="fresh-password">([^<]+)<', answer.content.decode())
    assert found, "no password on the page"
    return found[1]


def test_a_new_member_signs_in_with_the_password_shown_once():
    admin = client_of("admin")

    answer = admin.post(URL, {"username": "mia", "role": "marketer"})

    password = shown_password(answer)
    mia = User.objects.get(username="mia")
    assert mia.check_password(password)
    assert team.role_of(mia) == "marketer"
    assert "fresh-password" not in admin.get(URL).content.decode()
    assert password not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("username", "role"), [("", "viewer"), ("Admin", "viewer"), ("a b", "viewer"), ("mia", "owner")]
)
def test_what_cannot_be_added_is_an_error_on_the_page(username, role):
    admin = client_of("admin")

    answer = admin.post(URL, {"username": username, "role": role})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert User.objects.count() == 1


def test_a_changed_role_holds_at_the_next_click():
    ops = make_member("ops")
    at_work = signed_in(ops)
    assert at_work.get("/settings/").status_code == 200

    client_of("admin").post(f"{URL}{ops.pk}/role/", {"role": "viewer"})

    assert at_work.get("/settings/").status_code == 403


def test_a_deactivated_member_is_out_at_the_next_click_and_may_come_back():
    ops = make_member("ops")
    at_work, admin = signed_in(ops), client_of("admin")

    admin.post(f"{URL}{ops.pk}/deactivate/", {"sure": "yes"})
    assert at_work.get("/settings/").status_code == 302

    admin.post(f"{URL}{ops.pk}/activate/")
    assert signed_in(ops).get("/settings/").status_code == 200


def test_a_new_password_ends_every_session_of_hers():
    ops = make_member("ops")
    at_work = signed_in(ops)

    answer = client_of("admin").post(f"{URL}{ops.pk}/password/", {"sure": "yes"})

    ops.refresh_from_db()
    assert ops.check_password(shown_password(answer))
    assert at_work.get("/settings/").status_code == 302


def test_the_last_admin_stays_an_admin_and_nobody_deactivates_herself():
    admin = make_member("admin")

    with pytest.raises(ValidationError, match="nobody would be left"):
        team.change_role(admin, "ops", by=admin)
    with pytest.raises(ValidationError, match="yourself"):
        team.deactivate(admin, by=admin)
    other = make_member("admin", "other")
    team.change_role(other, "ops", by=admin)
    with pytest.raises(ValidationError, match="nobody would be left"):
        team.deactivate(admin, by=other)


def test_an_admin_made_by_djangos_own_command_loses_everything_with_the_role():
    make_member("admin")
    root = User.objects.create_superuser("root")

    team.change_role(root, "viewer")

    root = User.objects.get(pk=root.pk)
    assert not root.has_perm("notifications.change_settings")


def test_every_deed_is_in_the_audit_log():
    admin = make_member("admin")
    mia, _ = team.add("mia", "viewer", by=admin)
    team.change_role(mia, "ops", by=admin)
    team.reset_password(mia, by=admin)
    team.deactivate(mia, by=admin)
    team.activate(mia, by=admin)

    told = AuditEntry.objects.order_by("pk").values_list("actor_name", "action", "object_name")
    assert list(told) == [
        ("admin", "added a member", "mia"),
        ("admin", "changed a role", "mia"),
        ("admin", "reset a password", "mia"),
        ("admin", "deactivated a member", "mia"),
        ("admin", "activated a member", "mia"),
    ]


def test_a_stranger_finds_the_door_shut():
    assert Client().get(URL).status_code == 302
