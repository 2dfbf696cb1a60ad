"""Audiences made, changed, copied and put away. Every change that can move people raises
`version`, here and in those that exclude it, so that no review of before still holds."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from devices.audiences.checking import check
from devices.audiences.values import CONTROL
from devices.models import AppUser, Audience, AudienceMember

NAME_MAX = 80
DESCRIPTION_MAX = 200
MEMBERS_AT_ONCE = 1_000


class Archived(Exception):
    def __init__(self, audience: Audience) -> None:
        super().__init__(f"{audience.name} is archived. Restore it before changing it.")


@transaction.atomic
def create(name: str, rules: Any, *, description: str = "", by: Any = None) -> Audience:
    """Raises ValidationError by path."""
    audience = Audience(created_by=by)
    _set(audience, name, description, rules)
    audience.save(force_insert=True)
    return audience


@transaction.atomic
def change(
    audience: Audience,
    *,
    name: str | None = None,
    description: str | None = None,
    rules: Any = None,
) -> Audience:
    """None leaves a part as it is. Raises ValidationError by path, or Archived."""
    kept = _locked(audience)
    before = kept.rules
    _set(
        kept,
        kept.name if name is None else name,
        kept.description if description is None else description,
        before if rules is None else rules,
        checks_rules=rules is not None,
    )
    kept.save()
    if kept.rules != before:
        raise_versions(kept.pk)
    kept.refresh_from_db()
    return kept


def _set(
    audience: Audience, name: Any, description: Any, rules: Any, *, checks_rules: bool = True
) -> None:
    errors: dict[str, list[str]] = {}
    name, description = str(name).strip(), str(description).strip()
    if not name or len(name) > NAME_MAX or CONTROL.search(name):
        errors["name"] = [f"Give it a name of 1 to {NAME_MAX} characters."]
    elif Audience.objects.filter(name=name).exclude(pk=audience.pk).exists():
        errors["name"] = [f"There is already an audience named {name}."]
    if len(description) > DESCRIPTION_MAX or CONTROL.search(description):
        errors["description"] = [f"At most {DESCRIPTION_MAX} characters, in one line."]
    if checks_rules:
        try:
            rules = check(rules, audience)
        except ValidationError as error:
            errors |= error.message_dict
    if errors:
        raise ValidationError(errors)
    audience.name, audience.description, audience.rules = name, description, rules


def _locked(audience: Audience) -> Audience:
    kept = Audience.objects.select_for_update().get(pk=audience.pk)
    if kept.archived_at is not None:
        raise Archived(kept)
    return kept


def raise_versions(pk: int) -> None:
    """Of this one and of all that exclude it, directly or by way of others."""
    waiting, done = {pk}, set()
    while waiting:
        done |= waiting
        Audience.objects.filter(pk__in=waiting).update(
            version=F("version") + 1, changed_at=timezone.now()
        )
        rows = Audience.objects.exclude(pk__in=done).values_list("pk", "rules")
        waiting = {one for one, rules in rows if rules.get("exclude") in waiting}


def excluded_by(audience: Audience) -> list[Audience]:
    return [one for one in Audience.objects.all() if one.rules.get("exclude") == audience.pk]


@transaction.atomic
def archive(audience: Audience) -> Audience:
    """Nothing new is sent to it; what excludes it goes on excluding its people."""
    Audience.objects.filter(pk=audience.pk, archived_at=None).update(archived_at=timezone.now())
    raise_versions(audience.pk)
    audience.refresh_from_db()
    return audience


def restore(audience: Audience) -> Audience:
    Audience.objects.filter(pk=audience.pk).update(archived_at=None)
    audience.refresh_from_db()
    return audience


@transaction.atomic
def clone(audience: Audience, *, by: Any = None) -> Audience:
    """One of its own with the same rules and the same people on its list."""
    copy = create(
        _free_name(audience.name), audience.rules, description=audience.description, by=by
    )
    members = audience.members.values_list("user_id", flat=True).iterator(chunk_size=2_000)
    batch: list[AudienceMember] = []
    for user in members:
        batch.append(AudienceMember(audience=copy, user_id=user))
        if len(batch) == MEMBERS_AT_ONCE:
            AudienceMember.objects.bulk_create(batch)
            batch = []
    AudienceMember.objects.bulk_create(batch)
    return copy


def _free_name(name: str) -> str:
    for number in range(1, 10_000):
        ending = " (copy)" if number == 1 else f" (copy {number})"
        candidate = name[: NAME_MAX - len(ending)] + ending
        if not Audience.objects.filter(name=candidate).exists():
            return candidate
    raise ValidationError({"name": ["Name this audience differently before copying it."]})


# ---------------------------------------------------------------- the people of a list


def known(user_ids: Iterable[str]) -> dict[str, int]:
    """{user id: pk} of those who exist."""
    found = AppUser.objects.filter(user_id__in=list(user_ids))
    return dict(found.values_list("user_id", "pk"))


@transaction.atomic
def add(audience: Audience, users: Iterable[int]) -> int:
    """How many were not on it before. `users` are pks, at most a thousand."""
    kept = _locked(audience)
    wanted = set(users)
    wanted -= set(kept.members.filter(user__in=wanted).values_list("user_id", flat=True))
    AudienceMember.objects.bulk_create(
        [AudienceMember(audience=kept, user_id=user) for user in sorted(wanted)],
        ignore_conflicts=True,
    )
    if wanted:
        raise_versions(kept.pk)
    return len(wanted)


@transaction.atomic
def remove(audience: Audience, users: Iterable[int]) -> int:
    kept = _locked(audience)
    gone, _ = kept.members.filter(user__in=list(users)).delete()
    if gone:
        raise_versions(kept.pk)
    return gone
