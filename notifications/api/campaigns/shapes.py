"""The shapes of bodies and answers of a campaign's doors."""

from typing import Any

from rest_framework import serializers

from devices.api.serializers import Choice, StrictSerializer, Switch, Text, Whole
from devices.models import ID_MAX
from notifications import content, idempotency, waves
from notifications.api.serializers import NotificationAnswer
from notifications.models import BODY_MAX, TITLE_MAX
from notifications.states import IfPast, NotificationStatus, SendTo, TargetOS

ADDRESS_MAX = 500
REFERENCES_MAX = 10_000_000  # characters; the request's own limit comes first
TO = (SendTo.EVERYONE.value, SendTo.USERS.value, SendTo.AUDIENCE.value)


class WaveFacts(StrictSerializer):
    """`percents`: up to how far each wave goes; the rest is the last one."""

    percents = serializers.ListField(
        child=serializers.FloatField(min_value=0.01, max_value=99.99),
        max_length=waves.WAVES_MAX - 1,
    )
    wait_s = Whole(required=False, min_value=waves.WAIT_MIN_S, max_value=waves.WAIT_MAX_S)


class ScheduleFacts(StrictSerializer):
    """`at` with an offset is a moment; without one it is what the clocks of `tz` say, or with
    `local` the clocks of each person."""

    at = Text(max_length=40, help_text="2026-11-24T09:00 or 2026-11-24T09:00:00+01:00")
    tz = Text(max_length=64, required=False, help_text="Europe/Vienna; the app's unless said")
    local = Switch(required=False, default=False)
    if_past = Choice(IfPast.values, required=False)


class DraftFacts(StrictSerializer):
    """To whom: `send_to`, or what says it by itself: `user_ids`, `user_refs` or `audience`. To
    everyone only where `send_to` says so."""

    title = Text(max_length=TITLE_MAX, required=False)
    text = Text(max_length=BODY_MAX, required=False)
    image_url = serializers.URLField(max_length=ADDRESS_MAX, required=False, allow_blank=True)
    sound = Switch(required=False)
    initial_page = Text(max_length=80, required=False, allow_blank=True)
    parameters = serializers.DictField(required=False)
    data = serializers.DictField(required=False)  # type: ignore[assignment]
    ttl = Whole(required=False, min_value=0, max_value=content.TTL_MAX_S)
    send_to = Choice(TO, required=False)
    user_ids = serializers.ListField(
        child=Text(max_length=ID_MAX), required=False, max_length=content.RECIPIENTS_MAX
    )
    user_refs = Text(required=False, max_length=REFERENCES_MAX, help_text="users/ann, users/bob")
    audience = Whole(required=False, min_value=1, max_value=2**63 - 1, help_text="its id")
    target_os = Choice(TargetOS.values, required=False)
    exclude_user_ids = serializers.ListField(
        child=Text(max_length=ID_MAX), required=False, max_length=content.RECIPIENTS_MAX
    )
    exclude_audience = Whole(
        required=False, allow_null=True, min_value=1, max_value=2**63 - 1, help_text="its id"
    )
    batch = Switch(required=False)
    waves = WaveFacts(required=False, allow_null=True)
    schedule = ScheduleFacts(required=False, allow_null=True)


class NewDraft(DraftFacts):
    title = Text(max_length=TITLE_MAX)
    text = Text(max_length=BODY_MAX)
    idempotency_key = Text(max_length=idempotency.NAME_MAX, required=False)


class DraftChange(DraftFacts):
    version = Whole(min_value=1, max_value=2**31 - 1, help_text="the one that was read")


class DryRunFacts(StrictSerializer):
    user_id = Text(max_length=ID_MAX, required=False, help_text="would this person get it?")


class SendFacts(StrictSerializer):
    confirm = Text(max_length=100, help_text=content.PHRASE)
    review_token = Text(max_length=2_000, help_text="of the dry run")
    ticket = Text(max_length=200, required=False, allow_blank=True)
    idempotency_key = Text(max_length=idempotency.NAME_MAX, required=False)


class NothingMore(StrictSerializer):
    idempotency_key = Text(max_length=idempotency.NAME_MAX, required=False)


class CorrectFacts(StrictSerializer):
    """`stop`: stops one that still goes out, first."""

    title = Text(max_length=TITLE_MAX, required=False)
    text = Text(max_length=BODY_MAX, required=False)
    image_url = serializers.URLField(max_length=ADDRESS_MAX, required=False, allow_blank=True)
    confirm = Text(max_length=100, help_text=content.PHRASE)
    stop = Switch(required=False, default=False)
    ticket = Text(max_length=200, required=False, allow_blank=True)
    idempotency_key = Text(max_length=idempotency.NAME_MAX, required=False)


# ---------------------------------------------------------------- answers


class WaveAnswer(serializers.Serializer[Any]):
    """`state`: done, now, soon, later, halted, stopped, empty."""

    number = serializers.IntegerField()
    percent = serializers.FloatField()
    state = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    targeted = serializers.IntegerField()
    batches = serializers.IntegerField()
    batches_done = serializers.IntegerField()


class DraftAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(NotificationStatus.values)
    version = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField()
    image_url = serializers.CharField(allow_blank=True)
    sound = serializers.BooleanField()
    initial_page = serializers.CharField(allow_blank=True)
    parameters = serializers.DictField()
    data = serializers.DictField()  # type: ignore[assignment]
    ttl = serializers.IntegerField()
    send_to = serializers.ChoiceField(SendTo.values)
    users = serializers.IntegerField()
    audience = serializers.IntegerField(allow_null=True)
    target_os = serializers.ChoiceField(TargetOS.values)
    batch = serializers.BooleanField()
    waves = WaveAnswer(many=True)
    wave_wait_s = serializers.IntegerField(allow_null=True)
    send_at = serializers.DateTimeField(allow_null=True)
    corrects = serializers.UUIDField(allow_null=True)
    corrected_by = serializers.ListField(child=serializers.UUIDField())


class Warned(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class DryRunDevice(serializers.Serializer[Any]):
    device_id = serializers.CharField()
    platform = serializers.CharField()
    would_send = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)


class DryRunAnswer(serializers.Serializer[Any]):
    """Without `user_id` the numbers and the token; with it the last three alone."""

    targeted = serializers.IntegerField(required=False)
    will_send = serializers.IntegerField(required=False)
    people = serializers.IntegerField(required=False)
    by_reason = serializers.DictField(child=serializers.IntegerField(), required=False)
    batches = serializers.IntegerField(required=False)
    bytes = serializers.DictField(child=serializers.IntegerField(), required=False)
    warnings = Warned(many=True, required=False)
    review_token = serializers.CharField(required=False)
    would_send = serializers.BooleanField(required=False)
    reason = serializers.CharField(required=False, allow_blank=True)
    devices = DryRunDevice(many=True, required=False)


class ScheduledAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(NotificationStatus.values)
    due_at = serializers.DateTimeField()
    undo_until = serializers.DateTimeField(allow_null=True)


class VerbAnswer(serializers.Serializer[Any]):
    """`accepted`: by FCM. `remaining`: not sent. `out`: accepted, in doubt or on the wire."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(NotificationStatus.values)
    version = serializers.IntegerField()
    accepted = serializers.IntegerField()
    remaining = serializers.IntegerField()
    out = serializers.IntegerField()


class CorrectedAnswer(VerbAnswer):
    correction = ScheduledAnswer()


class CampaignAnswer(NotificationAnswer, DraftAnswer):
    """The numbers, and what it says."""
