"""`/prompts`: soft prompts made, changed, set live and read by back ends; the rules are those of the
console's pages."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api import paging
from devices.api.authentication import allow
from devices.api.door import Door
from devices.api.problems import Problem
from devices.api.schema import described
from devices.api.serializers import StrictSerializer
from devices.models import Prompt
from devices.prompts import checking, keeping, offers, stats
from devices.prompts.stats import Filters
from devices.states import Platform
from notifications import access, audit
from notifications.api import repeating
from notifications.api.examples import IDEMPOTENCY_KEY
from notifications.api.prompt_serializers import (
    PromptAnswer,
    PromptChange,
    PromptFacts,
    PromptPage,
    StatsAnswer,
)

CURSOR = OpenApiParameter("cursor", str, description="`next_cursor` of the page before.")
LIMIT = OpenApiParameter("limit", int, description="1 to 200; 50 unless said.")
OF_CONTENT = (
    "title", "body", "image", "accept_label", "dismiss_label", "layout", "locales",
)  # fmt: skip
FLAT = (
    "name", "priority", "fallback_to_settings", "audience", "platforms", "min_app_version",
    "max_app_version", "include_provisional", "include_opted_out", "triggers", "starts_at",
    "ends_at", "holdout_pct",
)  # fmt: skip
DEEDS = {"live": "set a prompt live", "pause": "paused a prompt", "archive": "archived a prompt"}
NESTED = {  # a field of ours → where it stands in the body
    **{name: f"content.{name}" for name in OF_CONTENT},
    "frequency": "frequency.kind",
    "max_displays": "frequency.max_displays",
    "gap_seconds": "frequency.gap_seconds",
    "pause_share": "auto_pause.share",
    "pause_min_asks": "auto_pause.min_asks",
}

MayLook = allow(scope="campaigns", staff=lambda person: access.allowed(person, "view"))
MayChange = allow(scope="campaigns", staff=lambda person: access.allowed(person, "prompts"))
MayRead = allow(scope="read", staff=lambda person: access.allowed(person, "view"))


class PromptsDoor(Door):
    permission_classes = (MayLook,)

    def get_permissions(self) -> list[Any]:
        return [MayChange() if self.request.method == "POST" else MayLook()]

    @described({200: PromptPage}, operation_id="prompts_list", parameters=[CURSOR, LIMIT])
    def get(self, request: Request) -> Response:
        """All soft prompts, newest first; archived ones too."""
        page = paging.take(request, Prompt.objects.all())
        return Response(paging.answer(page, prompt_answer))

    @described({201: PromptAnswer}, request=PromptFacts, also=(409,), parameters=[IDEMPOTENCY_KEY])
    def post(self, request: Request) -> Response:
        """Make a draft of a soft prompt. What is left out is as in the template "Push Permission
        Prompt". May be repeated with an `Idempotency-Key`."""
        facts = checked(PromptFacts, request)
        return repeating.once(
            request, request.data, lambda: (201, repeating.plain(made(request, facts)))
        )


