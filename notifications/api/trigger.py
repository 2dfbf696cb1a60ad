"""`POST /notifications/trigger`: something happened in the app, tell these people."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.authentication import actor_of, allow
from devices.api.problems import Problem
from devices.api.schema import described
from devices.api.serializers import Choice, StrictSerializer, Switch, Text, Whole
from devices.models import ID_MAX, ApiKey
from devices.states import Actor, KeyKind
from notifications import content, idempotency, images, tasks, triggers
from notifications.api import repeating
from notifications.api.examples import IDEMPOTENCY_KEY, TRIGGERS
from notifications.api.images import IMAGE_ID_MAX, uploaded
from notifications.api.tallied import TalliedDoor
from notifications.models import BODY_MAX, KEY_MAX, TITLE_MAX, MessageCard
from notifications.states import TargetOS

ADDRESS_MAX = 500
INLINE = ("title", "text", "image_url", "image_id", "sound", "initial_page", "parameters", "data")
CLIENT_USERS_MAX = 10  # people that one call with a public key may name
FAR = timedelta(days=2 * 366)  # as on Compose


class TriggerFacts(StrictSerializer):
    """What is said: `template`, the key of a message card, with `variables`; or `title` and
    `text` and what goes with them. Recipients are `user_id`, `user_ids` or `user_refs`: exactly
    one of them."""

    template = Text(max_length=KEY_MAX, required=False, help_text="order-ready")
    variables = serializers.DictField(
        child=serializers.JSONField(), required=False, help_text='{"order_no": 1234}'
    )
    title = Text(max_length=TITLE_MAX, required=False, help_text="Without template: required")
    text = Text(max_length=BODY_MAX, required=False, help_text="Without template: required")
    image_url = serializers.URLField(max_length=ADDRESS_MAX, required=False)
    image_id = Text(max_length=IMAGE_ID_MAX, required=False, help_text="of POST /images")
    sound = Switch(required=False, default=True)
    initial_page = Text(max_length=80, required=False, allow_blank=True, default="")
    parameters = serializers.DictField(required=False, default=dict)
    data = serializers.DictField(required=False, default=dict)  # type: ignore[assignment]
    user_id = Text(max_length=ID_MAX, required=False)
    user_ids = serializers.ListField(
        child=Text(max_length=ID_MAX), required=False, max_length=triggers.USERS_MAX
    )
    user_refs = Text(required=False, help_text="users/ann, users/bob")
    exclude_user_ids = serializers.ListField(
        child=Text(max_length=ID_MAX), required=False, max_length=triggers.USERS_MAX, default=list
    )
    target_os = Choice(TargetOS.values, required=False, default="all")
    send_at = serializers.DateTimeField(required=False)
    ttl = Whole(required=False, min_value=0, max_value=content.TTL_MAX_S)
    allow_empty = Switch(required=False, default=False)
    idempotency_key = Text(max_length=idempotency.NAME_MAX, required=False)

    def validate_send_at(self, at: datetime) -> datetime:
        if at > timezone.now() + FAR:
            raise serializers.ValidationError("That is more than two years away.")
        return at

    def validate(self, facts: dict[str, Any]) -> dict[str, Any]:
        self._check_words(facts)
        named = [name for name in ("user_id", "user_ids", "user_refs") if facts.get(name)]
        if len(named) != 1:
            told = "Name the recipients: user_id, user_ids or user_refs, one of them."
            raise serializers.ValidationError(
                {"user_ids": [serializers.ErrorDetail(told, "recipients_required")]}
            )
        return facts

    def _check_words(self, facts: dict[str, Any]) -> None:
        if facts.get("template"):
            given = [name for name in INLINE if name in self.initial_data]
            told = "The message card says this. Leave it out, or leave out template."
            wrong = {name: [serializers.ErrorDetail(told, "not_with_template")] for name in given}
        else:
            told = "This is required where no template is named."
            missing = [name for name in ("title", "text") if name not in facts]
            wrong = {name: [serializers.ErrorDetail(told, "required")] for name in missing}
            if facts.get("variables"):
                told = "Variables are a message card’s. Name it in template."
                wrong["variables"] = [serializers.ErrorDetail(told, "without_template")]
        if wrong:
            raise serializers.ValidationError(wrong)


class SkippedNumbers(serializers.Serializer[Any]):
    """A client key is told nothing but `users`, as many as it named."""

    users = serializers.IntegerField()
    unknown = serializers.ListField(child=serializers.CharField(), required=False)
    devices = serializers.IntegerField(required=False)
    deliverable = serializers.IntegerField(required=False)
    skipped = serializers.DictField(child=serializers.IntegerField(), required=False)


class TriggerAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.CharField()
    recipients = SkippedNumbers()


class TriggerDoor(TalliedDoor):
    permission_classes = (allow(client=True, scope="trigger"),)

    @described(
        {202: TriggerAnswer},
        also=(409,),
        request=TriggerFacts,
        parameters=[IDEMPOTENCY_KEY],
        examples=TRIGGERS,
    )
    def post(self, request: Request) -> Response:
        """Send to people named one by one; never to everyone. With an `Idempotency-Key` the same
        call may be repeated: it is one notification with one answer. A client key sends only
        message cards that are marked for it.

        422 codes: `recipients_required`, `no_deliverable_device` (unless `allow_empty`),
        `unknown_template`, `variable`, `not_with_template`, `unknown_page`, `parameter_type`,
        `unknown_image`, `reserved_key`, `payload_too_large`, `send_at_past`, `validation`.
        409: `idempotency_mismatch`, `idempotency_in_progress`. 403: `scope`,
        `template_not_client_callable`."""
        if actor_of(request) == Actor.CLIENT:
            require_client_callable(request.data)
        checked = TriggerFacts(data=request.data)
        checked.is_valid(raise_exception=True)
        facts, key = checked.validated_data, request.auth
        assert isinstance(key, ApiKey)  # noqa: S101  only keys pass the door
        named = facts.pop("idempotency_key", "")
        call = Call(facts, key)
        return repeating.once(request, request.data, call.send, named=named, look=call.prepare)


def require_client_callable(body: Any) -> None:
    """Before anything else is looked at: a public key must not learn which cards there are."""
    named = body.get("template") if isinstance(body, dict) else None
    if not named:
        raise Problem(403, "scope", "Without a template this takes a server key.", field="template")
    known = isinstance(named, str) and len(named) <= KEY_MAX and "\0" not in named
    if not known or not MessageCard.objects.filter(key=named, client_callable=True).exists():
        told = "A client key can’t send this card. Its page says who can: Message cards."
        raise Problem(403, "template_not_client_callable", told, field="template")


class Call:
    """One call, refused or prepared before the transaction in which it is sent. A client key is
    told nothing about other people: not who is known, nor who has a phone."""

    prepared: triggers.Prepared

    def __init__(self, facts: dict[str, Any], key: ApiKey) -> None:
        self.facts, self.key = facts, key
        self.named = 0

    def prepare(self) -> None:
        order = order_of(self.facts)
        self.named = len(order.user_ids)
        if self.key.kind == KeyKind.CLIENT:
            if self.named > CLIENT_USERS_MAX:
                told = f"A client key names at most {CLIENT_USERS_MAX} people."
                raise Problem(422, "validation", told, field="user_ids")
            order = replace(order, allow_empty=True)
        try:
            self.prepared = triggers.prepare(order, key=self.key, now=timezone.now())
        except triggers.Nobody:
            raise nobody(order) from None
        except ValidationError as error:
            raise refused(error) from None

    def send(self) -> tuple[int, dict[str, Any]]:
        started = self.prepared.write()
        if started.batch is not None:
            tasks.ring(tasks.deliver, started.batch.pk, queue=started.batch.queue)
        return 202, self.answer(started)

    def answer(self, started: triggers.Started) -> dict[str, Any]:
        told = started.as_dict()
        if self.key.kind == KeyKind.CLIENT:
            told["recipients"] = {"users": self.named}
        return told


def nobody(order: triggers.Order) -> Problem:
    """Why not: nobody has such an id, or none of their phones can be sent to."""
    known, unknown = content.find_users(order.user_ids)
    who = (
        "No phone of these people can be sent to." if known else f"We don’t know {named(unknown)}."
    )
    told = f"{who} allow_empty=true accepts that."
    return Problem(422, "no_deliverable_device", told, field="user_ids", unknown=list(unknown)[:20])


def named(user_ids: Iterable[str]) -> str:
    first = [f"{user_id:.80}" for user_id in islice(user_ids, 4)]
    return ", ".join(first[:3]) + (" and others" if len(first) > 3 else "")


def order_of(facts: dict[str, Any]) -> triggers.Order:
    if facts.get("user_id"):
        user_ids = bare([facts["user_id"]])
    elif facts.get("user_ids"):
        user_ids = bare(facts["user_ids"])
    else:
        user_ids = content.parse_references(facts["user_refs"])
    if len(user_ids) > triggers.USERS_MAX:
        raise Problem(422, "validation", f"At most {triggers.USERS_MAX} people.", field="user_refs")
    image_url = facts.get("image_url", "")
    if facts.get("image_id"):
        if image_url:
            told = "Name the picture once: image_url or image_id."
            raise Problem(422, "validation", told, field="image_id")
        image_url = images.url(uploaded(facts["image_id"]).name)
    return triggers.Order(
        title=facts.get("title", ""),
        body=facts.get("text", ""),
        template=facts.get("template", ""),
        variables=facts.get("variables", {}),
        user_ids=user_ids,
        exclude_user_ids=bare(facts["exclude_user_ids"]),
        image_url=image_url,
        sound=facts["sound"],
        initial_page=facts["initial_page"],
        parameters=facts["parameters"],
        data=facts["data"],
        target_os=facts["target_os"],
        send_at=facts.get("send_at"),
        ttl_s=facts.get("ttl"),
        allow_empty=facts["allow_empty"],
    )


def bare(user_ids: list[str]) -> list[str]:
    """users/ann and ann are the same person."""
    return [user_id.removeprefix("users/") for user_id in user_ids]


NAMES = {"body": "text", "ttl_s": "ttl", "initial_page": "initial_page", "image": "image_url"}
CODES = {
    "initial_page": "unknown_page", "data": "reserved_key", "send_at": "send_at_past",
    "template": "unknown_template",
}  # fmt: skip


def refused(error: ValidationError) -> Problem:
    """The form's own sentences, on the API's names of the fields."""
    field, told = next(iter(error.message_dict.items()))
    if field.startswith("parameter_"):
        name = field.removeprefix("parameter_")
        return Problem(422, "parameter_type", told[0], field=f"parameters.{name}")
    if field.startswith("variable_"):
        name = field.removeprefix("variable_")
        return Problem(422, "variable", told[0], field=f"variables.{name}")
    code = CODES.get(field, "validation")
    if field == "body" and "bytes" in told[0]:
        code = "payload_too_large"
    return Problem(422, code, told[0], field=NAMES.get(field, field))
