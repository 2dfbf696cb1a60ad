"""The shapes of bodies and answers of a campaign's doors."""

from typing import Any

from rest_framework import serializers

from devices.api.serializers import Choice, StrictSerializer, Switch, Text, Whole
from devices.models import ID_MAX
from notifications import content, idempotency, waves
from notifications.api.campaigns.scheduling import WEEKDAYS
from notifications.api.images import IMAGE_ID_MAX
from notifications.api.serializers import NotificationAnswer
from notifications.models import BODY_MAX, TITLE_MAX
from notifications.states import IfPast, NotificationStatus, QuietHours, SendTo, TargetOS
from notifications.timing import rules

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


class RepeatFacts(StrictSerializer):
    """How often, from `at` on: `week` with `weekdays`, `month` with `day`, `cron` with a line of
    five fields. For ever, or as long as `until` or `count` say."""

    every = Choice(rules.EVERY)
    weekdays = serializers.ListField(child=Choice(WEEKDAYS), required=False, max_length=7)
    day = Whole(
        required=False, min_value=0, max_value=31,
        help_text="0 is the last day; a month without that day has its last one instead",
    )  # fmt: skip
    cron = Text(max_length=rules.CRON_MAX, required=False, help_text="0 9 * * mon-fri")
    until = serializers.DateField(required=False, allow_null=True, help_text="the last day")
    count = Whole(required=False, allow_null=True, min_value=1, max_value=rules.COUNT_MAX)

    OWN = {"weekdays": rules.WEEK, "day": rules.MONTH, "cron": rules.CRON}

    def validate(self, facts: dict[str, Any]) -> dict[str, Any]:
        for name, every in self.OWN.items():
            if name in facts and facts["every"] != every:
                raise serializers.ValidationError({name: [f"This belongs to every {every}."]})
            if name not in facts and facts["every"] == every:
                raise serializers.ValidationError({name: [f"Every {every} needs it."]}, "required")
        if facts.get("until") and facts.get("count"):
            raise serializers.ValidationError({"count": ["Say until or count, not both."]})
        return facts


class ScheduleFacts(StrictSerializer):
    """`at` with an offset is a moment; without one it is what the clocks of `tz` say, or with
    `local` the clocks of each person. With `repeat` it is the first day and the time of each."""

    at = Text(max_length=40, help_text="2026-11-24T09:00 or 2026-11-24T09:00:00+01:00")
    tz = Text(max_length=64, required=False, help_text="Europe/Vienna; the app's unless said")
    local = Switch(required=False, default=False)
    if_past = Choice(IfPast.values, required=False)
    repeat = RepeatFacts(required=False, allow_null=True)


class DraftFacts(StrictSerializer):
    """To whom: `send_to`, or what says it by itself: `user_ids`, `user_refs` or `audience`. To
    everyone only where `send_to` says so."""

    title = Text(max_length=TITLE_MAX, required=False)
    text = Text(max_length=BODY_MAX, required=False)
    image_url = serializers.URLField(max_length=ADDRESS_MAX, required=False, allow_blank=True)
    image_id = Text(
        max_length=IMAGE_ID_MAX, required=False, allow_blank=True, help_text="of POST /images"
    )
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
    quiet_hours = Choice(QuietHours.values, required=False)
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
    image_id = Text(max_length=IMAGE_ID_MAX, required=False, help_text="of POST /images")
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


class RepeatAnswer(serializers.Serializer[Any]):
    every = serializers.ChoiceField(rules.EVERY)
    weekdays = serializers.ListField(child=serializers.CharField(), required=False)
    day = serializers.IntegerField(required=False)
    cron = serializers.CharField(required=False)
    until = serializers.DateField(required=False)
    count = serializers.IntegerField(required=False, allow_null=True)


class ScheduleAnswer(serializers.Serializer[Any]):
    """As it was given. Null is at once, after the confirm."""

    at = serializers.CharField()
    tz = serializers.CharField()
    local = serializers.BooleanField()
    if_past = serializers.ChoiceField(IfPast.values, allow_null=True)
    repeat = RepeatAnswer(allow_null=True)


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
    quiet_hours = serializers.ChoiceField(QuietHours.values)
    schedule = ScheduleAnswer(allow_null=True)
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
