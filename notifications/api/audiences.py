"""`/audiences`: the rules of the console's pages for back ends, and lists kept from outside."""

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from devices import audiences
from devices.api import paging
from devices.api.authentication import allow
from devices.api.door import Door
from devices.api.problems import Problem
from devices.api.schema import described
from devices.api.serializers import StrictSerializer, Switch, Text
from devices.audiences import keeping
from devices.models import ID_MAX, Audience
from notifications import audit

MEMBERS_MAX = 1_000
CURSOR = OpenApiParameter("cursor", str, description="`next_cursor` of the page before.")
LIMIT = OpenApiParameter("limit", int, description="1 to 200; 50 unless said.")
COUNT = OpenApiParameter("count", bool, description="Count its people as well.")


class AudienceFacts(StrictSerializer):
    name = Text(max_length=keeping.NAME_MAX)
    description = Text(max_length=keeping.DESCRIPTION_MAX, required=False, allow_blank=True)
    rules = serializers.JSONField()


class AudienceChange(StrictSerializer):
    name = Text(max_length=keeping.NAME_MAX, required=False)
    description = Text(max_length=keeping.DESCRIPTION_MAX, required=False, allow_blank=True)
    rules = serializers.JSONField(required=False)
    archived = Switch(required=False)


class Members(StrictSerializer):
    add = serializers.ListField(
        child=Text(max_length=ID_MAX), required=False, max_length=MEMBERS_MAX
    )
    remove = serializers.ListField(
        child=Text(max_length=ID_MAX), required=False, max_length=MEMBERS_MAX
    )


class AudienceAnswer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    rules = serializers.DictField()
    version = serializers.IntegerField()
    archived = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    people = serializers.IntegerField(required=False)


class AudiencePage(serializers.Serializer[Any]):
    data = AudienceAnswer(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class MembersAnswer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    unknown = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()


class AudiencesDoor(Door):
    permission_classes = (allow(scope="campaigns"),)

    @described({200: AudiencePage}, operation_id="audiences_list", parameters=[CURSOR, LIMIT])
    def get(self, request: Request) -> Response:
        """All audiences, newest first; archived ones too."""
        page = paging.take(request, Audience.objects.all())
        return Response(paging.answer(page, audience_answer))

    @described({201: AudienceAnswer}, request=AudienceFacts)
    def post(self, request: Request) -> Response:
        """Make an audience. `rules` is `{"version": 1, "all": […]}`; errors name the place, such
        as `rules.all.0.value`."""
        facts = checked(AudienceFacts, request)
        with transaction.atomic():
            made = keeping.create(**facts)
            noted(request, "made an audience", made, {"rules": made.rules})
        return Response(audience_answer(made), status=201)


class AudienceDoor(Door):
    permission_classes = (allow(scope="campaigns"),)

    @described({200: AudienceAnswer}, parameters=[COUNT])
    def get(self, request: Request, pk: int) -> Response:
        """One audience and its rules; with `count` how many people they fit."""
        found = get_object_or_404(Audience, pk=pk)
        answer = audience_answer(found)
        if str(request.query_params.get("count", "")).lower() in ("1", "true"):
            answer["people"] = audiences.count(found)
        return Response(answer)

    @described({200: AudienceAnswer}, request=AudienceChange, also=(409,))
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is named, archive it, or restore it. A change makes reviews stale."""
        found = get_object_or_404(Audience, pk=pk)
        facts = checked(AudienceChange, request)
        archived = facts.pop("archived", None)
        with transaction.atomic():
            if archived is False:
                found = keeping.restore(found)
            if facts:
                found = changed(found, facts)
            if archived:
                found = keeping.archive(found)
            noted(request, "changed an audience", found, facts | {"archived": archived})
        return Response(audience_answer(found))


class AudienceMembersDoor(Door):
    permission_classes = (allow(scope="users"),)

    @described({200: MembersAnswer}, request=Members, also=(409,))
    def post(self, request: Request, pk: int) -> Response:
        """Put up to 1,000 people on a fixed list, or take them off. Unknown ids are named, and
        the others are kept."""
        found = get_object_or_404(Audience, pk=pk)
        if not audiences.is_list(found):
            raise Problem(409, "not_a_list", "The rules of this audience choose its people.")
        facts = checked(Members, request)
        wanted, unwanted = facts.get("add", []), facts.get("remove", [])
        known = keeping.known([*wanted, *unwanted])
        with transaction.atomic():
            added = written(keeping.add, found, [known[one] for one in wanted if one in known])
            removed = written(
                keeping.remove, found, [known[one] for one in unwanted if one in known]
            )
            noted(
                request, "changed who is in an audience", found,
                {"added": added, "removed": removed},
            )  # fmt: skip
        found.refresh_from_db()
        unknown = [one for one in dict.fromkeys([*wanted, *unwanted]) if one not in known]
        return Response(
            {"added": added, "removed": removed, "unknown": unknown, "version": found.version}
        )


def checked(shape: type[StrictSerializer], request: Request) -> dict[str, Any]:
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def changed(audience: Audience, facts: dict[str, Any]) -> Audience:
    try:
        return keeping.change(audience, **facts)
    except keeping.Archived as error:
        raise Problem(409, "archived", str(error)) from None


def written(write: Any, audience: Audience, users: list[int]) -> int:
    try:
        return int(write(audience, users))
    except keeping.Archived as error:
        raise Problem(409, "archived", str(error)) from None


def noted(request: Request, action: str, audience: Audience, facts: dict[str, Any]) -> None:
    audit.record(request.auth, action, audience, facts)


def audience_answer(audience: Audience) -> dict[str, Any]:
    return {
        "id": audience.pk,
        "name": audience.name,
        "description": audience.description,
        "rules": audience.rules,
        "version": audience.version,
        "archived": audience.archived_at is not None,
        "created_at": audience.created_at,
        "changed_at": audience.changed_at,
    }
