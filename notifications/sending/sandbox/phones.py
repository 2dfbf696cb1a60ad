"""The pretend phones: every well-formed token is a registered one unless told otherwise.

An offline phone keeps what was sent on a shelf, by the rules Google documents for Android: at
most four collapse keys, each with its newest message; a message is gone when its TTL is over; and
after the hundredth that cannot be collapsed everything is dropped and the app is only told so.
"""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from notifications.sending.sandbox.eventlog import EventLog

STATES = ("registered", "unregistered", "offline")
COLLAPSE_KEYS_MAX = 4
STORED_MAX = 100
TTL_DEFAULT_S = 28 * 24 * 3600
DEFAULT_KEY = ""  # Google uses the app's package name for notifications without a key


@dataclass(slots=True)
class Stored:
    id: str
    key: str | None  # None: cannot be collapsed
    expires: float


@dataclass(slots=True)
class Shelf:
    stored: list[Stored] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)  # ids that will never reach the phone
    deleted_messages: bool = False

    def put(self, message: Stored) -> None:
        if message.key is None:
            plain = sum(each.key is None for each in self.stored)
            if plain >= STORED_MAX:
                self._drop([*self.stored, message])
                self.deleted_messages = True
                return
        else:
            self._drop([each for each in self.stored if each.key == message.key])
            keys = [each for each in self.stored if each.key is not None]
            self._drop(keys[: max(0, len(keys) + 1 - COLLAPSE_KEYS_MAX)])
        self.stored.append(message)

    def expire(self, now: float) -> None:
        self._drop([each for each in self.stored if each.expires <= now])

    def empty(self, now: float) -> None:
        """The phone is back: what is still good is delivered."""
        self.expire(now)
        self.stored.clear()

    def _drop(self, messages: list[Stored]) -> None:
        self.lost.extend(each.id for each in messages)
        self.stored = [each for each in self.stored if each not in messages]


class Phones:
    def __init__(self, folder: Path) -> None:
        self._states: dict[str, str] = {}
        self._shelves: dict[str, Shelf] = {}
        self._log = EventLog(folder / "phones.log")
        for kind, *rest in self._log.replay():
            if kind == "shelf":
                self._shelves[rest[0]] = _shelf(rest[1])
            else:
                self._set(kind, rest[0])
        self._log.restart(self._events())

    def state(self, token: str) -> str:
        return self._states.get(token, "registered")

    def set(self, tokens: Collection[str], state: str, now: float) -> None:
        self._set(state, tokens)
        self._log.append([state, list(tokens)])
        if not self._shelves:
            return
        for token in tokens:
            if state != "offline" and token in self._shelves:
                self._shelves[token].empty(now)
                self._save_shelf(token)

    def forget(self) -> None:
        """Every phone is registered and online again."""
        self._states.clear()
        self._shelves.clear()
        self._log.restart(())

    def forget_messages(self) -> None:
        self._shelves.clear()
        self._log.restart(self._events())

    def store(self, token: str, message_id: str, message: dict[str, Any], now: float) -> None:
        """Keep a message for a phone that is offline."""
        shelf = self._shelves.setdefault(token, Shelf())
        shelf.expire(now)
        ttl = _ttl(message)
        if ttl > 0:
            shelf.put(Stored(message_id, _collapse_key(message), now + ttl))
        else:
            shelf.lost.append(message_id)
        self._save_shelf(token)

    def shelf(self, token: str, now: float) -> Shelf:
        shelf = self._shelves.get(token, Shelf())
        shelf.expire(now)
        return shelf

    def _set(self, state: str, tokens: Collection[str]) -> None:
        for token in tokens:
            if state == "registered":
                self._states.pop(token, None)
            else:
                self._states[token] = state

    def _save_shelf(self, token: str) -> None:
        self._log.append(["shelf", token, asdict(self._shelves[token])])

    def _events(self) -> Iterator[list[Any]]:
        by_state: dict[str, list[str]] = {}
        for token, state in self._states.items():
            by_state.setdefault(state, []).append(token)
        yield from ([state, tokens] for state, tokens in by_state.items())
        for token, shelf in self._shelves.items():
            yield ["shelf", token, asdict(shelf)]


def _shelf(content: dict[str, Any]) -> Shelf:
    stored = [Stored(**each) for each in content.pop("stored")]
    return Shelf(stored, **content)


def _ttl(message: dict[str, Any]) -> float:
    android = message.get("android", message.get("android_v2", {}))
    return float(int(float(android["ttl"][:-1]))) if "ttl" in android else TTL_DEFAULT_S


def _collapse_key(message: dict[str, Any]) -> str | None:
    android = message.get("android", message.get("android_v2", {}))
    key: str | None = android.get("collapse_key")
    if key:
        return key
    return DEFAULT_KEY if "notification" in message or "notification" in android else None
