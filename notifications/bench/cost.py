"""What a stretch of work cost this process."""

import json
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from time import perf_counter


@dataclass
class Cost:
    messages: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0

    def say(self) -> None:
        """The last line of a side's output."""
        sys.stdout.write(json.dumps(asdict(self)) + "\n")


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb() -> float:
    """Of this program alone: what getrusage says survives an exec, so it may be the parent's."""
    with open("/proc/self/status") as status:
        peak = next(line for line in status if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


@contextmanager
def measured(messages: int) -> Iterator[Cost]:
    cost = Cost(messages)
    began, before = perf_counter(), cpu_s()
    yield cost
    cost.seconds, cost.cpu_s = perf_counter() - began, cpu_s() - before
    cost.peak_mb = peak_mb()
