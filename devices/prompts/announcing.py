"""What prompts do by themselves, for others to hear: called inside the transaction."""

from collections.abc import Callable
from typing import Any

from devices.models import Prompt

Listener = Callable[[str, Prompt, dict[str, Any]], None]
listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """It is called with what happened (`auto_paused`), the prompt, and what is known of it."""
    if listener not in listeners:
        listeners.append(listener)


def announce(what: str, prompt: Prompt, facts: dict[str, Any]) -> None:
    for listener in listeners:
        listener(what, prompt, facts)
