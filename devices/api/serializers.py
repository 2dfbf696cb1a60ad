"""The shapes of bodies. `StrictSerializer` refuses what it does not know, by name; `permission`
and `registry` decide what the facts mean."""

import re
from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from devices.api.problems import Problem
from devices.models import ID_MAX, TOKEN_MAX
from devices.states import Platform, SystemPermission

TOKEN = re.compile(r"[A-Za-z0-9:_.-]+", re.ASCII)
ID = re.compile(r"[^\x00-\x1f\x7f/\s](?:[^\x00-\x1f\x7f/]*[^\x00-\x1f\x7f/\s])?")
ZONES = available_timezones()
CHANNELS_MAX, CHANNEL_MAX = 100, 200  # channels of one app, characters of an id
API_MAX = 1000


class StrictSerializer(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := set(data) - set(self.fields)):
            known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
            told = f"There is no such field. There are: {known}."
            raise serializers.ValidationError(
                {name: [serializers.ErrorDetail(told, "unknown_field")] for name in sorted(unknown)}
            )
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Only a JSON string, exactly as it was sent."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"trim_whitespace": False} | kwargs))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Switch(serializers.BooleanField):
    """Only JSON's true and false, and null where allowed."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Whole(serializers.IntegerField):
    """Only a JSON number."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """`code` is told when it is none of them."""

    def __init__(self, choices: Any, *, code: str = "invalid_choice", **kwargs: Any) -> None:
        self.code = code
        super().__init__(choices, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and data in self.choices:
            return data
        told = f"{data!r:.60} is none of {', '.join(map(str, self.choices))}."
        raise serializers.ValidationError(told, self.code)


def zone(name: str) -> None:
    if name and name not in ZONES:
        raise serializers.ValidationError(
            f"{name:.60} is no IANA time zone, such as Europe/Berlin.", "timezone"
        )


def token(text: str) -> None:
    if len(text) > TOKEN_MAX:
        raise serializers.ValidationError(
            f"The token has {len(text):,} characters; {TOKEN_MAX:,} are allowed.",
            "token_too_long",
        )
    if not TOKEN.fullmatch(text):
        raise serializers.ValidationError(
            "A token is made of letters, digits and : _ . -", "token_malformed"
        )


def identifier(text: str) -> None:
    if not ID.fullmatch(text):
        raise serializers.ValidationError(
            "An id has no slash, no control characters, and no space at its ends.", "id_malformed"
        )


def blank_to_missing(data: Any, field: str, code: str) -> None:
    """Raises 400 `code` where the field is there, but says nothing."""
    if not isinstance(data, dict) or field not in data:
        return
    value = data[field]
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Problem(400, code, f"{field} is blank. Leave it out or fill it in.", field=field)


class ReportFacts(StrictSerializer):
    """What the system says about permission, raw."""

    system = Choice(SystemPermission.values, code="system")
    rationale = Switch(required=False, allow_null=True)
    alert = Switch(required=False, allow_null=True)
    sound = Switch(required=False, allow_null=True)
    badge = Switch(required=False, allow_null=True)
    channels = serializers.DictField(
        child=Whole(min_value=0, max_value=5), required=False, allow_null=True
    )
    source = Choice(  # type: ignore[assignment]
        ("prompt", "settings", "auto", "report"), required=False
    )
    observed_at = serializers.DateTimeField(required=False, allow_null=True)

    def validate_channels(self, channels: dict[str, int] | None) -> dict[str, int] | None:
        if channels is not None and len(channels) > CHANNELS_MAX:
            raise serializers.ValidationError(f"At most {CHANNELS_MAX} channels.")
        if any(len(name) > CHANNEL_MAX for name in channels or ()):
            raise serializers.ValidationError(f"A channel's id has at most {CHANNEL_MAX} letters.")
        return channels


class Report(ReportFacts):
    event_id = Text(max_length=64, required=False)
    fallback_to_settings = Switch(required=False)


class DeviceFacts(StrictSerializer):
    user_id = Text(max_length=ID_MAX, required=False, validators=[identifier])
    token = Text(required=False, allow_null=True, validators=[token])
    platform = Choice(Platform.values, code="platform")
    os_version = Text(max_length=32, required=False, allow_blank=True)
    api_level = Whole(min_value=1, max_value=API_MAX, required=False, allow_null=True)
    target_sdk = Whole(min_value=1, max_value=API_MAX, required=False, allow_null=True)
    app_version = Text(max_length=32, required=False, allow_blank=True)
    model = Text(max_length=64, required=False, allow_blank=True)
    locale = Text(max_length=35, required=False, allow_blank=True)
    timezone = Text(max_length=64, required=False, allow_blank=True, validators=[zone])
    permission = ReportFacts(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        blank_to_missing_user(data)
        if (
            isinstance(data, dict)
            and isinstance(data.get("token"), str)
            and not data["token"].strip()
        ):
            told = "token is blank. Leave it out as long as the phone has none."
            raise Problem(400, "token_blank", told, field="token")
        return super().to_internal_value(data)

    def validate(self, facts: dict[str, Any]) -> dict[str, Any]:
        report = facts.get("permission")
        if report and facts["platform"] == Platform.ANDROID:
            refuse_on_android(report["system"])
        return facts


def blank_to_missing_user(data: Any) -> None:
    """A registration that names nobody, in whatever way, is one without a user."""
    if isinstance(data, dict) and "user_id" in data:
        value = data["user_id"]
        if value is None or (isinstance(value, str) and not value.strip()):
            del data["user_id"]


def refuse_on_android(system: str) -> None:
    if system in (SystemPermission.PROVISIONAL, SystemPermission.EPHEMERAL):
        raise serializers.ValidationError(
            {"system": serializers.ErrorDetail(f"Android knows no {system} permission.", "system")}
        )


class UnregisterFacts(StrictSerializer):
    device_id = Text(max_length=ID_MAX, required=False)
    token = Text(required=False, max_length=TOKEN_MAX)
    user_id = Text(max_length=ID_MAX, required=False)

    def to_internal_value(self, data: Any) -> Any:
        blank_to_missing(data, "user_id", "user_id_blank")
        blank_to_missing(data, "device_id", "device_or_token_required")
        blank_to_missing(data, "token", "device_or_token_required")
        facts = super().to_internal_value(data)
        if "device_id" not in facts and "token" not in facts:
            raise Problem(400, "device_or_token_required", "Name the device_id or its token.")
        return facts


class AskOptions(StrictSerializer):
    alert = Switch(required=False)
    sound = Switch(required=False)
    badge = Switch(required=False)


class Ask(StrictSerializer):
    phase = Choice(("shown", "result"), code="phase")
    result = Choice(("granted", "denied", "dismissed"), code="result", required=False)
    options = AskOptions(required=False)
    dialog_shown = Switch(required=False, allow_null=True)
    elapsed_ms = Whole(min_value=0, max_value=2**31 - 1, required=False, allow_null=True)
    prompt_id = Text(max_length=40, required=False, allow_blank=True)
    event_id = Text(max_length=64, required=False)
    fallback_to_settings = Switch(required=False)

    def validate(self, ask: dict[str, Any]) -> dict[str, Any]:
        if (ask["phase"] == "result") != ("result" in ask):
            told = "Say how the dialog ended, with the phase result and only with it."
            raise serializers.ValidationError({"result": serializers.ErrorDetail(told, "result")})
        return ask


class PermissionAnswer(serializers.Serializer[Any]):
    """What the app may do now."""

    status = serializers.ChoiceField(
        ["should_request", "should_explain_then_request", "granted", "denied"]
    )
    asks_left = serializers.IntegerField(min_value=0, max_value=2)
    deliverable = serializers.BooleanField()
    notification_types = serializers.ChoiceField([-2, 0, 1])
    next_action = serializers.ChoiceField(["none", "opt_in", "system_prompt", "open_settings"])


class AskAnswer(PermissionAnswer):
    granted = serializers.BooleanField()


class RegisterAnswer(serializers.Serializer[Any]):
    device_id = serializers.CharField()
    user_id = serializers.CharField(allow_null=True)
    registration_seq = serializers.IntegerField()
    replaced_previous_owner = serializers.BooleanField()
    permission = PermissionAnswer()
    auto_prompt = serializers.BooleanField()


class UnregisterAnswer(serializers.Serializer[Any]):
    result = serializers.ChoiceField(["unregistered", "noop"])
    reason = serializers.ChoiceField(["not_active_owner", "unknown_device"], required=False)


class ProblemError(serializers.Serializer[Any]):
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemAnswer(serializers.Serializer[Any]):
    """RFC 9457. Some problems have members of their own."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    errors = ProblemError(many=True)  # type: ignore[assignment]
    request_id = serializers.CharField(allow_blank=True)
