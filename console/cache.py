"""Redis as a cache that never breaks a page: when Redis is away, everything is a miss.

What lies in it is plain JSON: whoever can write to Redis must not be able to run code in Beckon.
"""

import json
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError


class JSONSerializer:
    """Text, numbers, booleans, None, lists and dicts with text as keys; TypeError for the rest.
    Tuples come back as lists."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


class ForgivingRedisCache(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {"serializer": JSONSerializer} | params.get("OPTIONS", {})
        super().__init__(server, params | {"OPTIONS": options})

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except (RedisError, OSError, ValueError):  # ValueError: not written by us
            return default

    def set(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().set(*args, **kwargs)
        except (RedisError, OSError):
            return

    def add(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return bool(super().add(*args, **kwargs))
        except (RedisError, OSError):
            return True

    def delete(self, key: Any, version: int | None = None) -> bool:
        try:
            return bool(super().delete(key, version))
        except (RedisError, OSError):
            return False

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        try:
            return int(super().incr(key, delta, version))
        except (RedisError, OSError):
            return 0
