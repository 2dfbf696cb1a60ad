"""What `up` prints: every line of a part with the part's name before it."""

import os
import sys
from typing import TextIO

WIDTH = len("worker-trigger")
COLOURS = {
    "redis": 31, "sandbox": 35, "web": 32, "worker-trigger": 34, "worker-bulk": 36, "beat": 33,
}  # fmt: skip


class Voice:
    """Writes whole lines and flushes each: others wait for one of them."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.unheard = False  # whoever read our words has gone
        self.coloured = self.stream.isatty() and "NO_COLOR" not in os.environ

    def say(self, name: str, line: str) -> None:
        if not line.strip():
            return
        label = f"{name:<{WIDTH}} |"
        if self.coloured and (colour := COLOURS.get(name)):
            label = f"\033[{colour}m{label}\033[0m"
        self.tell(f"{label} {line}")

    def tell(self, line: str) -> None:
        try:
            self.stream.write(f"{line}\n")
            self.stream.flush()
        except BrokenPipeError:
            self.unheard = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())
