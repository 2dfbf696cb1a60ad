"""A mail to those who can act: a notification is held, or a guard halted it.

Called where events are handed out, beside the clock: a slow mail server holds up nothing that
sends. What it does not take is tried again for an hour, then the log alone says so.
"""

import logging
import smtplib
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email

from devices.models import OutboxEvent
from notifications.advice import advice
from notifications.models import Notification
from notifications.states import Kind

logger = logging.getLogger(__name__)

WORDS = {"notification.held": "Held", "notification.halted": "Halted"}
GIVE_UP_AFTER = timedelta(hours=1)
PAUSE = timedelta(minutes=1)  # before a server that took nothing is asked again
ONE_OF_A_KIND_S = 3600  # triggers that halt for the same reason make one mail in so long
TROUBLE = "mail:trouble"


@dataclass(slots=True)
class Unsent:
    event: int
    subject: str
    text: str
    to: list[str]
    written_at: datetime
    due_at: datetime


_unsent: deque[Unsent] = deque()


def tell(event: OutboxEvent, now: datetime) -> None:
    """Write the mail that this event asks for, if any; `send` sends it."""
    if event.type not in settings.MAILED_EVENTS or event.facts.get("kind") == Kind.TEST:
        return
    notification = Notification.objects.filter(uuid=event.facts["id"]).first()
    if notification is None:
        return
    to, told = addresses(notification), text(notification)
    if not to or not told or _was_told(notification, str(event.facts.get("reason"))):
        return
    title = " ".join(str(notification).split())
    _unsent.append(Unsent(event.pk, f"{WORDS[event.type]}: {title}", told, to, now, now))


def recall(now: datetime) -> None:
    """When a process begins: what the one before had written and not sent."""
    lately = OutboxEvent.objects.filter(taken_at__gt=now - GIVE_UP_AFTER)
    for event in lately.filter(type__in=settings.MAILED_EVENTS).order_by("pk"):
        if not cache.get(_mark(event.pk)):
            tell(event, now)


def _mark(event: int) -> str:
    """In the cache, for as long as an event may be recalled: its mail is out."""
    return f"mail:sent:{event}"


def _was_told(notification: Notification, reason: str) -> bool:
    of_many = notification.kind == Kind.TRIGGER
    return of_many and not cache.add(f"mail:{reason}", 1, ONE_OF_A_KIND_S)


def addresses(notification: Notification) -> list[str]:
    """EMAIL_TO, and who wrote and who confirmed it, where their names are addresses."""
    people = [one for one in (notification.author, notification.confirmed_by) if one]
    known = [name for one in people for name in (one.email, one.get_username())]
    return list(dict.fromkeys([*settings.EMAIL_TO, *filter(is_address, known)]))


def is_address(name: str) -> bool:
    try:
        validate_email(name)
    except ValidationError:
        return False
    return True


def text(notification: Notification) -> str:
    """Why it waits, what to do, where; "" when it waits no longer."""
    found = advice(notification)
    if not found.sentence:
        return ""
    page = f"{settings.PUBLIC_URL}{notification.get_absolute_url()}"
    return "\n\n".join([found.sentence, *found.steps, page]) + "\n"


# ---------------------------------------------------------------- sending


def send(now: datetime) -> int:
    """Send what is due; how many mails the server took."""
    sent = 0
    while _unsent and _unsent[0].due_at <= now:
        one = _unsent[0]
        try:
            send_mail(one.subject, one.text, None, one.to)
        except (OSError, smtplib.SMTPException) as error:
            _refused(one, error, now)
            break
        _unsent.popleft()
        cache.set(_mark(one.event), 1, int(GIVE_UP_AFTER.total_seconds()))
        cache.delete(TROUBLE)
        sent += 1
    return sent


def _refused(one: Unsent, error: Exception, now: datetime) -> None:
    said = " ".join(str(error).split())[:200]
    cache.set(TROUBLE, said, int(GIVE_UP_AFTER.total_seconds()))
    one.due_at = now + PAUSE
    if one.due_at < one.written_at + GIVE_UP_AFTER:
        logger.warning("The mail server does not take our mail: %s", said)
    else:
        logger.error("Nobody was told by mail of “%s”: %s", one.subject, said)
        _unsent.popleft()


def trouble() -> str:
    """What the mail server last said while it takes nothing; else ""."""
    return str(cache.get(TROUBLE, ""))
