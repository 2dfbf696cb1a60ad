"""The first account: made once, its generated password kept until it is changed."""

import stat
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from console import first_admin

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path: Path):
    settings.DATA_DIR = tmp_path
    settings.ADMIN_USERNAME, settings.ADMIN_PASSWORD = "admin", ""


def test_the_first_start_makes_a_superuser_in_the_role_admin():
    first_admin.ensure()

    admin = User.objects.get()
    assert (admin.username, admin.is_superuser) == ("admin", True)
    assert [group.name for group in admin.groups.all()] == ["admin"]
    assert admin.check_password(first_admin.kept_password())
    assert stat.S_IMODE(first_admin.path().stat().st_mode) == 0o600


def test_a_later_start_changes_nothing_and_says_the_same():
    first_admin.ensure()
    before = first_admin.sign_in_hint()

    first_admin.ensure()

    assert first_admin.sign_in_hint() == before
    assert before == f"sign in as admin, password {first_admin.kept_password()}"
    assert User.objects.count() == 1


def test_a_given_password_is_used_and_not_kept(settings):
    settings.ADMIN_USERNAME, settings.ADMIN_PASSWORD = "root", "chosen by the owner"

    first_admin.ensure()

    assert User.objects.get(username="root").check_password("chosen by the owner")
    assert not first_admin.path().exists()
    assert first_admin.sign_in_hint() == "sign in as root"


def test_a_weak_given_password_is_used_with_a_warning(settings, caplog):
    settings.ADMIN_PASSWORD = "secret"

    first_admin.ensure()

    assert User.objects.get().check_password("secret")
    assert "ADMIN_PASSWORD is weak: This password is too short" in caplog.text


def test_a_password_changed_elsewhere_is_forgotten_at_the_next_start():
    first_admin.ensure()
    admin = User.objects.get()
    admin.set_password("another long password")
    admin.save()

    first_admin.ensure()

    assert not first_admin.path().exists()
    assert first_admin.sign_in_hint() == "sign in as admin"


def test_an_installation_with_other_people_gets_no_admin():
    User.objects.create_user("someone")

    first_admin.ensure()

    assert [user.username for user in User.objects.all()] == ["someone"]
    assert first_admin.sign_in_hint() == ""