class PromptDoor(Door):
    permission_classes = (MayLook,)

    def get_permissions(self) -> list[Any]:
        return [MayChange() if self.request.method == "PATCH" else MayLook()]

    @described({200: PromptAnswer})
    def get(self, request: Request, pk: int) -> Response:
        """What it says, whom it asks, and what speaks against it (`remarks`)."""
        return Response(with_remarks(get_object_or_404(Prompt, pk=pk)))

    @described({200: PromptAnswer}, request=PromptChange, also=(409,))
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is named of a soft prompt. After it was live, that is a new version; the counts stay."""
        prompt = get_object_or_404(Prompt, pk=pk)
        facts = checked(PromptChange, request)
        with transaction.atomic():
            try:
                prompt = keeping.change(prompt, facts, by=actor(request))
            except keeping.WrongState as error:
                raise Problem(409, "bad_state", str(error)) from None
            except ValidationError as error:
                raise named(error) from None
            noted(request, "changed a prompt", prompt, {"version": prompt.version})
        return Response(with_remarks(prompt))


class MoveDoor(Door):
    permission_classes = (MayChange,)

    def moved(self, request: Request, pk: int, verb: str) -> Response:
        prompt = get_object_or_404(Prompt, pk=pk)
        with transaction.atomic():
            try:
                prompt = keeping.move(prompt, verb, now=timezone.now())
            except keeping.WrongState as error:
                raise Problem(409, "bad_state", str(error)) from None
            except ValidationError as error:
                raise named(error) from None
            noted(request, DEEDS[verb], prompt, {"version": prompt.version})
        return Response(with_remarks(prompt))


MOVED = described({200: PromptAnswer}, request=None, also=(409,))


class PromptLiveDoor(MoveDoor):
    @MOVED
    def post(self, request: Request, pk: int) -> Response:
        """Set it live: phones get it from their next session on."""
        return self.moved(request, pk, "live")


class PromptPauseDoor(MoveDoor):
    @MOVED
    def post(self, request: Request, pk: int) -> Response:
        """Pause it: no phone is shown it until it is live again."""
        return self.moved(request, pk, "pause")


class PromptArchiveDoor(MoveDoor):
    @MOVED
    def post(self, request: Request, pk: int) -> Response:
        """Archive it, for good. Its numbers stay."""
        return self.moved(request, pk, "archive")


class PromptStatsDoor(Door):
    permission_classes = (MayRead,)

    @described(
        {200: StatsAnswer},
        parameters=[
            OpenApiParameter("from", date, description="The first day that counts (UTC)."),
            OpenApiParameter("to", date, description="The last one."),
            OpenApiParameter("platform", str, enum=Platform.values),
            OpenApiParameter("version", int),
        ],
    )
    def get(self, request: Request, pk: int) -> Response:
        """The funnel, burned asks, conversion and lift; by day, version and system."""
        prompt = get_object_or_404(Prompt, pk=pk)
        filters = filters_of(request)
        return Response(
            {
                "id": prompt.pk,
                "version": prompt.version,
                "numbers": stats.read(prompt, filters).as_dict(),
                "days": [
                    {"day": day} | numbers.as_dict()
                    for day, numbers in stats.by_day(prompt, filters)
                ],
                "versions": {
                    str(version): numbers.as_dict()
                    for version, numbers in stats.by_version(prompt, filters)
                },
                "platforms": {
                    platform: numbers.as_dict()
                    for platform, numbers in stats.by_platform(prompt, filters)
                },
            }
        )


def checked(shape: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """The body as flat fields."""
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    facts = dict(body.validated_data)
    flat: dict[str, Any] = {name: facts[name] for name in FLAT if name in facts}
    flat |= facts.get("content", {})
    frequency = facts.get("frequency", {})
    flat |= {"frequency" if name == "kind" else name: value for name, value in frequency.items()}
    if "auto_pause" in facts:
        rule = facts["auto_pause"]
        flat["pause_share"] = rule["share"] if rule else None
        if rule and "min_asks" in rule:
            flat["pause_min_asks"] = rule["min_asks"]
    return flat


def made(request: Request, facts: dict[str, Any]) -> dict[str, Any]:
    with transaction.atomic():
        try:
            prompt = keeping.create(keeping.TEMPLATE | facts, by=actor(request))
        except ValidationError as error:
            raise named(error) from None
        noted(request, "made a prompt", prompt, {})
    return with_remarks(prompt)


def named(error: ValidationError) -> Problem:
    """422 with each field where it stands in the body."""
    errors = []
    for field, messages in error.message_dict.items():
        first, dot, rest = field.partition(".")
        place = NESTED.get(first, first) + dot + rest
        errors += [{"field": place, "code": "invalid", "message": told} for told in messages]
    problem = Problem(422, "validation", f"{errors[0]['field']}: {errors[0]['message']}")
    problem.errors = errors
    return problem


def actor(request: Request) -> Any:
    return request.auth or request.user


def noted(request: Request, action: str, prompt: Prompt, facts: dict[str, Any]) -> None:
    audit.record(actor(request), action, prompt, facts)


def filters_of(request: Request) -> Filters:
    asked = request.query_params
    days: list[date | None] = []
    for name in ("from", "to"):
        try:
            days.append(date.fromisoformat(asked[name]) if name in asked else None)
        except ValueError:
            told = f"{name} is a day, such as 2026-03-01."
            raise Problem(422, "validation", told, field=name) from None
    platform, version = asked.get("platform", ""), asked.get("version", "")
    if platform and platform not in Platform.values:
        told = f"platform is one of {', '.join(Platform.values)}."
        raise Problem(422, "validation", told, field="platform")
    if version and not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Problem(422, "validation", "version is a whole number.", field="version")
    return Filters(int(version) if version else None, platform, *days)


def with_remarks(prompt: Prompt) -> dict[str, Any]:
    remarks = [{"code": one.code, "sentence": one.sentence} for one in keeping.remarks(prompt)]
    return prompt_answer(prompt) | {"remarks": remarks}


def prompt_answer(prompt: Prompt) -> dict[str, Any]:
    fields = checking.values(prompt)
    return {
        "id": prompt.pk,
        "status": prompt.status,
        "paused_reason": prompt.paused_reason,
        "version": prompt.version,
        "content": {name: fields[name] for name in OF_CONTENT},
        "click_action": offers.CLICK_ACTION,
        "frequency": {
            "kind": prompt.frequency,
            "max_displays": prompt.max_displays,
            "gap_seconds": prompt.gap_seconds,
        },
        "auto_pause": None
        if prompt.pause_share is None
        else {"share": prompt.pause_share, "min_asks": prompt.pause_min_asks},
        "live_at": prompt.live_at,
        "created_at": prompt.created_at,
        "changed_at": prompt.changed_at,
    } | {name: fields[name] for name in FLAT}
