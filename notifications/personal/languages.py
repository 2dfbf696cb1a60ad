"""Names of languages, and which variant a locale gets: as it is, then ever shorter."""

import re
from collections.abc import Container
from functools import cache

from django.conf.locale import LANG_INFO

TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}")


def normal(locale: str) -> str:
    """`de_AT.UTF-8` and `de-AT` are both "de-at"; "" where it is no locale."""
    tag = re.split(r"[.@]", locale.strip(), maxsplit=1)[0].replace("_", "-").lower()
    return tag if TAG.fullmatch(tag) else ""


def choose(locale: str, known: Container[str]) -> str:
    """The variant for this locale among `known`; "" is the default."""
    tag = normal(locale)
    while tag:
        if tag in known:
            return tag
        tag = tag.rpartition("-")[0]
    return ""


def label(tag: str) -> str:
    """German; Portuguese (BR) where only the language has a name of its own."""
    if tag in LANG_INFO and "name" in LANG_INFO[tag]:
        return str(LANG_INFO[tag]["name"])
    language, _, rest = tag.partition("-")
    known = LANG_INFO.get(language, {}).get("name", language)
    return f"{known} ({rest.upper()})" if rest else str(known)


@cache
def choices() -> list[tuple[str, str]]:
    """(tag, "German (de)"), by English name; plain letters, so that no page loads a font for them."""
    named = [(tag, facts) for tag, facts in LANG_INFO.items() if "name_local" in facts]
    named.sort(key=lambda item: str(item[1]["name"]))
    return [(tag, f"{facts['name']} ({tag})") for tag, facts in named]
