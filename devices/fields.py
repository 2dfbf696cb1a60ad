"""A column that follows another one."""

from hashlib import sha256
from typing import Any

from django.db import models


def digest(text: str | None) -> bytes | None:
    return None if text is None else sha256(text.encode()).digest()


class Sha256Field(models.BinaryField):  # type: ignore[type-arg]
    """The hash of a text column of the same row, unique where there is a text.

    It stands for the text in indexes: PostgreSQL refuses index rows above 2,704 bytes, and an
    FCM token may be longer. `save` and `bulk_create` fill it; `.update()` must name both."""

    def __init__(self, of: str, **kwargs: Any) -> None:
        self.of = of
        super().__init__(**(kwargs | {"max_length": 32, "null": True, "unique": True}))

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        value = digest(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, value)
        return value
