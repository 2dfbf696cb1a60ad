"""People, as the app's back end describes them."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from devices import people
from devices.api.authentication import allow
from devices.api.door import Door
from devices.api.parsing import JSONLinesParser, LongJSONParser, strict
from devices.api.people_serializers import (
    BULK_MAX,
    BulkAnswer,
    BulkUser,
    ErasedAnswer,
    UserAnswer,
    UserFacts,
)
from devices.api.problems import Problem, as_problem
from devices.api.schema import described
from devices.api.serializers import ID
from devices.models import AppUser
from devices.people import Profile, Tally, TooMuch

LINES_MAX = 100_000
CHUNK = 500
REPLACE = OpenApiParameter("replace", bool, description="Forget what the body does not name.")


class UserDoor(Door):
    permission_classes = (allow(scope="users"),)

    @described({200: UserAnswer})
    def get(self, request: Request, user_id: str) -> Response:
        """What is known of a user."""
        return Response(user_answer(get_object_or_404(AppUser, user_id=user_id)))

    @described({200: UserAnswer, 201: UserAnswer}, request=UserFacts, parameters=[REPLACE])
    def put(self, request: Request, user_id: str) -> Response:
        """Describe a user. Attributes and tags are merged; null takes one away."""
        if not ID.fullmatch(user_id):
            raise Problem(422, "id_malformed", "This id cannot be kept.", field="user_id")
        checked = UserFacts(data=request.data)
        checked.is_valid(raise_exception=True)
        replace = str(request.query_params.get("replace", "")).lower() in ("1", "true")
        profile = Profile(user_id, replace=replace, **checked.validated_data)
        try:
            user, created = people.describe(profile, timezone.now())
        except TooMuch as error:
            raise Problem(422, error.code, str(error), field="attributes") from None
        return Response(user_answer(user), status=201 if created else 200)

    @described({202: ErasedAnswer})
    def delete(self, request: Request, user_id: str) -> Response:
        """Erase a user: attributes, phones and tokens go, counts stay true."""
        if not people.erase(user_id, timezone.now()):
            raise Http404
        return Response({"user_id": user_id, "result": "erased"}, status=202)


class UsersBulkDoor(Door):
    permission_classes = (allow(scope="users"),)
    parser_classes = (LongJSONParser, JSONLinesParser)

    @described(
        {200: BulkAnswer, 207: BulkAnswer}, request={"application/json": BulkUser(many=True)}
    )
    def post(self, request: Request) -> Response:
        """Describe up to 1,000 users in a JSON list, or up to 100,000 as application/x-ndjson,
        one a line. 207 when some could not be kept; the others were."""
        described = positions(request.data)
        total = Tally()
        for chunk in chunks(described):
            add(total, keep(chunk))
        answer = {
            "created": total.created,
            "updated": total.updated,
            "errors": [
                {"index": index, "code": code, "message": message}
                for index, code, message in total.errors
            ],
        }
        return Response(answer, status=207 if total.errors else 200)


def positions(body: Any) -> Iterator[tuple[int, Any]]:
    """(position, what was said of one user); a line that is no JSON is its own error."""
    if isinstance(body, list):
        if len(body) > BULK_MAX:
            raise Problem(
                413, "too_large", f"{len(body):,} users; {BULK_MAX:,} are allowed. Send NDJSON."
            )
        return iter(enumerate(body))
    if isinstance(body, dict):
        raise Problem(422, "validation", "Send a list of users.")
    return enumerate(values(body))


def values(lines: Iterable[bytes]) -> Iterator[Any]:
    for number, line in enumerate(lines):
        if number >= LINES_MAX:
            raise Problem(413, "too_large", f"More than {LINES_MAX:,} lines.")
        try:
            yield strict(line)
        except ParseError as error:
            yield error


def chunks(described: Iterator[tuple[int, Any]]) -> Iterator[list[tuple[int, Any]]]:
    chunk = []
    for one in described:
        chunk.append(one)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    yield chunk


def keep(chunk: list[tuple[int, Any]]) -> Tally:
    profiles, errors = [], []
    for position, said in chunk:
        try:
            profiles.append((position, profile_of(said)))
        except (ParseError, serializers.ValidationError) as error:
            problem = as_problem(error)
            errors.append((position, problem.code, str(problem.detail)))
    tally = people.describe_all(profiles, timezone.now())
    tally.errors = sorted(tally.errors + errors)
    return tally


def profile_of(said: Any) -> Profile:
    if isinstance(said, ParseError):
        raise said
    checked = BulkUser(data=said)
    checked.is_valid(raise_exception=True)
    return Profile(**checked.validated_data)


def add(total: Tally, tally: Tally) -> None:
    total.created += tally.created
    total.updated += tally.updated
    total.errors += tally.errors


def user_answer(user: AppUser) -> dict[str, Any]:
    return {
        "user_id": user.user_id,
        "attributes": user.attributes,
        "aliases": user.aliases,
        "tags": user.tags,
        "locale": user.locale,
        "timezone": user.timezone,
        "created_at": user.created_at,
        "last_seen_at": user.last_seen_at,
        "devices": [
            {
                "device_id": device.device_id,
                "platform": device.platform,
                "state": device.state,
                "permission": device.perm_status,
                "deliverable": device.deliverable,
                "last_seen_at": device.last_seen_at,
            }
            for device in user.devices.order_by("pk")[:100]
        ],
    }
