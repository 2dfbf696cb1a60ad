"""Register and unregister a device: whose phone is this?"""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from devices import preferences, registry
from devices.api.authentication import ClientOrServer, actor_of, require_signature
from devices.api.door import Door
from devices.api.problems import Problem
from devices.api.schema import described
from devices.api.serializers import (
    ID,
    DeviceFacts,
    RegisterAnswer,
    UnregisterAnswer,
    UnregisterFacts,
)
from devices.api.views.permission import permission_answer, said_in
from devices.people import UnknownUser
from devices.registry import FACTS, Registered, Registration, UserRequired

SIGNATURE = OpenApiParameter(
    "X-User-Signature",
    str,
    OpenApiParameter.HEADER,
    description="hex(HMAC_SHA256(identity secret, user_id)); for client keys, where a user is named",
)
USER = OpenApiParameter("user_id", str, description="Act only if this user is the active owner.")


class DeviceDoor(Door):
    permission_classes = (ClientOrServer,)

    @described(
        {200: RegisterAnswer, 201: RegisterAnswer}, request=DeviceFacts, parameters=[SIGNATURE]
    )
    def put(self, request: Request, device_id: str) -> Response:
        """Register: this phone now belongs to this user. The last one to say so is right."""
        facts = body_of(DeviceFacts, request)
        if not ID.fullmatch(device_id):
            raise Problem(422, "id_malformed", "This id cannot be kept.", field="device_id")
        registration = read(device_id, facts)
        if registration.user_id:
            require_signature(request, registration.user_id)
        registered = settle(request, registration)
        return Response(written(registered), status=201 if registered.created else 200)

    @described({200: UnregisterAnswer}, parameters=[USER, SIGNATURE])
    def delete(self, request: Request, device_id: str) -> Response:
        """Unregister; the same as POST /devices/unregister."""
        named = {"device_id": device_id}
        if unknown := set(request.query_params) - {"user_id"}:
            raise Problem(422, "unknown_field", "There is no such parameter.", field=min(unknown))
        if "user_id" in request.query_params:
            named["user_id"] = str(request.query_params["user_id"])
        return unregistered(request, named)


class UnregisterDoor(Door):
    permission_classes = (ClientOrServer,)

    @described({200: UnregisterAnswer}, request=UnregisterFacts, parameters=[SIGNATURE])
    def post(self, request: Request) -> Response:
        """Stop pushes to this phone. With `user_id` only if that user is the active owner;
        without, whoever owns it. No signed-in user is needed, a client key is."""
        return unregistered(request, request.data)


def body_of(serializer: type[Any], request: Request) -> dict[str, Any]:
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


def read(device_id: str, facts: dict[str, Any]) -> Registration:
    return Registration(
        device_id=device_id,
        platform=facts["platform"],
        user_id=facts.get("user_id"),
        token=facts.get("token"),
        facts={name: facts[name] for name in FACTS if name in facts},
        said=said_in(facts["permission"]) if facts.get("permission") else None,
    )


def settle(request: Request, registration: Registration) -> Registered:
    try:
        return registry.register(
            registration,
            actor=actor_of(request),
            request_id=request.request_id,  # type: ignore[attr-defined]
            at=timezone.now(),
        )
    except UserRequired as error:
        raise Problem(400, "user_required", str(error), field="user_id") from None
    except UnknownUser as error:
        raise Problem(422, "unknown_user", str(error), field="user_id") from None


def written(registered: Registered) -> dict[str, Any]:
    device = registered.device
    return {
        "device_id": device.device_id,
        "user_id": registered.user.user_id if registered.user else None,
        "registration_seq": device.reg_seq,
        "replaced_previous_owner": registered.replaced_previous_owner,
        "permission": permission_answer(registered.derived),
        "auto_prompt": bool(preferences.get("ask_at_app_start")),
    }


def unregistered(request: Request, named: Any) -> Response:
    checked = UnregisterFacts(data=named)
    checked.is_valid(raise_exception=True)
    who = checked.validated_data
    if "user_id" in who:
        require_signature(request, who["user_id"])
    done = registry.unregister(
        device_id=who.get("device_id"),
        token=who.get("token"),
        user_id=who.get("user_id"),
        actor=actor_of(request),
        request_id=request.request_id,  # type: ignore[attr-defined]
        at=timezone.now(),
    )
    reason = {"reason": done.reason} if done.reason else {}
    return Response({"result": done.result} | reason)
