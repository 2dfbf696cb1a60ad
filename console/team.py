"""The members of staff: who they are, which role each has. Raises ValidationError in plain words.

A role is a group (console.roles); everyone has exactly one.
"""

import re
import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Case, IntegerField, QuerySet, When

from console.roles import ROLES
from notifications import audit

User = get_user_model()
# without letters and digits that look alike: passwords are read aloud and typed from paper
ALPHABET = "abcdefghijkmnpqrstuvwxyzACDEFGHJKLMNPQRTUVWXY34679"
USERNAME = re.compile(r"^[\w.@+-]{1,150}$")
ROLE_WORDS = {
    "viewer": "Sees everything, changes nothing",
    "marketer": "Composes and sends to anyone",
    "support": "Sends to single people, helps them",
    "ops": "Operates what is live, changes settings",
    "admin": "Everything, keys and the team too",
}


def generated_password() -> str:
    """Four groups of four: 91 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def members() -> QuerySet[Any]:
    """Active ones first, by name, each with her group at hand."""
    active_first = Case(When(is_active=True, then=0), default=1, output_field=IntegerField())
    return User.objects.prefetch_related("groups").order_by(active_first, "username")


def role_of(user: Any) -> str:
    """Her role's name; a superuser made by Django's own command counts as admin."""
    names = {group.name for group in user.groups.all()}
    for role in reversed(ROLES):
        if role in names or (role == "admin" and user.is_superuser):
            return role
    return ""


@transaction.atomic
def add(username: str, role: str, *, by: Any = None, ip: str | None = None) -> tuple[Any, str]:
    """Returns the new member and the generated password, which is kept nowhere."""
    username = username.strip()
    if not USERNAME.match(username):
        raise ValidationError(
            {"username": ["A username has letters, digits and @ . + - _ only, up to 150."]}
        )
    taken = ValidationError({"username": [f"There is already a member named {username}."]})
    if User.objects.filter(username__iexact=username).exists():
        raise taken
    known_role(role)
    password = generated_password()
    try:
        with transaction.atomic():
            user = User.objects.create_user(username=username, password=password)
    except IntegrityError:  # someone else added the same name a moment ago
        raise taken from None
    put_into(user, role)
    audit.record(by, "added a member", user, {"role": role}, ip)
    return user, password


@transaction.atomic
def change_role(user: Any, role: str, *, by: Any = None, ip: str | None = None) -> None:
    known_role(role)
    before = role_of(user)
    if before == role:
        return
    if before == "admin":
        keep_an_admin(user, "take the admin role from")
    put_into(user, role)
    audit.record(by, "changed a role", user, {"before": before, "after": role}, ip)


@transaction.atomic
def deactivate(user: Any, *, by: Any = None, ip: str | None = None) -> None:
    """She is signed out at her next click; what she did stays under her name."""
    if by is not None and by.pk == user.pk:
        raise ValidationError("You can’t deactivate yourself. Ask another admin.")
    keep_an_admin(user, "deactivate")
    user.is_active = False
    user.save(update_fields=["is_active"])
    audit.record(by, "deactivated a member", user, {}, ip)


@transaction.atomic
def activate(user: Any, *, by: Any = None, ip: str | None = None) -> None:
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(by, "activated a member", user, {}, ip)


@transaction.atomic
def reset_password(user: Any, *, by: Any = None, ip: str | None = None) -> str:
    """A new generated password; every session of hers ends. Returns it, kept nowhere."""
    password = generated_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(by, "reset a password", user, {}, ip)
    return password


def known_role(role: str) -> None:
    if role not in ROLES:
        raise ValidationError({"role": [f"“{role}” is no role. Roles: {', '.join(ROLES)}."]})


def put_into(user: Any, role: str) -> None:
    from django.contrib.auth.models import Group

    user.groups.set([Group.objects.get_or_create(name=role)[0]])
    if user.is_superuser and role != "admin":
        user.is_superuser = False
        user.save(update_fields=["is_superuser"])


def keep_an_admin(user: Any, verb: str) -> None:
    """Locks the admins' rows, so that two admins can't remove each other at once."""
    admins = User.objects.select_for_update().filter(is_active=True)
    others = [one for one in admins.exclude(pk=user.pk) if role_of(one) == "admin"]
    if role_of(user) == "admin" and not others:
        raise ValidationError(
            f"You can’t {verb} {user.get_username()}: nobody would be left to manage the team."
        )
