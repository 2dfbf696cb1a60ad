"""Compose's variants of title and text by language: two fields for each language that was added."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from notifications import content, personal
from notifications.personal.languages import choices

ADD, REMOVE = "add_language", "remove_language"


@dataclass(frozen=True, slots=True)
class Language:
    """One variant as the page draws it."""

    tag: str
    label: str
    title: Any
    body: Any
    fresh: bool

    @property
    def wrong(self) -> bool:
        return bool(self.title.errors or self.body.errors)


class LanguageFields(forms.Form):
    """`language` names each, in the order of the page; `title_de` and `body_de` are German's."""

    tags: list[str]
    added = ""

    def add_languages(self, mode: str) -> None:
        """From the constructor, once data and initial are there."""
        self.tags = self._chosen()
        if mode == ADD and (tag := personal.normal(self._typed("new_language"))):
            self.added = tag
            self.tags = [*self.tags, tag] if tag not in self.tags else self.tags
        if mode == REMOVE:
            gone = self._typed(REMOVE)
            self.tags = [tag for tag in self.tags if tag != gone]
        for tag in self.tags:
            for name, field in _fields_of(tag).items():
                self.fields[name] = field

    def _typed(self, name: str) -> str:
        return str(self.data.get(name, "")).replace("\0", "")

    def _chosen(self) -> list[str]:
        if not self.is_bound:
            return list(self.initial.get("language", []))
        named = self.data.getlist("language") if hasattr(self.data, "getlist") else []
        known = [tag for tag in named if tag and personal.normal(tag) == tag]
        return list(dict.fromkeys(known))[: content.LANGUAGES_MAX]

    @property
    def languages(self) -> list[Language]:
        return [
            Language(
                tag,
                personal.label(tag),
                self[f"title_{tag}"],
                self[f"body_{tag}"],
                tag == self.added,
            )
            for tag in self.tags
        ]

    @property
    def more_languages(self) -> list[tuple[str, str]]:
        return [choice for choice in choices() if choice[0] not in self.tags]

    def typed_variants(self) -> dict[str, dict[str, str]]:
        """What the fields hold now, unchecked."""
        held = self.data if self.is_bound else self.initial
        return {
            tag: {part: str(held.get(f"{part}_{tag}", "") or "") for part in ("title", "body")}
            for tag in self.tags
        }

    def variants(self) -> dict[str, dict[str, str]]:
        """As a notification keeps them. Only of a form that was cleaned."""
        return {
            tag: {
                part: content.clean_text(str(self.cleaned_data.get(f"{part}_{tag}") or ""))
                for part in ("title", "body")
            }
            for tag in self.tags
        }


def _fields_of(tag: str) -> dict[str, forms.CharField]:
    named = personal.label(tag)
    attrs = {"lang": tag, "dir": "auto"}
    return {
        f"title_{tag}": forms.CharField(
            required=False, label=f"Title in {named}", widget=forms.TextInput(attrs=attrs)
        ),
        f"body_{tag}": forms.CharField(
            required=False,
            label=f"Text in {named}",
            widget=forms.Textarea(attrs=attrs | {"rows": 3}),
        ),
    }


def initial_languages(variants: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """As the form's initial values, and as what was typed."""
    values: dict[str, Any] = {"language": list(variants)}
    for tag, one in variants.items():
        values[f"title_{tag}"] = one.get("title", "")
        values[f"body_{tag}"] = one.get("body", "")
    return values
