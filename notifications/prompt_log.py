"""What soft prompts do by themselves, in the audit log."""

from typing import Any

from devices.models import Prompt
from notifications import audit

WORDS = {"auto_paused": "paused a prompt that burned too many asks"}


def write(what: str, prompt: Prompt, facts: dict[str, Any]) -> None:
    audit.record(None, WORDS[what], prompt, facts)
