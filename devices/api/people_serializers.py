"""The shapes of bodies about people."""

import re
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from devices.api.serializers import StrictSerializer, Text, identifier, zone
from devices.models import ID_MAX
from devices.people import LISTED_MAX

BULK_MAX = 1_000
NAME = re.compile(r"[^\x00-\x1f\x7f_$\s][^\x00-\x1f\x7f]{0,63}")
RESERVED = {
    "user_id", "attributes", "aliases", "tags", "locale", "timezone", "created_at", "last_seen_at",
    "devices",
}  # fmt: skip
OUR_OWN = "This name is our own. Choose another."
SHAPE = "A name has 1 to 64 characters and starts with neither _ nor $ nor a space."


class Attributes(serializers.DictField):
    """Any JSON by name; null takes one away."""

    child = serializers.JSONField(allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        for name in data:
            if name in RESERVED:
                raise serializers.ValidationError({name: [error(OUR_OWN, "reserved_name")]})
            if not NAME.fullmatch(name):
                raise serializers.ValidationError({name[:64]: [error(SHAPE, "name_malformed")]})
        return data


@extend_schema_field(
    {
        "oneOf": [
            {"type": "array", "items": {"type": "string"}, "maxItems": LISTED_MAX},
            {"type": "object", "additionalProperties": {"type": ["boolean", "null"]}},
        ]
    }
)
class Tags(serializers.Field[Any, Any, Any, Any]):
    """`["vip", "beta"]` adds; `{"vip": true, "beta": null}` adds and takes away."""

    def to_internal_value(self, data: Any) -> dict[str, bool | None]:
        tags = dict.fromkeys(map(str, data), True) if isinstance(data, list) else data
        if not isinstance(tags, dict) or len(tags) > LISTED_MAX:
            told = f"Tags are a list of at most {LISTED_MAX} texts, or an object of true and null."
            raise serializers.ValidationError(told)
        for tag, stays in tags.items():
            if not NAME.fullmatch(tag) or not (stays is None or isinstance(stays, bool)):
                raise serializers.ValidationError(f"{tag[:64]!r}: {stays!r:.20} is no tag.")
        return tags


class UserFacts(StrictSerializer):
    attributes = Attributes(required=False)
    aliases = serializers.ListField(
        child=Text(max_length=ID_MAX), required=False, max_length=LISTED_MAX
    )
    tags = Tags(required=False)
    locale = Text(max_length=35, required=False, allow_blank=True)
    timezone = Text(max_length=64, required=False, allow_blank=True, validators=[zone])


class BulkUser(UserFacts):
    user_id = Text(max_length=ID_MAX, validators=[identifier])


class UserDevice(serializers.Serializer[Any]):
    device_id = serializers.CharField()
    platform = serializers.CharField()
    state = serializers.CharField()
    permission = serializers.CharField()
    deliverable = serializers.BooleanField()
    last_seen_at = serializers.DateTimeField()


class UserAnswer(serializers.Serializer[Any]):
    user_id = serializers.CharField()
    attributes = serializers.DictField()
    aliases = serializers.ListField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField())
    locale = serializers.CharField(allow_blank=True)
    timezone = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(allow_null=True)
    devices = UserDevice(many=True)


class BulkError(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    code = serializers.CharField()
    message = serializers.CharField()


class BulkAnswer(serializers.Serializer[Any]):
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    errors = BulkError(many=True)  # type: ignore[assignment]


class ErasedAnswer(serializers.Serializer[Any]):
    user_id = serializers.CharField()
    result = serializers.ChoiceField(["erased"])


def error(told: str, code: str) -> serializers.ErrorDetail:
    return serializers.ErrorDetail(told, code)
