"""Titles and texts that are written for each person: `{{ first_name | default: "there" }}`, and
variants by language.

A text is read once into parts (`reading`), which are frozen with the notification; each phone's
text is joined from them (`parts`, `texts`). Nothing of a text is ever run.
"""

from notifications.personal.languages import choose, label, normal
from notifications.personal.parts import Part, Parts, Slot, shown
from notifications.personal.reading import Unreadable, is_personal, read
from notifications.personal.texts import NOBODY, Copy, Person, Texts

__all__ = [
    "NOBODY", "Copy", "Part", "Parts", "Person", "Slot", "Texts", "Unreadable", "choose",
    "is_personal", "label", "normal", "read", "shown",
]  # fmt: skip
