"""Soft prompts on phones: what could come up in a session, and what became of it."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.authentication import ClientOnly, ClientOrServer, actor_of
from devices.api.batches import events_in
from devices.api.door import Door
from devices.api.problems import Problem, no_device
from devices.api.prompt_serializers import (
    EvaluateAnswer,
    EvaluateFacts,
    PromptEventFacts,
    PromptEventsAnswer,
    PromptEventsBody,
    SessionAnswer,
    SessionFacts,
)
from devices.api.schema import described
from devices.api.views.permission import permission_answer
from devices.models import Device, Prompt
from devices.prompts import events, reasons, sessions
from devices.prompts.events import Impossible, NotEligible, Recorded, Told
from devices.prompts.triggers import Happening
from devices.states import Actor


class SessionsDoor(Door):
    permission_classes = (ClientOnly,)

    @described({200: SessionAnswer}, request=SessionFacts)
    def post(self, request: Request, device_id: str) -> Response:
        """Begin a session: which prompts could come up in it. The app came to the front after at
        least 30 seconds away; the rules to decide by come along. The first in the list whose
        triggers are met is shown; at most one in a session."""
        checked = SessionFacts(data=request.data)
        checked.is_valid(raise_exception=True)
        facts, now = checked.validated_data, timezone.now()
        try:
            started = sessions.start(
                device_id,
                facts["session_id"],
                now=now,
                started_at=facts.get("started_at"),
                app_version=facts.get("app_version"),
            )
        except Device.DoesNotExist:
            raise no_device(device_id) from None
        return Response(
            {
                "prompts": started.offers,
                "guard": {"next_at": started.guard_until},
                "permission": permission_answer(started.derived),
                "server_time": now,
            }
        )


class EvaluateDoor(Door):
    permission_classes = (ClientOrServer,)

    @described({200: EvaluateAnswer}, request=EvaluateFacts)
    def post(self, request: Request) -> Response:
        """Ask which prompt is to be shown now, if any. Something happened in the app. Showing it is told with an
        impression. A server key is also told why not the others."""
        checked = EvaluateFacts(data=request.data)
        checked.is_valid(raise_exception=True)
        facts = checked.validated_data
        try:
            found = sessions.evaluate(
                facts["device_id"],
                facts["session_id"],
                Happening(**facts["trigger"]),
                [Happening(**one) for one in facts["earlier"]],
                now=timezone.now(),
            )
        except Device.DoesNotExist:
            raise no_device(facts["device_id"]) from None
        answer: dict[str, Any] = {"prompt": found.offer}
        if actor_of(request) == Actor.SERVER:
            answer["reasons"] = [
                {"prompt_id": pk, "reason": code, "sentence": reasons.sentence(code)}
                for pk, code in found.reasons.items()
            ]
        return Response(answer)


class PromptEventsDoor(Door):
    permission_classes = (ClientOnly,)

    @described({202: PromptEventsAnswer}, request=PromptEventsBody, also=(409,))
    def post(self, request: Request, pk: int | None = None) -> Response:
        """Tell what became of a prompt: one event, or up to 100 that waited while offline, in any
        order. Each counts once. A display that lost a race is answered with 409 `not_eligible`:
        hide it. In a batch one bad event never holds up the others."""
        if isinstance(request.data, dict) and "events" not in request.data:
            return one_alone(request.data, pk)
        return Response(many(events_in(request.data), pk), status=202)


class PromptsEventsDoor(PromptEventsDoor):
    @described(
        {202: PromptEventsAnswer},
        request=PromptEventsBody,
        also=(409,),
        operation_id="prompts_events_batch",
    )
    def post(self, request: Request, pk: int | None = None) -> Response:
        """The same for several prompts in one call: each event names its `prompt_id`."""
        answer: Response = super().post(request, pk)
        return answer


def one_alone(body: dict[str, Any], pk: int | None) -> Response:
    checked = PromptEventFacts(data=body)
    checked.is_valid(raise_exception=True)
    told = read(checked.validated_data, pk)
    try:
        recorded = events.record(told, now=timezone.now())
    except (Prompt.DoesNotExist, Device.DoesNotExist):
        raise Http404 from None
    except NotEligible as error:
        raise Problem(
            409, "not_eligible", reasons.sentence(error.reason), reason=error.reason
        ) from None
    except Impossible as error:
        raise ValidationError({error.field: ErrorDetail(str(error), error.field)}) from None
    answer = {"recorded": True, "duplicate": recorded.duplicate}
    return Response(answer | permitted(recorded), status=202)


def many(bodies: list[dict[str, Any]], pk: int | None) -> dict[str, Any]:
    """In the order in which they happened, whatever the order they were sent in."""
    results: dict[int, dict[str, Any]] = {}
    readable: list[tuple[int, Told]] = []
    for place, body in enumerate(bodies):
        checked = PromptEventFacts(data=body)
        if checked.is_valid():
            try:
                readable.append((place, read(checked.validated_data, pk)))
            except Problem as problem:
                results[place] = refused(body["event_id"], problem.code)
        else:
            results[place] = refused(body["event_id"], str(next(iter(checked.errors))))
    now = timezone.now()
    last: dict[str, Any] = {}
    for place, told in sorted(readable, key=lambda one: (one[1].at or now, one[0])):
        results[place], recorded = taken(told, now)
        last = permitted(recorded) if recorded else last
    return {"results": [results[place] for place in range(len(bodies))]} | last


def taken(told: Told, now: Any) -> tuple[dict[str, Any], Recorded | None]:
    try:
        recorded = events.record(told, now=now)
    except (Prompt.DoesNotExist, Device.DoesNotExist):
        return refused(told.event_id, "not_found"), None
    except NotEligible as error:
        return refused(told.event_id, "not_eligible") | {"reason": error.reason}, None
    except Impossible as error:
        return refused(told.event_id, error.field), None
    result = {"event_id": told.event_id, "recorded": True, "duplicate": recorded.duplicate}
    return result, recorded


def refused(event_id: str, code: str) -> dict[str, Any]:
    return {"event_id": event_id, "recorded": False, "duplicate": False, "code": code}


def permitted(recorded: Recorded) -> dict[str, Any]:
    permission = permission_answer(recorded.derived) | {
        "next_action": recorded.action["next_action"]
    }
    return recorded.action | {"permission": permission}


def read(facts: dict[str, Any], pk: int | None) -> Told:
    """Raises Problem where neither the address nor the event names the prompt."""
    named = facts.get("prompt_id", pk)
    if named is None:
        raise Problem(422, "prompt_id", "Which prompt? Send its prompt_id.", field="prompt_id")
    if pk is not None and named != pk:
        raise Problem(
            422, "prompt_id", "The address names another prompt than the event.", field="prompt_id"
        )
    return Told(
        event_id=facts["event_id"],
        prompt_id=named,
        device_id=facts["device_id"],
        type=facts["type"],
        at=facts.get("at"),
        session_id=facts.get("session_id", ""),
        version=facts.get("version"),
        detail=facts.get("element") or facts.get("how") or "",
        result=facts.get("result", ""),
        dialog_shown=facts.get("dialog_shown"),
        elapsed_ms=facts.get("elapsed_ms"),
        system=facts.get("system", ""),
        rationale=facts.get("rationale"),
        options=dict(facts.get("options", {})),
    )
