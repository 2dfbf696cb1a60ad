"""Message cards: locked copy with typed variables. Made by marketers (`keeping`), filled by
support and by the app's back end (`filling`)."""

from notifications.cards.filling import fields_of, fill, preview, trouble
from notifications.cards.keeping import (
    Archived,
    Conflict,
    archive,
    create,
    current,
    restore,
    revise,
)
from notifications.cards.variables import Variable, declared

__all__ = [
    "Archived", "Conflict", "Variable", "archive", "create", "current", "declared", "fields_of",
    "fill", "preview", "restore", "revise", "trouble",
]  # fmt: skip
