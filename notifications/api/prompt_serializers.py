"""The shapes of soft prompts for back ends, and of their numbers."""

from typing import Any

from rest_framework import serializers

from devices.api.prompt_serializers import FrequencyAnswer
from devices.api.serializers import Choice, StrictSerializer, Switch, Text, Whole
from devices.prompts.numbers import NAMES
from devices.states import Platform, PromptFrequency, PromptLayout, PromptStatus


class ContentFacts(StrictSerializer):
    title = Text(required=False)
    body = Text(required=False, allow_blank=True)
    image = Text(required=False, allow_blank=True)
    accept_label = Text(required=False)
    dismiss_label = Text(required=False)
    layout = Choice(PromptLayout.values, required=False)
    locales = serializers.DictField(child=serializers.DictField(), required=False)


class FrequencyFacts(StrictSerializer):
    kind = Choice(PromptFrequency.values, required=False)
    max_displays = Whole(required=False)
    gap_seconds = Whole(required=False)


class AutoPauseFacts(StrictSerializer):
    """It pauses by itself when this share of at least so many dialogs was denied."""

    share = Whole()
    min_asks = Whole(required=False)


class PromptChange(StrictSerializer):
    """`triggers`: groups joined by OR, of conditions joined by AND."""

    name = Text(required=False)
    priority = Whole(required=False)
    content = ContentFacts(required=False)
    fallback_to_settings = Switch(required=False)
    audience = Whole(required=False, allow_null=True)
    platforms = serializers.ListField(child=Choice(Platform.values), required=False)
    min_app_version = Text(required=False, allow_blank=True)
    max_app_version = Text(required=False, allow_blank=True)
    include_provisional = Switch(required=False)
    include_opted_out = Switch(required=False)
    triggers = serializers.JSONField(required=False)
    frequency = FrequencyFacts(required=False)
    starts_at = serializers.DateTimeField(required=False, allow_null=True)
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    holdout_pct = Whole(required=False)
    auto_pause = AutoPauseFacts(required=False, allow_null=True)


class PromptFacts(PromptChange):
    """What is left out is as in the template; only the name must be said."""

    name = Text()


class StoredContent(serializers.Serializer[Any]):
    title = serializers.CharField()
    body = serializers.CharField(allow_blank=True)
    image = serializers.CharField(allow_blank=True)
    accept_label = serializers.CharField()
    dismiss_label = serializers.CharField()
    layout = serializers.ChoiceField(PromptLayout.values)
    locales = serializers.DictField(child=serializers.DictField())


class AutoPauseAnswer(serializers.Serializer[Any]):
    share = serializers.IntegerField()
    min_asks = serializers.IntegerField()


class RemarkAnswer(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()


class PromptAnswer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    status = serializers.ChoiceField(PromptStatus.values)
    paused_reason = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField()
    priority = serializers.IntegerField()
    content = StoredContent()
    click_action = serializers.CharField()
    fallback_to_settings = serializers.BooleanField()
    audience = serializers.IntegerField(allow_null=True)
    platforms = serializers.ListField(child=serializers.CharField())
    min_app_version = serializers.CharField(allow_blank=True)
    max_app_version = serializers.CharField(allow_blank=True)
    include_provisional = serializers.BooleanField()
    include_opted_out = serializers.BooleanField()
    triggers = serializers.ListField(child=serializers.ListField(child=serializers.DictField()))
    frequency = FrequencyAnswer()
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    holdout_pct = serializers.IntegerField()
    auto_pause = AutoPauseAnswer(allow_null=True)
    live_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    remarks = RemarkAnswer(many=True, required=False)


class PromptPage(serializers.Serializer[Any]):
    data = PromptAnswer(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class RateAnswer(serializers.Serializer[Any]):
    """`percent` and its 95 % interval are null below n = 30."""

    hits = serializers.IntegerField()
    n = serializers.IntegerField()
    percent = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class LiftAnswer(serializers.Serializer[Any]):
    treated = RateAnswer()
    held_out = RateAnswer()
    points = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class NumbersAnswer(serializers.Serializer[Any]):
    """Phones count once each; impressions, clicks, dismissals, asks, grants, burned, swiped and
    settings_opened are events."""

    def get_fields(self) -> dict[str, Any]:
        counts: dict[str, Any] = {name: serializers.IntegerField() for name in NAMES}
        rates = {name: RateAnswer() for name in ("ctr", "conversion", "grant_rate", "burn_rate")}
        return counts | rates | {"lift": LiftAnswer()}


class DayAnswer(NumbersAnswer):
    def get_fields(self) -> dict[str, Any]:
        return {"day": serializers.DateField(), **super().get_fields()}


class StatsAnswer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    version = serializers.IntegerField()
    numbers = NumbersAnswer()
    days = DayAnswer(many=True)
    versions = serializers.DictField(child=NumbersAnswer())
    platforms = serializers.DictField(child=NumbersAnswer())
