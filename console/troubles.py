"""What is wrong with the installation right now, worst first: cause, effect, way out."""

from dataclasses import dataclass
from datetime import datetime

from console.clock import ago_text
from console.context import heartbeat, url_of
from devices import preferences
from notifications.models import ProjectPause
from notifications.sending import channel


@dataclass(frozen=True, slots=True)
class Trouble:
    tone: str
    icon: str
    lead: str
    text: str
    url: str = ""
    action: str = ""


def troubles(now: datetime) -> list[Trouble]:
    found = [no_key(), all_paused(), silent_worker(now), slowed_down(now)]
    return [trouble for trouble in found if trouble]


def no_key() -> Trouble | None:
    if channel.in_sandbox() or channel.project_id():
        return None
    return Trouble(
        "bad", "key", "The Firebase key cannot be used.", "Nothing can be sent until it is replaced.",
        url_of("settings-app"), "Look at the key",
    )  # fmt: skip


def all_paused() -> Trouble | None:
    if not preferences.get("pause_all_since"):
        return None
    return Trouble(
        "bad", "player-pause", "All sending is paused.", "Nothing starts until someone lifts it.",
        url_of("health"), "Open Health",
    )  # fmt: skip


def silent_worker(now: datetime) -> Trouble | None:
    pulse = heartbeat()
    if pulse.alive:
        return None
    last = f"The last sign was {ago_text(now - pulse.at)}." if pulse.at else "None ever started."
    return Trouble(
        "bad", "heartbeat", "No sign of a worker.", f"{last} Scheduled sends wait until one runs.",
        url_of("health"), "Open Health",
    )  # fmt: skip


def slowed_down(now: datetime) -> Trouble | None:
    pause = ProjectPause.objects.filter(until__gt=now).first()
    if pause is None or pause.until is None:
        return None
    return Trouble(
        "warn", "gauge", "Google asked us to slow down.",
        f"Sending goes on by itself {ago_text(now - pause.until)}.",
    )  # fmt: skip
