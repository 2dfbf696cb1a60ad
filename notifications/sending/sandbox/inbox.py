"""Every message the sandbox accepted: the oracle that delivery tests are held against.

Kept in memory and in an append log under the data folder. `flush` hands what is new to the
operating system; the server calls it before any answer leaves, so a killed process has lost
nothing that a client was told. The log is cut into segments of `SEGMENT` messages; of a segment
that is no longer kept only the tokens' digests remain, so that the counts stay exact.
"""

import json
import os
import time
from array import array
from collections import Counter, deque
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from notifications.sending.sandbox.clock import timestamp
from notifications.sending.sandbox.http import BODY_MAX_BYTES

KEPT = 200_000
SEGMENT = 20_000
WATCHED_MAX = 1_000
WATCHED_MESSAGES = 1_000
LINE_MAX_BYTES = 2 * BODY_MAX_BYTES


class Template:
    """A message without its token: written once a segment, shared by all its entries."""

    __slots__ = ("number", "segment", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.segment = -1
        self.number = 0


class Entry(NamedTuple):
    id: str
    token: str  # empty: the message went to a topic or a condition
    at: float
    template: Template

    def shown(self, prefix: str) -> dict[str, Any]:
        message = json.loads(self.template.text)
        if self.token and "topic" not in message and "condition" not in message:
            target = {} if message.get("fid") == self.token else {"token": self.token}
            message = {**target, **message}
        return {
            "name": prefix + self.id,
            "token": self.token or None,
            "at": timestamp(self.at),
            "message": message,
        }


class Inbox:
    def __init__(
        self, folder: Path, prefix: str, *, kept: int = KEPT, segment: int = SEGMENT
    ) -> None:
        self._folder = folder
        self._prefix = prefix
        self._kept = kept
        self._per_segment = segment
        self._pending: list[str] = []
        self._file = -1
        self._serial = 0
        self._begin_empty()
        for number in self._on_disk():
            self._load(number)
        self._open_segment()

    def _begin_empty(self) -> None:
        self.requests = 0
        self.accepted = 0
        self.rejected = 0
        self.by_status: Counter[str] = Counter()
        self.max_per_token = 0
        self._per_token: Counter[int] = Counter()
        self._entries: deque[Entry] = deque(maxlen=self._kept)
        self._watched: dict[str, deque[Entry]] = {}
        self._segment = 0
        self._in_segment = 0
        self._templates = 0
        self._changed = False

    # ------------------------------------------------------------------ writing

    def next_id(self) -> str:
        """Microseconds that never repeat, also not after a restart."""
        self._serial = max(self._serial + 1, time.time_ns() // 1000)
        return f"0:{self._serial}%{self._serial * 0x9E3779B97F4A7C15 & (1 << 64) - 1:016x}"

    def record(self, message_id: str, token: str, at: float, template: Template) -> None:
        if template.segment != self._segment:
            self._write_template(template)
        self._pending.append(f"M\t{template.number}\t{at:.6f}\t{message_id}\t{token}\n")
        self._keep(Entry(message_id, token, at, template))
        self._in_segment += 1

    def count(self, status: int) -> None:
        """One answered request (0: it was cut off instead)."""
        self.requests += 1
        self._changed = True
        if status:
            self.by_status[str(status)] += 1
        if status >= 300:
            self.rejected += 1

    def flush(self) -> None:
        if not self._changed and not self._pending:
            return
        self._pending.append(self._totals())
        self._write("".join(self._pending))
        self._pending.clear()
        self._changed = False
        if self._in_segment >= self._per_segment:
            self._next_segment()
            self._retire_segments()

    def forget(self) -> None:
        """Drop all messages and set all counts to zero."""
        self._pending.clear()
        serial, segment = self._serial, self._segment
        for number in self._on_disk():
            self._log(number).unlink(missing_ok=True)
            self._digests(number).unlink(missing_ok=True)
        self._begin_empty()
        self._serial = serial
        self._segment = segment
        self._next_segment()  # templates know by its number where they are written

    def _keep(self, entry: Entry) -> None:
        self._entries.append(entry)
        token = entry.token
        if token in self._watched:
            self._watched[token].append(entry)
        if token:
            digest = _digest(token)
            self._per_token[digest] = seen = self._per_token.get(digest, 0) + 1
            if seen > self.max_per_token:
                self.max_per_token = seen

    def _write_template(self, template: Template) -> None:
        self._templates += 1
        template.segment = self._segment
        template.number = self._templates
        self._pending.append(f"T\t{template.number}\t{template.text}\n")

    def _totals(self) -> str:
        totals = [self.requests, self.accepted, self.rejected, dict(self.by_status)]
        return f"S\t{json.dumps(totals)}\n"

    def _write(self, text: str) -> None:
        data = memoryview(text.encode())
        while data:
            data = data[os.write(self._file, data) :]

    # ------------------------------------------------------------------ segments

    def _log(self, number: int) -> Path:
        return self._folder / f"messages-{number:08}.log"

    def _digests(self, number: int) -> Path:
        return self._folder / f"counts-{number:08}.bin"

    def _on_disk(self) -> list[int]:
        logs = self._folder.glob("messages-*.log")
        counts = self._folder.glob("counts-*.bin")
        return sorted({int(path.stem.partition("-")[2]) for path in (*logs, *counts)})

    def _next_segment(self) -> None:
        self._segment += 1
        self._in_segment = 0
        self._templates = 0
        self._open_segment()

    def _open_segment(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(self._log(self._segment), flags, 0o600)
        self._write(self._totals())

    def _retire_segments(self) -> None:
        """Of segments that are no longer kept only the digests stay, by an atomic rename."""
        oldest = self._segment - self._kept // self._per_segment - 1
        for number in self._on_disk():
            if number >= oldest:
                return
            if self._log(number).exists():
                tokens = (line.split("\t")[4][:-1] for line in self._lines(number, "M"))
                digests = array("Q", map(_digest, filter(None, tokens)))
                temporary = self._digests(number).with_suffix(".tmp")
                temporary.write_bytes(digests.tobytes())
                temporary.replace(self._digests(number))
                self._log(number).unlink()

    def _load(self, number: int) -> None:
        self._segment = number
        self._in_segment = 0
        self._templates = 0
        if self._digests(number).exists():
            self._log(number).unlink(missing_ok=True)
            digests = array("Q", self._digests(number).read_bytes())
            self._per_token.update(digests)
            self.max_per_token = max(self._per_token.values(), default=0)
        else:
            self._cut_torn_line(number)
            self._load_log(number)

    def _load_log(self, number: int) -> None:
        templates: dict[str, Template] = {}
        totals = ""
        for line in self._lines(number, "MTS"):
            kind, *fields = line[:-1].split("\t")
            if kind == "M":
                which, at, message_id, token = fields
                self._keep(Entry(message_id, token, float(at), templates[which]))
                self._in_segment += 1
            elif kind == "T":
                templates[fields[0]] = template = Template(fields[1])
                template.segment, template.number = number, int(fields[0])
                self._templates = template.number
            else:
                totals = fields[0]
        if totals:
            self.requests, self.accepted, self.rejected, statuses = json.loads(totals)
            self.by_status = Counter(statuses)
        if self._entries:
            self._serial = int(self._entries[-1].id.removeprefix("0:").partition("%")[0])

    def _cut_torn_line(self, number: int) -> None:
        """The last line may have been cut off with the process; what follows needs a fresh one."""
        with open(self._log(number), "rb+") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LINE_MAX_BYTES))
            torn = file.read().rpartition(b"\n")[2]
            file.truncate(size - len(torn))

    def _lines(self, number: int, kinds: str) -> Iterator[str]:
        with open(self._log(number), encoding="utf-8", newline="\n") as file:
            yield from (line for line in file if line[0] in kinds)

    # ------------------------------------------------------------------ reading

    def newest(self, token: str | None, limit: int) -> list[dict[str, Any]]:
        return [entry.shown(self._prefix) for entry in self._newest(token, limit)]

    def _newest(self, token: str | None, limit: int) -> list[Entry]:
        entries = self._entries if token is None else self._of(token)
        return list(islice(reversed(entries), limit))

    def _of(self, token: str) -> deque[Entry]:
        """A token that was asked for is watched: pretend phones ask every second."""
        if token in self._watched:
            return self._watched[token]
        found: deque[Entry] = deque(maxlen=WATCHED_MESSAGES)
        if not self._per_token.get(_digest(token)):
            return found
        found.extend(entry for entry in self._entries if entry.token == token)
        if len(self._watched) >= WATCHED_MAX:
            self._watched.clear()
        self._watched[token] = found
        return found

    def stats(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "by_status": dict(sorted(self.by_status.items())),
            "max_per_token": self.max_per_token,
        }


def _digest(token: str) -> int:
    return int.from_bytes(blake2b(token.encode(), digest_size=8).digest(), "little")
