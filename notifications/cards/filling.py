"""From a card and the values of its variables to what a notification is made of."""

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from notifications import content, personal
from notifications.cards.variables import Variable, declared, read_all, samples
from notifications.content import Message
from notifications.models import CardVersion, MessageCard, Page
from notifications.personal import fillings
from notifications.states import ParameterType, VariableType

WHOLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
# A page parameter that is nothing but one variable: which types of variables fit.
FITS: Mapping[str, set[str]] = {
    ParameterType.INTEGER: {VariableType.INTEGER},
    ParameterType.DOUBLE: {VariableType.DOUBLE, VariableType.INTEGER},
    ParameterType.BOOLEAN: {VariableType.BOOLEAN},
    ParameterType.DATE_TIME: {VariableType.DATE_TIME, VariableType.DATE},
    ParameterType.LAT_LNG: {VariableType.LAT_LNG},
    ParameterType.DOCUMENT: {VariableType.DOCUMENT},
}


def page_of(version: CardVersion) -> Page | None:
    pages = Page.objects.prefetch_related("parameters")
    return pages.filter(name=version.initial_page).first() if version.initial_page else None


def fill(version: CardVersion, given: Mapping[str, str]) -> tuple[Message, dict[str, str]]:
    """The message with these values, and the values as they are kept. Raises ValidationError:
    `variable_<name>` for a value, the names of `content.check` for what it makes of the message."""
    variables = declared(version)
    values, wrong = read_all(variables, given)
    errors = {f"variable_{name}": told for name, told in wrong.items()}
    page = page_of(version)
    if not errors:
        errors |= _check_paths(version, page, values)
    if errors:
        raise ValidationError(errors)
    message = _message(version, values)
    content.check(message, page)
    return message, values


def _message(version: CardVersion, values: Mapping[str, str]) -> Message:
    return Message(
        title=version.title,
        body=version.body,
        image=version.image,
        sound=version.sound,
        initial_page=version.initial_page,
        parameters=_filled(version.parameters, values),
        data=_filled(version.data, values),
        ttl_s=version.ttl_s,
        variants=version.variants,
        filled=values,
    )


def _filled(texts: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: fillings.fill_text(str(text), values) for name, text in texts.items()}


def _check_paths(
    version: CardVersion, page: Page | None, values: Mapping[str, str]
) -> dict[str, list[str]]:
    """A value inside a document's path stays one part of it: it can't lead elsewhere."""
    errors: dict[str, list[str]] = {}
    types = {each.name: each.type for each in page.parameters.all()} if page else {}
    for name, text in version.parameters.items():
        if types.get(name) != ParameterType.DOCUMENT or WHOLE.fullmatch(text):
            continue
        for variable in fillings.names(text):
            if "/" in values.get(variable, ""):
                told = f"{variable} stands inside the path {text}, so it can’t hold “/”."
                errors[f"variable_{variable}"] = [told]
    return errors


def check_types(version: CardVersion, page: Page | None) -> dict[str, list[str]]:
    """Whether each page parameter that is one variable gets a variable of its type."""
    types = {one.name: one.type for one in declared(version)}
    errors: dict[str, list[str]] = {}
    for each in page.parameters.all() if page else []:
        text = str(version.parameters.get(each.name, "")).strip()
        names = fillings.names(text)
        fits = FITS.get(each.type)
        if not names or fits is None:
            continue
        whole = WHOLE.fullmatch(text)
        if whole and types.get(whole[1]) not in fits:
            told = f"{{{whole[1]}}} is {_word(types.get(whole[1], ''))}; {each.name} takes "
            errors[f"parameter_{each.name}"] = [f"{told}{' or '.join(map(_word, sorted(fits)))}."]
        elif not whole and each.type != ParameterType.DOCUMENT:
            told = f"{each.name} is {each.type}: write one variable alone, or a value."
            errors[f"parameter_{each.name}"] = [told]
    return errors


def _word(kind: str) -> str:
    return VariableType(kind).label.lower() if kind in VariableType.values else "not declared"


def used(version: CardVersion) -> dict[str, list[str]]:
    """Field → the variables that it asks for. Raises ValidationError for a text that can't be
    read."""
    bare = Message(title=version.title, body=version.body, variants=version.variants, filled={})
    texts = content.texts_of(bare)
    found: dict[str, list[str]] = {}
    for language, copy in texts.copies.items():
        found[content.field_of("title", language)] = fillings.names_in(copy.title)
        found[content.field_of("body", language)] = fillings.names_in(copy.body)
    for name, text in version.parameters.items():
        found[f"parameter_{name}"] = fillings.names(str(text))
    found["data"] = [name for text in version.data.values() for name in fillings.names(str(text))]
    return found


# ---------------------------------------------------------------- what a notification takes over


def fields_of(version: CardVersion, given: Mapping[str, str]) -> dict[str, Any]:
    """As `lifecycle.compose` takes them. Title and body are how someone reads them of whom nothing
    is known; what is sent is made of `card` and `variables`. Raises as `fill` does."""
    message, values = fill(version, given)
    title, body = content.texts_of(message).write()
    return {
        "card": version, "variables": values, "title": title, "body": body, "variants": {},
        "image": version.image, "image_facts": version.image_facts, "sound": version.sound,
        "initial_page": version.initial_page, "parameters": dict(message.parameters),
        "data": dict(message.data), "ttl_s": version.ttl_s,
    }  # fmt: skip


def trouble(version: CardVersion, given: Mapping[str, str]) -> str:
    """Why a draft of this card can't be sent; "" when it can. Asks for the card as it is now."""
    card = MessageCard.objects.get(pk=version.card_id)
    if card.archived_at is not None:
        return f"The card {card} is archived."
    if version.number != card.version:
        return f"The card {card} was changed since. Look at its new words and send those."
    try:
        fill(version, given)
    except ValidationError as error:
        return next(iter(error.message_dict.values()))[0]
    return ""


def preview(
    version: CardVersion, given: Mapping[str, str], person: personal.Person = personal.NOBODY
) -> tuple[str, str]:
    """Title and text with what is filled in so far; a variable without a value keeps its sample."""
    variables: list[Variable] = declared(version)
    typed = {name: content.clean_text(text) for name, text in given.items() if text.strip()}
    message = _message(version, samples(variables) | typed)
    try:
        return content.texts_of(message).write(person)
    except ValidationError:
        return version.title, version.body
