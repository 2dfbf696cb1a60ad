"""Topic conditions: `'a' in topics && ('b' in topics || !('c' in topics))`, at most five topics."""

import re
from collections.abc import Callable, Collection

Condition = Callable[[Collection[str]], bool]
TOPICS_MAX = 5

_WORD = re.compile(r"\s*(?:(&&|\|\||!|\(|\))|(['\"])([a-zA-Z0-9\-_.~%]{1,900})\2\s+in\s+topics\b)")


class BadCondition(ValueError):
    """The text is not a condition; Google does not say where."""


def parse(text: str) -> Condition:
    """A function that tells whether a phone with these topics is meant."""
    words = _words(text)
    if sum(word.startswith("'") for word in words) > TOPICS_MAX or len(words) > 64:
        raise BadCondition(text)
    condition = _any_of(words)
    if words:
        raise BadCondition(text)
    return condition


def _words(text: str) -> list[str]:
    words, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        found = _WORD.match(stripped, at)
        if found is None:
            raise BadCondition(text)
        words.append(found[1] or f"'{found[3]}")
        at = found.end()
    return words


def _any_of(words: list[str]) -> Condition:
    left = _all_of(words)
    while words and words[0] == "||":
        words.pop(0)
        left = _either(left, _all_of(words))
    return left


def _all_of(words: list[str]) -> Condition:
    left = _single(words)
    while words and words[0] == "&&":
        words.pop(0)
        left = _both(left, _single(words))
    return left


def _single(words: list[str]) -> Condition:
    if not words:
        raise BadCondition("ends too early")
    word = words.pop(0)
    if word == "!":
        inner = _single(words)
        return lambda topics: not inner(topics)
    if word == "(":
        inner = _any_of(words)
        if not words or words.pop(0) != ")":
            raise BadCondition("a parenthesis stays open")
        return inner
    if not word.startswith("'"):
        raise BadCondition(word)
    topic = word[1:]
    return lambda topics: topic in topics


def _either(left: Condition, right: Condition) -> Condition:
    return lambda topics: left(topics) or right(topics)


def _both(left: Condition, right: Condition) -> Condition:
    return lambda topics: left(topics) and right(topics)
