"""`/notifications` and `/notifications/{id}/…`: what a member of staff does on pages, by key."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.authentication import allow
from devices.api.door import Door
from devices.api.problems import Problem
from devices.api.schema import described
from devices.api.serializers import StrictSerializer
from devices.models import ApiKey, AppUser
from notifications import access, correcting, lifecycle, reach, reports, tasks
from notifications.api import reading, repeating
from notifications.api.campaigns import shapes, writing
from notifications.api.examples import IDEMPOTENCY_KEY
from notifications.api.repeating import Effect
from notifications.models import Notification

MayCampaign = allow(scope="campaigns", staff=lambda person: access.allowed(person, "compose"))


def actor_of(request: Request) -> Any:
    return request.auth if isinstance(request.auth, ApiKey) else request.user


def read(shape: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """The body, checked by `shape`; an empty one is an empty object."""
    checked = shape(data=request.data or {})
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


@contextmanager
def told() -> Iterator[None]:
    """What the domain refuses, as problems."""
    try:
        yield
    except access.OverLimit as error:
        raise Problem(403, "over_limit", str(error)) from None
    except access.NotAllowed as error:
        raise Problem(403, "not_allowed", str(error)) from None
    except lifecycle.StaleReview as stale:
        raise Problem(409, "review_stale", str(stale), changes=stale.changes) from None
    except lifecycle.Conflict as error:
        raise Problem(409, "version_conflict", str(error), field="version") from None
    except lifecycle.WrongState as error:
        raise Problem(409, "bad_state", str(error)) from None
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            raise Problem(422, "validation", " ".join(error.messages)) from None
        raise writing.refusal(error) from None


def once(request: Request, facts: dict[str, Any], effect: Effect) -> Response:
    about = {"path": request.path, "body": request.data}
    with told():
        return repeating.once(request, about, effect, named=facts.pop("idempotency_key", ""))


class CampaignsDoor(reading.NotificationsDoor):
    def get_permissions(self) -> Any:
        return [MayCampaign()] if self.request.method == "POST" else super().get_permissions()

    @described(
        {201: shapes.DraftAnswer},
        request=shapes.NewDraft,
        also=(409,),
        parameters=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request) -> Response:
        """Make a draft. Nothing goes out before its dry run and the typed phrase."""
        facts = read(shapes.NewDraft, request)

        def effect() -> tuple[int, dict[str, Any]]:
            fields = writing.fields_of(facts)
            if "send_to" not in fields:
                words = "Say to whom: send_to everyone, or user_ids, user_refs or audience."
                raise Problem(422, "recipients_required", words, field="send_to")
            writing.check(fields)
            draft = lifecycle.compose(fields, by=actor_of(request))
            return 201, repeating.plain(writing.draft_answer(draft, timezone.now()))

        return once(request, facts, effect)


class CampaignDoor(Door):
    def get_permissions(self) -> Any:
        return [MayCampaign() if self.request.method == "PATCH" else reading.MayRead()]

    @described({200: shapes.CampaignAnswer})
    def get(self, request: Request, uuid: UUID) -> Response:
        """Where it stands, what became of every phone, and what it says."""
        one = writing.found(uuid)
        return Response(writing.draft_answer(one, timezone.now()) | reports.as_dict(one))

    @described({200: shapes.DraftAnswer}, request=shapes.DraftChange, also=(409,))
    def patch(self, request: Request, uuid: UUID) -> Response:
        """Change a draft: only what is given. `version` is the one that was read; another one
        since is a conflict."""
        one, facts = writing.found(uuid), read(shapes.DraftChange, request)
        version = facts.pop("version")
        with told():
            fields = writing.fields_of(facts)
            writing.check(fields, one)
            lifecycle.revise(one, fields, by=actor_of(request), version=version)
        return Response(writing.draft_answer(writing.found(uuid), timezone.now()))


class DryRunDoor(Door):
    permission_classes = (MayCampaign,)

    @described({200: shapes.DryRunAnswer}, request=shapes.DryRunFacts, also=(409,))
    def post(self, request: Request, uuid: UUID) -> Response:
        """Tell what would be sent to whom, and the `review_token` that sending takes. With
        `user_id`: whether that person would get it."""
        one, facts, now = writing.found(uuid), read(shapes.DryRunFacts, request), timezone.now()
        if "user_id" in facts:
            return Response(_one_person(one, facts["user_id"].removeprefix("users/"), now))
        with told():
            found = lifecycle.review(one, by=actor_of(request), now=now)
        falls = found.waterfall
        warnings = [
            {"code": odd.code, "message": f"{odd.bold} {odd.rest}".strip()}
            for odd in found.oddities
        ]
        return Response(
            {
                "targeted": falls.planned,
                "will_send": falls.will_send,
                "people": falls.people,
                "by_reason": {step.reason: step.count for step in falls.steps},
                "batches": found.batches,
                "bytes": found.sizes,
                "warnings": warnings,
                "review_token": found.token,
            }
        )


def _one_person(one: Notification, user_id: str, now: Any) -> dict[str, Any]:
    if not AppUser.objects.filter(user_id=user_id).exists():
        raise Problem(422, "unknown_user", f"We don’t know {user_id}.", field="user_id")
    lanes = reach.lanes(one, user_id, now)
    would = any(not lane.reason for lane in lanes)
    return {
        "would_send": would,
        "reason": "" if would else (lanes[0].reason if lanes else "no_phone"),
        "devices": [
            {
                "device_id": lane.device.device_id,
                "platform": lane.device.platform,
                "would_send": not lane.reason,
                "reason": lane.reason,
            }
            for lane in lanes
        ],
    }


class SendDoor(Door):
    permission_classes = (MayCampaign,)

    @described(
        {202: shapes.ScheduledAnswer},
        request=shapes.SendFacts,
        also=(409,),
        parameters=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request, uuid: UUID) -> Response:
        """Confirm with the phrase and the token of a dry run. It goes when the time to undo is
        over, or at its own time."""
        one, facts = writing.found(uuid), read(shapes.SendFacts, request)

        def effect() -> tuple[int, dict[str, Any]]:
            sent = lifecycle.confirm(
                one, by=actor_of(request), phrase=facts["confirm"], token=facts["review_token"],
                now=timezone.now(), ticked=None, ticket=facts.get("ticket", ""),
            )  # fmt: skip
            tasks.ring(tasks.tick)
            undo = lifecycle.undo_window(sent.reviewed_phones or 0)
            return 202, writing.scheduled_answer(sent, undo)

        return once(request, facts, effect)


class CorrectDoor(Door):
    permission_classes = (MayCampaign,)

    @described(
        {200: shapes.CorrectedAnswer},
        request=shapes.CorrectFacts,
        also=(409,),
        parameters=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request, uuid: UUID) -> Response:
        """Correct it: new text, in the place of the old one, to exactly the phones that accepted it."""
        one, facts = writing.found(uuid), read(shapes.CorrectFacts, request)
        given = {"title": "title", "text": "body"}
        changes = {ours: facts[theirs] for theirs, ours in given.items() if theirs in facts}
        changes |= writing.picture(facts)

        def effect() -> tuple[int, dict[str, Any]]:
            new = correcting.correct(
                one, changes, by=actor_of(request), phrase=facts["confirm"], now=timezone.now(),
                stop=facts["stop"], ticket=facts.get("ticket", ""),
            )  # fmt: skip
            tasks.ring(tasks.tick)
            old = writing.found(uuid)
            undo = lifecycle.undo_window(reports.counts(old).accepted)
            return 200, writing.verb_answer(old) | {
                "correction": writing.scheduled_answer(new, undo)
            }

        return once(request, facts, effect)
