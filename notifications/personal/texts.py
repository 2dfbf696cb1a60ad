"""Title and text of a notification in all their variants, and what one person reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from notifications.personal import languages
from notifications.personal.parts import Parts, Slot, from_json, join, to_json


@dataclass(frozen=True, slots=True)
class Person:
    """What a text may know of its reader."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    locale: str = ""


NOBODY = Person()


@dataclass(frozen=True, slots=True)
class Copy:
    title: Parts
    body: Parts

    def write(self, attributes: Mapping[str, Any]) -> tuple[str, str]:
        return join(self.title, attributes), join(self.body, attributes)

    @property
    def slots(self) -> list[Slot]:
        return [part for part in (*self.title, *self.body) if isinstance(part, Slot)]


@dataclass(frozen=True, slots=True)
class Texts:
    """`copies` by language; "" is the default and always there."""

    copies: Mapping[str, Copy]

    @property
    def is_plain(self) -> bool:
        """The same for everyone."""
        return len(self.copies) == 1 and not self.copies[""].slots

    @property
    def slots(self) -> Iterator[Slot]:
        for copy in self.copies.values():
            yield from copy.slots

    def language(self, person: Person) -> str:
        return languages.choose(person.locale, self.copies)

    def write(self, person: Person = NOBODY) -> tuple[str, str]:
        return self.copies[self.language(person)].write(person.attributes)

    def written(self) -> dict[str, tuple[str, str]]:
        """Title and text by language, for someone of whom nothing is known."""
        return {tag: copy.write({}) for tag, copy in self.copies.items()}

    def as_json(self) -> dict[str, Any]:
        return {
            tag: {"title": to_json(copy.title), "body": to_json(copy.body)}
            for tag, copy in self.copies.items()
        }

    @classmethod
    def of_json(cls, frozen: Mapping[str, Any]) -> "Texts":
        return cls(
            {
                tag: Copy(from_json(one["title"]), from_json(one["body"]))
                for tag, one in frozen.items()
            }
        )
