"""The shapes of what phones tell of soft prompts, and of what they are told."""

from typing import Any

from rest_framework import serializers

from devices.api.batches import EVENT_ID_MAX, EVENTS_MAX
from devices.api.serializers import (
    AskOptions,
    Choice,
    PermissionAnswer,
    StrictSerializer,
    Switch,
    Text,
    Whole,
)
from devices.models import ID_MAX
from devices.prompts.triggers import KINDS, NAME_MAX
from devices.states import PromptEventType, SystemPermission

EARLIER_MAX = 50
SESSION_ID_MAX = 64
WAYS = ("button", "swipe", "timeout")
RESULTS = ("granted", "denied", "dismissed")
VERSION_MAX = 2**31 - 1


class Named(Text):
    """An id that the app makes up; not blank."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text.strip():
            self.fail("blank")
        return text


class SessionFacts(StrictSerializer):
    session_id = Named(max_length=SESSION_ID_MAX)
    started_at = serializers.DateTimeField(required=False, allow_null=True)
    app_version = Text(max_length=32, required=False, allow_blank=True)


class HappeningFacts(StrictSerializer):
    """Something in the app. `seconds` is how old the session is."""

    kind = Choice(KINDS, code="kind")
    name = Text(max_length=NAME_MAX, required=False)
    seconds = serializers.FloatField(min_value=0, max_value=10**9, required=False)
    key = Text(max_length=NAME_MAX, required=False)
    value = serializers.JSONField(required=False, allow_null=True)
    props = serializers.DictField(required=False)

    def validate(self, facts: dict[str, Any]) -> dict[str, Any]:
        needed = {"session_time": "seconds", "event": "name", "custom": "key"}.get(facts["kind"])
        if needed and needed not in facts:
            raise serializers.ValidationError({needed: ["This kind needs it."]}, "required")
        return facts


class EvaluateFacts(StrictSerializer):
    device_id = Text(max_length=ID_MAX)
    session_id = Named(max_length=SESSION_ID_MAX)
    trigger = HappeningFacts()
    earlier = serializers.ListField(
        child=HappeningFacts(), required=False, max_length=EARLIER_MAX, default=list
    )


class PromptEventFacts(StrictSerializer):
    """One event of a soft prompt. Each type takes the parts that are its own."""

    event_id = Named(max_length=EVENT_ID_MAX)
    device_id = Text(max_length=ID_MAX)
    type = Choice(PromptEventType.values, code="type")
    prompt_id = Whole(
        required=False, min_value=1, max_value=2**63 - 1, help_text="Where the address names none."
    )
    session_id = Text(max_length=SESSION_ID_MAX, required=False, allow_blank=True)
    version = Whole(min_value=1, max_value=VERSION_MAX, required=False)
    at = serializers.DateTimeField(required=False, allow_null=True)
    element = Text(max_length=20, required=False, help_text="click: what was tapped")
    how = Choice(WAYS, required=False, help_text="dismiss")
    result = Choice(RESULTS, code="result", required=False, help_text="system_prompt_result")
    dialog_shown = Switch(required=False, allow_null=True)
    elapsed_ms = Whole(min_value=0, max_value=2**31 - 1, required=False, allow_null=True)
    options = AskOptions(required=False)
    system = Choice(  # settings_returned
        SystemPermission.values, code="system", required=False
    )
    rationale = Switch(required=False, allow_null=True)

    OWN = {
        "element": {"click"},
        "how": {"dismiss"},
        "result": {"system_prompt_result"},
        "dialog_shown": {"system_prompt_result"},
        "elapsed_ms": {"system_prompt_result"},
        "options": {"system_prompt_shown", "system_prompt_result"},
        "system": {"settings_returned"},
        "rationale": {"settings_returned"},
    }
    NEEDED = {"system_prompt_result": "result", "settings_returned": "system"}

    def validate(self, facts: dict[str, Any]) -> dict[str, Any]:
        for name, types in self.OWN.items():
            if name in facts and facts["type"] not in types:
                told = f"{name} belongs to {' and '.join(sorted(types))}."
                raise serializers.ValidationError({name: [told]}, "type")
        needed = self.NEEDED.get(facts["type"])
        if needed and needed not in facts:
            raise serializers.ValidationError({needed: ["This type needs it."]}, "required")
        return facts


class PromptEventsBody(serializers.Serializer[Any]):
    """`{"events": […]}`, or one event by itself."""

    events = serializers.ListField(child=PromptEventFacts(), max_length=EVENTS_MAX)


# ---------------------------------------------------------------- answers


class ContentAnswer(serializers.Serializer[Any]):
    title = serializers.CharField()
    body = serializers.CharField(allow_blank=True)
    image = serializers.CharField(allow_blank=True)
    accept_label = serializers.CharField()
    dismiss_label = serializers.CharField()
    layout = serializers.ChoiceField(["modal", "banner", "card", "fullscreen"])
    locale = serializers.CharField(allow_blank=True)


class FrequencyAnswer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["once", "every_time", "multiple"])
    max_displays = serializers.IntegerField(allow_null=True)
    gap_seconds = serializers.IntegerField()


class StateAnswer(serializers.Serializer[Any]):
    displays = serializers.IntegerField()
    last_display_at = serializers.DateTimeField(allow_null=True)


class ActionAnswer(serializers.Serializer[Any]):
    click_action = serializers.CharField()
    fallback_to_settings = serializers.BooleanField()
    next_action = serializers.ChoiceField(["none", "opt_in", "system_prompt", "open_settings"])
    opt_in_first = serializers.BooleanField()


class OfferAnswer(serializers.Serializer[Any]):
    """Everything to decide on the phone. `triggers`: groups joined by OR, conditions by AND."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    priority = serializers.IntegerField()
    content = ContentAnswer()
    triggers = serializers.ListField(child=serializers.ListField(child=serializers.DictField()))
    frequency = FrequencyAnswer()
    state = StateAnswer()
    not_before = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    action = ActionAnswer()


class GuardAnswer(serializers.Serializer[Any]):
    next_at = serializers.DateTimeField(allow_null=True)


class SessionAnswer(serializers.Serializer[Any]):
    prompts = OfferAnswer(many=True)
    guard = GuardAnswer()
    permission = PermissionAnswer()
    server_time = serializers.DateTimeField()


class ReasonAnswer(serializers.Serializer[Any]):
    prompt_id = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField(allow_blank=True)


class EvaluateAnswer(serializers.Serializer[Any]):
    prompt = OfferAnswer(allow_null=True)
    reasons = ReasonAnswer(many=True, required=False, help_text="With a server key only.")


class EventResult(serializers.Serializer[Any]):
    event_id = serializers.CharField()
    recorded = serializers.BooleanField()
    duplicate = serializers.BooleanField()
    code = serializers.CharField(required=False)
    reason = serializers.CharField(required=False)


class PromptEventsAnswer(serializers.Serializer[Any]):
    """One event: `recorded` and `duplicate`; a batch: `results`. Act only on the next_action of
    a click."""

    recorded = serializers.BooleanField(required=False)
    duplicate = serializers.BooleanField(required=False)
    results = EventResult(many=True, required=False)
    next_action = serializers.CharField(required=False)
    opt_in_first = serializers.BooleanField(required=False)
    permission = PermissionAnswer(required=False)
