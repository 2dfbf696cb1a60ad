"""A prompt that burns too many asks stops by itself."""

from datetime import datetime

from devices.models import Prompt
from devices.prompts import keeping, rollups
from devices.prompts.announcing import announce
from devices.states import PromptStatus


def consider(prompt: Prompt, now: datetime) -> bool:
    """After a denial. Only what this version asked since it went live counts."""
    if prompt.status != PromptStatus.LIVE or prompt.pause_share is None:
        return False
    asks, burned = rollups.asks_and_burned(prompt.pk)
    asks, burned = asks - prompt.asks_before, burned - prompt.burned_before
    if asks < prompt.pause_min_asks or burned * 100 < prompt.pause_share * asks:
        return False
    try:
        paused = keeping.move(prompt, "pause", now=now, reason=keeping.BURNED)
    except keeping.WrongState:
        return False
    announce("auto_paused", paused, {"asks": asks, "burned": burned, "share": prompt.pause_share})
    return True
