"""What an explanation is made of."""

from dataclasses import dataclass, field
from datetime import datetime

from devices.models import AppUser, Device
from notifications.explain.lately import Lately
from notifications.models import Notification
from notifications.states import Outcome

# Outcomes of a phone without a row, beside those of `Outcome`.
NOT_SENT, NOT_YET, WOULD, WOULD_NOT = "not_sent", "not_yet", "would_send", "would_not_send"


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a timeline; `kind` picks its picture."""

    at: datetime
    kind: str
    text: str
    hint: str = ""
    device: Device | None = None


@dataclass(slots=True)
class Lane:
    """One phone: `outcome` is its delivery's, or NOT_SENT, NOT_YET, WOULD, WOULD_NOT."""

    device: Device
    outcome: str
    reason: str = ""
    at: datetime | None = None
    message_id: str = ""
    attempts: int = 0
    started_at: datetime | None = None
    received_at: datetime | None = None
    opened_at: datetime | None = None
    again_at: datetime | None = None  # when it is tried again
    since: datetime | None = None  # since when the reason holds
    reachable_now: bool = False
    lately: Lately | None = None  # over the frequency limit: what they had by then
    name: str = ""
    sentence: str = ""
    next_step: str = ""
    moments: list[Moment] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """received and opened are what the app told on top of accepted."""
        if self.outcome != Outcome.ACCEPTED and not (self.opened_at or self.received_at):
            return str(self.outcome)
        return "opened" if self.opened_at else "received" if self.received_at else "accepted"


@dataclass(frozen=True, slots=True)
class Words:
    """What this person reads, with their values as they are now; `language` "" is the default."""

    title: str
    body: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """`verdict`: the furthest that any phone got, or no_phone, not_in_audience, cancelled,
    unknown_person."""

    verdict: str
    sentence: str
    next_step: str
    lanes: list[Lane]
    timeline: list[Moment]
    notification: Notification
    user_id: str
    words: Words
    person: AppUser | None = None

    @property
    def said(self) -> tuple[str, str]:
        """The sentence in two: what is set in bold, and the rest."""
        first, stop, rest = self.sentence.partition(". ")
        return (first + "." if stop else first), rest
