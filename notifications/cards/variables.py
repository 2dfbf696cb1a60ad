"""A card's variables: their names and types, and whether a value is one of that type."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from notifications.content import clean_text, parameter_value
from notifications.models import CardVersion
from notifications.states import ParameterType, VariableType

VALUE_MAX = 500
_is_link = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    type: str = VariableType.STRING
    sample: str = ""

    def as_dict(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}


def declared(version: CardVersion) -> list[Variable]:
    return [Variable(**one) for one in version.variables]


def samples(variables: list[Variable]) -> dict[str, str]:
    return {one.name: one.sample for one in variables}


def read(kind: str, text: str) -> str:
    """The value as people read it. Raises ValidationError with the sentence to show."""
    value = clean_text(text).replace("\n", " ")
    if len(value) > VALUE_MAX:
        raise ValidationError(f"{len(value)} characters; {VALUE_MAX} is the most.")
    _READERS[VariableType(kind)](value)
    return value


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValidationError(f"“{text}” is not a date, such as 2026-11-27.") from None


def _link(text: str) -> str:
    try:
        _is_link(text)
    except ValidationError:
        raise ValidationError(f"“{text}” is not a link, such as https://example.com.") from None
    return text


def _parameter(kind: ParameterType) -> Callable[[str], Any]:
    return lambda text: parameter_value(kind, text)


_READERS: Mapping[str, Callable[[str], Any]] = {
    **{kind.value: _parameter(kind) for kind in ParameterType},
    VariableType.DATE: _date,
    VariableType.URL: _link,
}


def read_all(
    variables: list[Variable], given: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """(values by name, errors by name): each variable has a value of its type, and there are no
    others."""
    values: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    names = [one.name for one in variables]
    for name in given:
        if name not in names:
            known = ", ".join(names) or "none"
            errors[name] = [f"This card has no variable {name}. Its variables: {known}."]
    for one in variables:
        text = str(given.get(one.name, "") or "")
        try:
            values[one.name] = read(one.type, text)
        except ValidationError as error:
            errors[one.name] = error.messages
        if not text.strip():
            errors[one.name] = [f"{one.name} is empty. The card can’t be sent without it."]
    return values, errors
