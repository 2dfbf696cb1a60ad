"""A small state kept as a log of JSON lines: replayed at the start, then written afresh."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class EventLog:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def replay(self) -> list[Any]:
        """All whole lines; the last one may have been cut off with the process."""
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text().split("\n")[:-1]]

    def restart(self, events: Iterable[Any]) -> None:
        """Replace the log, at once, by the shortest one that leads to the same state."""
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text("".join(json.dumps(event) + "\n" for event in events))
        temporary.replace(self._path)
        if self._file >= 0:
            os.close(self._file)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)

    def append(self, event: Any) -> None:
        data = memoryview((json.dumps(event) + "\n").encode())
        while data:
            data = data[os.write(self._file, data) :]
