"""What was reviewed is what is sent: the frozen revision, the review's token, and what is odd."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError

from devices import preferences
from notifications import actors, cards, content, moments, reach, waves
from notifications.models import Notification
from notifications.oddities import Oddity, of_words
from notifications.revision import freeze, image_url, message_of, page_of
from notifications.sending import channel
from notifications.states import SendTo

Errors = dict[str, list[str]]
TOKEN_LIVES_S = 30 * 60
SALT = "beckon.review"
DRIFT_SHARE, DRIFT_FEW, DRIFT_FEW_SHARE = 0.01, 50, 0.10
SUPPOSED_RATE = 2_000  # messages a second, for "takes about", until one was measured


class StaleReview(Exception):
    """What is confirmed is not what was reviewed; `changes` says in sentences what moved."""

    def __init__(self, changes: list[str]) -> None:
        super().__init__(" ".join(changes))
        self.changes = changes


@dataclass(frozen=True, slots=True)
class Review:
    token: str
    waterfall: reach.Waterfall
    batches: int
    batch_mode: bool
    batch_mode_forced: bool
    sizes: dict[str, int]
    oddities: list[Oddity]
    takes_s: float
    counted_at: datetime

    @property
    def people(self) -> int:
        return self.waterfall.people

    @property
    def phones(self) -> int:
        return self.waterfall.phones

    @property
    def will_send(self) -> int:
        return self.waterfall.will_send


# ---------------------------------------------------------------- the review


def make_review(notification: Notification, by: Any, now: datetime) -> Review:
    _check(notification, now)
    falls = reach.waterfall(notification, now)
    if not falls.will_send:
        raise ValidationError({"send_to": [_nobody(falls)]})
    threshold = settings.BATCH_THRESHOLD
    forced = falls.planned > threshold or falls.people > threshold
    batch_mode = forced or notification.batch_mode
    batches = -(-falls.planned // settings.BATCH_SIZE) if batch_mode else 1
    message, page = message_of(notification), page_of(notification)
    sizes = content.sizes(message, page, image_url(message.image))
    return Review(
        token=_token(notification, falls.will_send, by),
        waterfall=falls,
        batches=max(1, batches),
        batch_mode=batch_mode,
        batch_mode_forced=forced,
        sizes=sizes,
        oddities=oddities(notification, falls, sizes),
        takes_s=falls.will_send / min(SUPPOSED_RATE, settings.FCM_MESSAGES_PER_MINUTE / 60),
        counted_at=now,
    )


def _check(notification: Notification, now: datetime) -> None:
    errors = _of_its_parts(notification, now) | _of_whom(notification)
    card = notification.card
    if card and (told := cards.trouble(card, notification.variables)):
        errors["card"] = [told]
    if notification.waves and notification.each_clock:
        errors["waves"] = [waves.NOT_EACH]
    url = image_url(notification.image)
    if url and not channel.in_sandbox() and not url.startswith("https://"):
        errors["image"] = [
            f"Phones could not load {url}: it is not https on a public name. Set PUBLIC_URL."
        ]
    if errors:
        raise ValidationError(errors)


def _of_its_parts(notification: Notification, now: datetime) -> Errors:
    """What each part of the domain says of its own fields."""
    errors: Errors = {}
    for part in (
        lambda: content.check(message_of(notification), page_of(notification)),
        lambda: waves.check(waves.as_planned(notification.waves)),
        lambda: moments.check(notification, now),
    ):
        try:
            part()
        except ValidationError as error:
            errors |= error.message_dict
    return errors


def _of_whom(notification: Notification) -> Errors:
    errors: Errors = {}
    if notification.send_to == SendTo.USERS:
        if not notification.recipients:
            errors["recipients"] = ["Name at least one person. Nothing here never means everyone."]
        elif unknown := content.find_users(notification.recipients)[1]:
            named = ", ".join(f"users/{one}" for one in list(unknown)[:5])
            errors["recipients"] = [f"We don’t know {named}. Ids are case-sensitive."]
    if notification.send_to == SendTo.AUDIENCE:
        if notification.audience is None:
            errors["audience"] = ["Choose a saved audience."]
        elif notification.audience.archived_at:
            errors["audience"] = [f"{notification.audience} is archived. Choose another audience."]
    left_out = notification.exclude_audience
    if left_out and left_out.archived_at:
        errors["exclude_audience"] = [f"{left_out} is archived. Choose another, or none."]
    return errors


def _nobody(falls: reach.Waterfall) -> str:
    why = ", ".join(f"{step.count} {step.label.lower()}" for step in falls.steps)
    return f"Nobody would get this: {why or 'no phone is registered'}."


def oddities(
    notification: Notification, falls: reach.Waterfall, sizes: dict[str, int]
) -> list[Oddity]:
    odd = of_words(notification, falls, sizes)
    if falls.unknown_permission:
        odd.append(
            Oddity(
                "unknown_permission",
                f"{falls.unknown_permission:,} phones never told whether they may show anything.",
                "FCM is asked, and decides.",
            )
        )
    if notification.image and falls.will_send_by.get("ios"):  # noqa: SIM102  asks only then
        if not preferences.get("ios_image_extension"):
            odd.append(
                Oddity(
                    "ios_image",
                    "iPhones will not show the picture.",
                    "The app lacks the notification service extension (Settings → App).",
                    True,
                )
            )
    if not notification.sound and falls.will_send_by.get("android"):  # noqa: SIM102
        if not preferences.get("silent_channel"):
            odd.append(
                Oddity(
                    "silent_channel",
                    "Android 8 and later may still make a sound.",
                    "No silent channel is set under Settings → Sound and channels.",
                )
            )
    return odd


# ---------------------------------------------------------------- the token


def _token(notification: Notification, will_send: int, by: Any) -> str:
    _, sha256 = freeze(notification)
    facts = {
        "uuid": str(notification.uuid), "sha256": sha256, "phones": will_send,
        "version": notification.version, "by": actors.mark(by),
    }  # fmt: skip
    return signing.dumps(facts, salt=SALT)


def read_token(token: str, by: Any) -> dict[str, Any]:
    """Raises StaleReview when it is forged, too old, or another person's."""
    try:
        facts: dict[str, Any] = signing.loads(token, salt=SALT, max_age=TOKEN_LIVES_S)
    except signing.SignatureExpired:
        raise StaleReview(["The review is older than 30 minutes."]) from None
    except signing.BadSignature:
        raise StaleReview(["This page did not come from a review."]) from None
    if facts["by"] != actors.mark(by):
        raise StaleReview(["Someone else reviewed this."])
    return facts


def what_changed(
    reviewed: dict[str, Any], notification: Notification, present: Review
) -> list[str]:
    changes = []
    if reviewed["uuid"] != str(notification.uuid):
        return ["The review was of another notification."]
    _, sha256 = freeze(notification)
    if reviewed["sha256"] != sha256:
        changes.append("The message or its audience was edited since the review.")
    elif reviewed["version"] != notification.version:
        changes.append("The notification was saved again since the review.")
    if drifted(reviewed["phones"], present.will_send):
        changes.append(
            f"It would reach {present.will_send:,} phones now; the review said "
            f"{reviewed['phones']:,}."
        )
    return changes


def drifted(reviewed: int, present: int) -> bool:
    """Moved by more than max(1 %, min(50, 10 %)): 3 → 0, 100 → 10, 10,000 → 100 may differ."""
    slack = max(DRIFT_SHARE * reviewed, min(DRIFT_FEW, DRIFT_FEW_SHARE * reviewed))
    return abs(present - reviewed) > int(slack)
