"""Starts parts, waits until they answer, restarts what dies, stops everything in order."""

import selectors
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from console.supervisor.child import Child
from console.supervisor.parts import Part
from console.supervisor.place import CannotStart
from console.supervisor.voice import Voice

POLL_S = 0.1
START_S = 120  # a part that does not answer by then will not
STEADY_S = 60  # who lived this long begins again with the shortest back-off
BACK_OFF_S = (0.5, 1, 2, 5, 10, 30)

# First whoever makes work, then whoever does it, last what they need. Seconds since the stop was
# asked for; whoever is still there by then is killed. All of it ends within 15 s.
STOP_ORDER: list[tuple[set[str], float]] = [
    ({"beat", "web"}, 6),
    ({"worker-trigger", "worker-bulk"}, 11.5),
    ({"sandbox"}, 12.5),
    ({"redis"}, 14),
]


class StopAsked(BaseException):
    """SIGTERM, SIGINT or SIGHUP came; not an error, so nothing but `up` should catch it."""


@dataclass
class Kept:
    """A part that is meant to run, its process, and how often it died lately."""

    part: Part
    child: Child | None
    deaths: int = 0
    again_at: float = 0.0


class Keeper:
    """Everything happens in one thread: children die with the thread that made them."""

    def __init__(self, *, env: dict[str, str], cwd: Path, run_dir: Path, voice: Voice) -> None:
        self.env, self.cwd, self.run_dir, self.voice = env, cwd, run_dir, voice
        self.kept: dict[str, Kept] = {}
        self.selector = selectors.DefaultSelector()
        self.stop_asked = False
        self._may_break_in = False

    # ------------------------------------------------------------ signals
    @contextmanager
    def listening(self) -> Iterator[None]:
        """Turn the signals that mean "stop" into StopAsked; the second of them kills at once."""
        wanted = [signal.SIGTERM, signal.SIGINT]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # not under nohup
            wanted.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._hear) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.stop_asked:
            self.kill_all()
            return
        self.stop_asked = True
        if self._may_break_in:
            raise StopAsked

    @contextmanager
    def breakable(self) -> Iterator[None]:
        """For long work of others, like migrations: a signal ends it where it is.

        Our own loops look at `stop_asked` instead, so that no child is ever forgotten halfway.
        """
        self._heed()
        self._may_break_in = True
        try:
            yield
        finally:
            self._may_break_in = False

    def _heed(self) -> None:
        if self.stop_asked or self.voice.unheard:
            raise StopAsked

    # ------------------------------------------------------------ starting
    def start(self, *parts: Part) -> None:
        for part in parts:
            self.kept[part.name] = Kept(part, None)
            self._spawn(self.kept[part.name])

    def _spawn(self, kept: Kept) -> None:
        name = kept.part.name
        kept.child = Child.start(
            name, kept.part.command,
            env=self.env, cwd=self.cwd, pid_file=self.run_dir / f"{name}.pid",
        )  # fmt: skip
        self.selector.register(kept.child.output, selectors.EVENT_READ, kept)

    def wait_until_all_answer(self) -> None:
        """Raises CannotStart when a part dies or stays silent before it first answered."""
        silent = [kept for kept in self.kept.values() if kept.deaths == 0]
        deadline = time.monotonic() + START_S
        while silent:
            self._heed()
            self._listen_for(POLL_S)
            for kept in list(silent):
                if kept.child and not kept.child.is_alive():
                    raise CannotStart(self._why_it_did_not_start(kept))
                if kept.part.answers():
                    silent.remove(kept)
            if silent and time.monotonic() > deadline:
                names = ", ".join(kept.part.name for kept in silent)
                raise CannotStart(f"{names} did not answer within {START_S} s.")

    def _why_it_did_not_start(self, kept: Kept) -> str:
        child = self._bury(kept)
        return f"{kept.part.name} did not start: it {child.how_it_ended()}. Its words are above."

    def run(self, name: str, command: list[str]) -> None:
        """Run something to its end while the parts go on. Raises CannotStart when it fails."""
        kept = Kept(Part(name, command, lambda: True), None)
        self._spawn(kept)
        child = kept.child
        try:
            while child and child.is_alive():
                self._heed()
                self._listen(POLL_S)
        finally:
            if child:
                child.ask_to_stop()
                child.process.wait()
                self._bury(kept)
        if child and child.process.returncode:
            raise CannotStart(f"{name} failed: it {child.how_it_ended()}. Its words are above.")

    # ------------------------------------------------------------ keeping
    def watch(self) -> None:
        """Pass on what the parts say and restart the dead, until StopAsked."""
        while True:
            self._heed()
            self._listen(POLL_S)
            for kept in self.kept.values():
                if kept.child and not kept.child.is_alive():
                    self._note_death(kept)
                if kept.child is None and time.monotonic() >= kept.again_at:
                    self._spawn(kept)

    def _note_death(self, kept: Kept) -> None:
        child = self._bury(kept)
        kept.deaths = 1 if child.lived_s() >= STEADY_S else kept.deaths + 1
        wait = BACK_OFF_S[min(kept.deaths, len(BACK_OFF_S)) - 1]
        kept.again_at = time.monotonic() + wait
        self.voice.say(kept.part.name, f"{child.how_it_ended()}; starting it again in {wait:g} s")

    def _bury(self, kept: Kept) -> Child:
        assert kept.child is not None  # noqa: S101 (callers looked)
        child, kept.child = kept.child, None
        self.selector.unregister(child.output)
        self._pass_on(kept.part, child.bury())
        return child

    def _pass_on(self, part: Part, lines: list[str]) -> None:
        for line in lines:
            if not (part.hush and part.hush in line):
                self.voice.say(part.name, line)

    def _listen_for(self, seconds: float) -> None:
        """As `_listen`, but for all of that time, however much the parts say."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._listen(left)

    def _listen(self, seconds: float) -> None:
        """Wait for words of the children, at most this long, and pass them on."""
        for key, _ in self.selector.select(seconds):
            kept: Kept = key.data
            if kept.child is None:
                continue
            lines = kept.child.lines()
            self._pass_on(kept.part, lines)
            if not lines:  # half a line, or the end of the pipe: never spin on it
                time.sleep(0.01)

    # ------------------------------------------------------------ stopping
    def stop(self) -> None:
        """Ask each group in turn, wait for it, kill who does not go. At most 15 s."""
        self.stop_asked = True
        began = time.monotonic()
        for names, until_s in STOP_ORDER:
            group = [self.kept[name] for name in sorted(names) if name in self.kept]
            for kept in group:
                if kept.child:
                    kept.child.ask_to_stop()
            self._wait_for_end(group, began + until_s)

    def _wait_for_end(self, group: list[Kept], deadline: float) -> None:
        while any(kept.child and kept.child.is_alive() for kept in group):
            if time.monotonic() > deadline:
                break
            self._listen(0.05)
        for kept in group:
            if kept.child:
                if kept.child.is_alive():
                    self.voice.say(kept.part.name, "did not stop in time and was killed")
                self._bury(kept)

    def kill_all(self) -> None:
        for kept in self.kept.values():
            if kept.child and kept.child.is_alive():
                kept.child.process.kill()
