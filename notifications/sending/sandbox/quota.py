"""The limits on how fast one may send; none holds until a test or a person sets it."""

from dataclasses import dataclass, field
from math import ceil

MINUTE_S = 60
HOUR_S = 3600
WINDOWS_MAX = 200_000


@dataclass(slots=True)
class Limits:
    """Google's: 600,000 messages a minute; 240 a minute and 5,000 an hour for one Android phone."""

    messages_per_minute: int | None = None
    device_per_minute: int | None = None
    device_per_hour: int | None = None


@dataclass(slots=True)
class Window:
    """A bucket that is full again `span` seconds after it was first drawn from."""

    limit: int
    span: float
    ends: float = 0.0
    used: int = 0

    def wait(self, now: float) -> float:
        """Seconds until there is something to take; 0 when there is."""
        if now >= self.ends:
            self.ends, self.used = now + self.span, 0
        return self.ends - now if self.used >= self.limit else 0.0


@dataclass(slots=True)
class Quota:
    limits: Limits = field(default_factory=Limits)
    _project: Window | None = None
    _devices: dict[str, list[Window]] = field(default_factory=dict)

    def set(self, limits: Limits) -> None:
        self.limits = limits
        per_minute = limits.messages_per_minute
        self._project = None if per_minute is None else Window(per_minute, MINUTE_S)
        self._devices.clear()

    def take_project(self, now: float) -> int:
        """Seconds to wait, or 0: one message is taken from the project's minute."""
        if self._project is None:
            return 0
        wait = self._project.wait(now)
        if not wait:
            self._project.used += 1
        return ceil(wait)

    def take_device(self, token: str, now: float) -> bool:
        """False when this phone has had its share."""
        if self.limits.device_per_minute is None and self.limits.device_per_hour is None:
            return True
        windows = self._devices.get(token)
        if windows is None:
            if len(self._devices) >= WINDOWS_MAX:
                self._devices.clear()
            windows = self._devices[token] = self._device_windows()
        if any(window.wait(now) for window in windows):
            return False
        for window in windows:
            window.used += 1
        return True

    def _device_windows(self) -> list[Window]:
        spans = (
            (self.limits.device_per_minute, MINUTE_S),
            (self.limits.device_per_hour, HOUR_S),
        )
        return [Window(limit, span) for limit, span in spans if limit is not None]
