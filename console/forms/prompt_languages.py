"""The other languages of a soft prompt: one block each, in a form that needs no JavaScript."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

from console.forms.rows import posted, remove

MOST = 30
TEXTS = ("title", "body", "accept_label", "dismiss_label")
BUTTONS = ("add_language", "remove_language")


@dataclass(slots=True)
class Language:
    code: str = ""
    title: str = ""
    body: str = ""
    accept_label: str = ""
    dismiss_label: str = ""
    errors: dict[str, list[str]] = part(default_factory=dict)

    @property
    def texts(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in TEXTS if getattr(self, name)}


def of_locales(locales: Mapping[str, Mapping[str, str]]) -> list[Language]:
    return [filled({"code": code, **texts}) for code, texts in sorted(locales.items())]


def filled(texts: Mapping[str, str]) -> Language:
    one = Language()
    for name in ("code", *TEXTS):
        setattr(one, name, str(texts.get(name, "")).strip())
    return one


def of_post(post: Mapping[str, str]) -> list[Language]:
    return [
        filled({name: post.get(f"lang-{i}-{name}", "") for name in ("code", *TEXTS)})
        for i in posted(post, "languages", MOST)
        if f"lang-{i}-code" in post
    ]


def redrawn(languages: list[Language], post: Mapping[str, str]) -> list[Language]:
    remove(languages, post.get("remove_language", ""))
    if "add_language" in post and len(languages) < MOST:
        languages.append(Language())
    return languages


def locales_of(languages: list[Language]) -> dict[str, Any]:
    """A block that was left wholly empty is no language."""
    return {one.code: one.texts for one in languages if one.code or one.texts}


def refused(languages: list[Language]) -> bool:
    """Whether two blocks name the same language, or one names none; says so in them."""
    seen: set[str] = set()
    for one in languages:
        if one.texts and not one.code:
            one.errors["code"] = ["Which language is it? Two letters, such as de."]
        elif one.code in seen:
            one.errors["code"] = [f"There is another block for {one.code}."]
        seen.add(one.code)
    return any(one.errors for one in languages)
