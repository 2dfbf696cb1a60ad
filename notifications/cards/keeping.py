"""Cards made, changed and put away. Every change of what a card says is a new version; what was
sent keeps its own."""

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications import audit
from notifications.cards import filling
from notifications.cards.variables import Variable, declared, read, samples
from notifications.content import clean_text
from notifications.models import KEY_MAX, CardVersion, MessageCard
from notifications.personal import fillings
from notifications.states import VariableType

KEY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
NAME_MAX, DESCRIPTION_MAX, VARIABLES_MAX = 80, 200, 20
RESERVED = ("new", "preview")  # addresses of pages
ABOUT = ("name", "description", "client_callable")
SAYS = (
    "title", "body", "variants", "variables", "image", "image_facts", "sound", "initial_page",
    "parameters", "data", "ttl_s",
)  # fmt: skip


class Archived(Exception):
    def __init__(self, card: MessageCard) -> None:
        super().__init__(f"{card} is archived. Restore it before changing it.")


class Conflict(Exception):
    """Someone else saved this card in between."""


def current(card: MessageCard) -> CardVersion:
    return CardVersion.objects.select_related("card").get(card=card, number=card.version)


def create(key: str, fields: Mapping[str, Any], *, by: Any, ip: str | None = None) -> MessageCard:
    """Raises ValidationError by field."""
    card = MessageCard(key=key.strip(), created_by=by)
    errors = _key_errors(card.key)
    version = _checked(card, fields, errors)
    try:
        with transaction.atomic():
            card.save(force_insert=True)
            version.card, version.made_by = card, by
            version.save(force_insert=True)
            audit.record(by, "made a card", card, _facts(version), ip)
    except IntegrityError:
        raise ValidationError({"key": [f"There is already a card {card.key}."]}) from None
    return card


def revise(
    card: MessageCard,
    fields: Mapping[str, Any],
    *,
    by: Any,
    version: int,
    ip: str | None = None,
) -> MessageCard:
    """A new version where the words changed. Raises ValidationError by field, Archived, or
    Conflict when `version` is no longer the newest."""
    with transaction.atomic():
        kept = MessageCard.objects.select_for_update().get(pk=card.pk)
        if kept.archived_at is not None:
            raise Archived(kept)
        if kept.version != version:
            raise Conflict("Someone else changed this card meanwhile. Look at it, then save again.")
        before = current(kept)
        after = _checked(kept, fields, {})
        kept.changed_at = timezone.now()
        if any(getattr(before, name) != getattr(after, name) for name in SAYS):
            kept.version += 1
            after.card, after.made_by, after.number = kept, by, kept.version
            after.save(force_insert=True)
        kept.save()
        audit.record(by, "changed a card", kept, _facts(after) | {"version": kept.version}, ip)
    return kept


def archive(card: MessageCard, *, by: Any, ip: str | None = None) -> None:
    """Nobody fills it any more; what was confirmed goes out."""
    _put(card, timezone.now(), "archived a card", by, ip)


def restore(card: MessageCard, *, by: Any, ip: str | None = None) -> None:
    _put(card, None, "restored a card", by, ip)


@transaction.atomic
def _put(card: MessageCard, at: Any, action: str, by: Any, ip: str | None) -> None:
    MessageCard.objects.filter(pk=card.pk).update(archived_at=at)
    audit.record(by, action, card, ip=ip)


def _facts(version: CardVersion) -> dict[str, Any]:
    names = [f"{one.name}: {one.type}" for one in declared(version)]
    return {"version": version.number, "title": version.title, "variables": names}


# ---------------------------------------------------------------- checking


def _key_errors(key: str) -> dict[str, list[str]]:
    if not KEY.fullmatch(key) or len(key) > KEY_MAX or key in RESERVED:
        return {"key": [f"A key is 1 to {KEY_MAX} of a–z, 0–9, - and _, such as order-ready."]}
    if MessageCard.objects.filter(key=key).exists():
        return {"key": [f"There is already a card {key}."]}
    return {}


def _checked(
    card: MessageCard, fields: Mapping[str, Any], errors: dict[str, list[str]]
) -> CardVersion:
    """Sets what `fields` say of the card, and returns an unsaved version of what it says."""
    for name in ABOUT:
        setattr(card, name, fields[name] if name in fields else getattr(card, name))
    card.name, card.description = clean_text(card.name), clean_text(card.description)
    if not card.name or len(card.name) > NAME_MAX:
        errors["name"] = [f"Give it a name of 1 to {NAME_MAX} characters."]
    if len(card.description) > DESCRIPTION_MAX:
        errors["description"] = [f"At most {DESCRIPTION_MAX} characters."]
    version = CardVersion(**{name: fields[name] for name in SAYS if name in fields})
    errors |= _variable_errors(declared(version))
    if not errors.keys() - {"key", "name", "description"}:
        errors |= _words_errors(version)
    if errors:
        raise ValidationError(errors)
    return version


def _variable_errors(variables: list[Variable]) -> dict[str, list[str]]:
    """Under `variables.<place>.<part>`."""
    errors: dict[str, list[str]] = {}
    if len(variables) > VARIABLES_MAX:
        errors["variables"] = [f"{len(variables)} variables; {VARIABLES_MAX} is the most."]
    seen: set[str] = set()
    for place, one in enumerate(variables):
        at = f"variables.{place}"
        if not fillings.NAME.fullmatch(one.name):
            told = "1 to 40 of a–z, 0–9 and _, beginning with a letter, such as order_no."
            errors[f"{at}.name"] = [told]
        elif one.name in seen:
            errors[f"{at}.name"] = [f"There is another variable {one.name}."]
        seen.add(one.name)
        if one.type not in VariableType.values:
            errors[f"{at}.type"] = [f"There is no type {one.type}."]
        elif not one.sample.strip():
            errors[f"{at}.sample"] = ["Give a sample: previews show it."]
        else:
            try:
                read(one.type, one.sample)
            except ValidationError as error:
                errors[f"{at}.sample"] = error.messages
    return errors


def _words_errors(version: CardVersion) -> dict[str, list[str]]:
    page = filling.page_of(version)
    variables = declared(version)
    names = [one.name for one in variables]
    try:
        used = filling.used(version)
    except ValidationError as error:
        return error.message_dict
    errors: dict[str, list[str]] = {}
    for field, asked in used.items():
        if unknown := [name for name in asked if name not in names]:
            told = f"There is no variable {unknown[0]}. Add it below, or write it without braces."
            errors[field] = [told]
    everywhere = {name for asked in used.values() for name in asked}
    for place, name in enumerate(names):
        if name not in everywhere:
            errors[f"variables.{place}.name"] = [
                f"Nothing uses {{{name}}}. Write it, or remove it."
            ]
    errors = filling.check_types(version, page) | errors
    if not errors:
        try:
            filling.fill(version, samples(variables))
        except ValidationError as error:
            errors |= error.message_dict
    return errors
