"""The shapes of bodies and answers of the notifications' doors."""

from typing import Any

from rest_framework import serializers

from devices.api.batches import EVENTS_MAX
from devices.api.serializers import Choice, StrictSerializer, Text
from devices.models import ID_MAX
from devices.states import Platform
from notifications.states import Kind, NotificationStatus, Outcome, ReceiptType

PROPS_MAX = 50
OF_A_NOTIFICATION = (ReceiptType.RECEIVED, ReceiptType.OPENED, ReceiptType.DISMISSED)


class EventFacts(StrictSerializer):
    """One thing that happened on a phone."""

    event_id = Text(max_length=64)
    type = Choice(ReceiptType.values, code="type")
    device_id = Text(max_length=ID_MAX)
    notification_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="notificationId of the message's data"
    )
    name = Text(max_length=80, required=False, allow_blank=True)
    props = serializers.DictField(required=False)
    at = serializers.DateTimeField(required=False, allow_null=True)

    def validate(self, facts: dict[str, Any]) -> dict[str, Any]:
        if facts["type"] in OF_A_NOTIFICATION and not facts.get("notification_id"):
            told = "Which notification? Send the notificationId of the message's data."
            raise serializers.ValidationError({"notification_id": [told]}, "notification_id")
        if facts["type"] == ReceiptType.CUSTOM and not facts.get("name"):
            raise serializers.ValidationError({"name": ["Name the event."]}, "name")
        if len(facts.get("props", {})) > PROPS_MAX:
            raise serializers.ValidationError({"props": [f"At most {PROPS_MAX}."]}, "props")
        return facts


class EventsBody(serializers.Serializer[Any]):
    events = serializers.ListField(child=EventFacts(), max_length=EVENTS_MAX)


class RejectedEvent(serializers.Serializer[Any]):
    event_id = serializers.CharField()
    code = serializers.CharField()


class EventsAnswer(serializers.Serializer[Any]):
    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    rejected = RejectedEvent(many=True)


class Numbers(serializers.Serializer[Any]):
    """targeted = accepted + rejected + dead_token + skipped + expired + stopped + unknown +
    waiting, always."""

    targeted = serializers.IntegerField()
    waiting = serializers.IntegerField()
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    dead_token = serializers.IntegerField()
    skipped = serializers.IntegerField()
    expired = serializers.IntegerField()
    stopped = serializers.IntegerField()
    unknown = serializers.IntegerField()
    received = serializers.IntegerField()
    opened = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField())


class BatchNumbers(serializers.Serializer[Any]):
    planned = serializers.IntegerField()
    done = serializers.IntegerField()


class PlatformNumbers(serializers.Serializer[Any]):
    ios = Numbers()
    android = Numbers()


class NotificationAnswer(Numbers):
    """`dismissed`: phones that told of putting it away; few apps can tell."""

    dismissed = serializers.IntegerField()
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Kind.values)
    status = serializers.ChoiceField(NotificationStatus.values)
    due_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    planned = serializers.IntegerField()
    platforms = PlatformNumbers()
    batches = BatchNumbers()
    paused_reason = serializers.CharField(allow_null=True)
    revision = serializers.CharField(allow_blank=True)


class NotificationPage(serializers.Serializer[Any]):
    data = NotificationAnswer(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class DeliveryAnswer(serializers.Serializer[Any]):
    device_id = serializers.CharField()
    user_id = serializers.CharField(allow_null=True)
    platform = serializers.ChoiceField(Platform.values)
    outcome = serializers.ChoiceField(Outcome.values)
    reason = serializers.CharField(allow_blank=True)
    message_id = serializers.CharField(allow_blank=True)
    attempts = serializers.IntegerField()
    at = serializers.DateTimeField()
    received_at = serializers.DateTimeField(allow_null=True)
    opened_at = serializers.DateTimeField(allow_null=True)


class DeliveryPage(serializers.Serializer[Any]):
    data = DeliveryAnswer(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class ExplainedMoment(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    text = serializers.CharField()
    hint = serializers.CharField(allow_blank=True)
    device_id = serializers.CharField(allow_null=True)


class ExplainedDevice(serializers.Serializer[Any]):
    """`outcome`: a delivery's, or `not_sent`, `not_yet` where it has no row; before the sending
    began `would_send`, `would_not_send`."""

    device_id = serializers.CharField()
    platform = serializers.CharField()
    outcome = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()
    next_step = serializers.CharField(allow_blank=True)
    message_id = serializers.CharField(allow_blank=True)
    attempts = serializers.IntegerField()
    at = serializers.DateTimeField(allow_null=True)
    received_at = serializers.DateTimeField(allow_null=True)
    opened_at = serializers.DateTimeField(allow_null=True)


class ExplainedMessage(serializers.Serializer[Any]):
    """What this person reads, with their values as they are now; `language` is that of the variant,
    "" the default."""

    title = serializers.CharField()
    body = serializers.CharField()
    language = serializers.CharField(allow_blank=True)


class ExplanationAnswer(serializers.Serializer[Any]):
    """`verdict`: the furthest any phone got, or `no_phone`, `not_in_audience`, `cancelled`."""

    user_id = serializers.CharField()
    notification_id = serializers.UUIDField()
    verdict = serializers.CharField()
    sentence = serializers.CharField()
    next_step = serializers.CharField(allow_blank=True)
    message = ExplainedMessage()
    timeline = ExplainedMoment(many=True)
    devices = ExplainedDevice(many=True)
