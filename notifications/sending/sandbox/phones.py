"""The pretend phones: every well-formed token is a registered one unless told otherwise."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

STATES = ("registered", "unregistered", "offline")


class Phones:
    """States of the phones that aren't simply registered; kept in an append log."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "phones.log"
        self._states: dict[str, str] = {}
        for line in self._lines():
            self._apply(*line)
        self._compact()

    def state(self, token: str) -> str:
        return self._states.get(token, "registered")

    def set(self, tokens: Iterable[str], state: str) -> None:
        tokens = list(tokens)
        self._apply(state, tokens)
        os.write(self._file, (json.dumps([state, tokens]) + "\n").encode())

    def _apply(self, state: str, tokens: list[str]) -> None:
        for token in tokens:
            if state == "registered":
                self._states.pop(token, None)
            else:
                self._states[token] = state

    def _lines(self) -> list[tuple[str, list[str]]]:
        if not self._path.exists():
            return []
        text = self._path.read_text()
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def _compact(self) -> None:
        temporary = self._path.with_suffix(".tmp")
        by_state: dict[str, list[str]] = {}
        for token, state in self._states.items():
            by_state.setdefault(state, []).append(token)
        lines = [json.dumps([state, tokens]) + "\n" for state, tokens in by_state.items()]
        temporary.write_text("".join(lines))
        temporary.replace(self._path)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
