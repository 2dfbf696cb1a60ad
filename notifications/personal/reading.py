"""From a text as typed to its parts. python-liquid reads the syntax; of all that Liquid can do
only `{{ attribute | filter }}` passes, and nothing is ever evaluated."""

from functools import cache
from typing import Any

from notifications.personal.parts import ARGUMENTS, FILTERS, USAGE, Parts, Slot

EXAMPLE = '{{ first_name | default: "there" }}'
TEXT_MAX = 2_000  # far more than a title or a text may have
CURLY = "“”„‘’"  # noqa: RUF001
KEPT_TAGS = ("content", "output", "illegal")


class Unreadable(Exception):
    """The text is a sentence for the person who typed it."""


def is_personal(text: str) -> bool:
    return "{{" in text or "{%" in text


def read(text: str) -> Parts:
    """Raises Unreadable."""
    if not is_personal(text):
        return (text,) if text else ()
    if len(text) > TEXT_MAX:
        raise Unreadable(f"{len(text):,} characters are too many for a text with variables.")
    if "{%" in text:
        raise Unreadable(f"{{% … %}} does nothing here; only {EXAMPLE} does.")
    parts: list[str | Slot] = []
    for node in _nodes(text):
        expression = getattr(node, "expression", None)
        part = node.text if expression is None else _slot(expression)
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return tuple(parts)


def _nodes(text: str) -> Any:
    from liquid.exceptions import LiquidError

    try:
        return _environment().from_string(text).nodes
    except LiquidError as error:
        if "expected '}}'" in str(error):
            raise Unreadable(f"A {{{{ is never closed. Write it so: {EXAMPLE}.") from None
        raise Unreadable(f"We can’t read what stands between {{{{ and }}}}{_why(text)}") from None
    except RecursionError:
        raise Unreadable("Too much stands between {{ and }}.") from None


def _why(text: str) -> str:
    if any(quote in text for quote in CURLY):
        return f": it has curly quotes. Use straight ones: {EXAMPLE}."
    return f". Write it so: {EXAMPLE}."


@cache
def _environment() -> Any:
    """With no tag that does anything, and no filter of its own."""
    from liquid import Environment

    environment = Environment()
    environment.tags = {name: environment.tags[name] for name in KEPT_TAGS}
    environment.filters = {}
    return environment


def _slot(expression: Any) -> Slot:
    from liquid.builtin.expressions import Path

    left = expression.left
    if not isinstance(left, Path):
        raise Unreadable(f"Between {{{{ and }}}} stands no attribute. Write it so: {EXAMPLE}.")
    if len(left.path) != 1 or not isinstance(left.path[0], str):
        raise Unreadable("An attribute is one name, such as first_name: no dots, no brackets.")
    return Slot(left.path[0], tuple(_filter(one) for one in expression.filters or []))


def _filter(one: Any) -> tuple[str, tuple[str | int, ...]]:
    if one.name not in FILTERS:
        known = ", ".join(FILTERS)
        raise Unreadable(f"There is no filter {one.name}. These there are: {known}.")
    arguments = tuple(_literal(argument) for argument in one.args)
    kinds = tuple(type(argument) for argument in arguments)
    if kinds not in ARGUMENTS[one.name]:
        raise Unreadable(f"The filter {one.name} is written so: {USAGE[one.name]}.")
    return one.name, arguments


def _literal(argument: Any) -> Any:
    """A text or a whole number as it stands; anything else is no argument of ours."""
    from liquid.builtin.expressions import PositionalArgument
    from liquid.builtin.expressions.primitive import IntegerLiteral, StringLiteral

    value = argument.value if isinstance(argument, PositionalArgument) else None
    if isinstance(value, StringLiteral | IntegerLiteral):
        return value.value
    return None
