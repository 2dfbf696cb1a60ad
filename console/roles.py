"""The five roles and what each may do. Words: access is for staff, permission is for phones."""

from typing import Any

from django.apps import apps

SUPPORT = {"compose_notification", "confirm_to_users"}
MARKETER = SUPPORT | {"confirm_broadcast"}
OPS = MARKETER | {"operate_notification", "resume_guarded", "change_settings"}
ROLES: dict[str, set[str]] = {
    "viewer": set(),
    "marketer": MARKETER,
    "support": SUPPORT,
    "ops": OPS,
    "admin": OPS | {"manage_keys", "manage_team"},
}


def sync(**_: Any) -> None:
    """Make the groups and give each exactly its permissions. Runs after every migrate."""
    from django.contrib.auth.management import create_permissions
    from django.contrib.auth.models import Group, Permission

    for label in ("devices", "notifications"):
        create_permissions(apps.get_app_config(label), verbosity=0)
    for role, codenames in ROLES.items():
        group = Group.objects.get_or_create(name=role)[0]
        group.permissions.set(
            Permission.objects.filter(
                content_type__app_label="notifications",
                content_type__model="notification",
                codename__in=codenames,
            )
        )
