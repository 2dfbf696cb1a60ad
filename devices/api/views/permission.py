"""May this phone show anything, and may its person still be asked?"""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ErrorDetail, ValidationError

from devices import consent
from devices.api.authentication import ClientOnly, ClientOrServer
from devices.api.door import Door
from devices.api.problems import Problem, no_device
from devices.api.schema import described
from devices.api.serializers import Ask, AskAnswer, PermissionAnswer, Report, refuse_on_android
from devices.consent import NoAskLeft, Said
from devices.models import Device
from devices.permission import Answer, Derived
from devices.permission import Report as RawReport

FALLBACK = OpenApiParameter(
    "fallback_to_settings", bool, description="After a denial, may the app open the settings?"
)


class PermissionDoor(Door):
    permission_classes = (ClientOrServer,)

    @described({200: PermissionAnswer}, parameters=[FALLBACK])
    def get(self, request: Request, device_id: str) -> Response:
        """What the app may do now, as far as this phone has told."""
        device = registered(device_id)
        return Response(permission_answer(consent.derived_of(device), fallback=wanted(request)))

    @described({200: PermissionAnswer}, request=Report)
    def post(self, request: Request, device_id: str) -> Response:
        """Report what the system says: on every start, and after a visit to the settings."""
        checked = Report(data=request.data)
        checked.is_valid(raise_exception=True)
        facts = checked.validated_data
        device = registered(device_id)
        if device.platform == "android":
            refuse_on_android(facts["system"])
        derived = consent.report(
            device_id,
            said_in(facts),
            event_id=facts.get("event_id", ""),
            at=timezone.now(),
        )
        fallback = facts.get("fallback_to_settings", False)
        return Response(permission_answer(derived, fallback=fallback))


class AskDoor(Door):
    permission_classes = (ClientOnly,)

    @described({200: AskAnswer}, request=Ask, also=(409,))
    def post(self, request: Request, device_id: str) -> Response:
        """The app shows the system's dialog (`shown`), and tells how it ended (`result`)."""
        checked = Ask(data=request.data)
        checked.is_valid(raise_exception=True)
        ask = checked.validated_data
        fallback = ask.get("fallback_to_settings", bool(ask.get("prompt_id")))
        try:
            derived = take(device_id, ask)
        except Device.DoesNotExist:
            raise no_device(device_id) from None
        except NoAskLeft as error:
            answer = ask_answer(error.derived, fallback)
            raise Problem(409, "no_ask_left", str(error), **answer_beside(answer)) from None
        return Response(ask_answer(derived, fallback))


class OptOutDoor(Door):
    permission_classes = (ClientOrServer,)

    @described({200: PermissionAnswer}, request=None)
    def post(self, request: Request, device_id: str) -> Response:
        """No pushes on this phone, whatever the system allows."""
        return Response(permission_answer(chosen(consent.opt_out, device_id)))


class OptInDoor(Door):
    permission_classes = (ClientOrServer,)

    @described({200: PermissionAnswer}, request=None)
    def post(self, request: Request, device_id: str) -> Response:
        """Pushes again; `next_action` says what else is needed for it."""
        return Response(permission_answer(chosen(consent.opt_in, device_id), fallback=True))


def registered(device_id: str) -> Device:
    found: Device | None = Device.objects.filter(device_id=device_id).first()
    if found is None:
        raise no_device(device_id)
    return found


def wanted(request: Request) -> bool:
    return str(request.query_params.get("fallback_to_settings", "")).lower() in ("1", "true")


def chosen(choice: Any, device_id: str) -> Derived:
    try:
        derived: Derived = choice(device_id, at=timezone.now())
    except Device.DoesNotExist:
        raise no_device(device_id) from None
    return derived


def take(device_id: str, ask: dict[str, Any]) -> Derived:
    named = {"prompt_id": ask.get("prompt_id", ""), "event_id": ask.get("event_id", "")}
    options = dict(ask.get("options", {}))
    if ask["phase"] == "shown":
        return consent.ask_shown(device_id, options=options, at=timezone.now(), **named)
    answer = Answer(
        ask["result"],
        dialog_shown=ask.get("dialog_shown"),
        elapsed_ms=ask.get("elapsed_ms"),
        **options,
    )
    try:
        return consent.ask_result(device_id, answer, at=timezone.now(), **named)
    except ValueError as error:
        raise ValidationError({"result": ErrorDetail(str(error), "result")}) from None


def said_in(facts: dict[str, Any]) -> Said:
    names = ("rationale", "alert", "sound", "badge")
    raw = RawReport(
        facts["system"],
        source=facts.get("source", "report"),
        **{name: facts.get(name) for name in names},
    )
    return Said(raw, channels=facts.get("channels"), observed_at=facts.get("observed_at"))


def permission_answer(derived: Derived, *, fallback: bool = False) -> dict[str, Any]:
    """Nobody is sent to the settings unless the app asked for that."""
    return {
        "status": derived.status,
        "asks_left": derived.asks_left,
        "deliverable": derived.deliverable,
        "notification_types": derived.notification_types,
        "next_action": derived.next_action(fallback_to_settings=fallback),
    }


def ask_answer(derived: Derived, fallback: bool) -> dict[str, Any]:
    return permission_answer(derived, fallback=fallback) | {"granted": derived.granted}


def answer_beside(answer: dict[str, Any]) -> dict[str, Any]:
    """`status` of a problem is its HTTP status, so the whole stands under `permission`."""
    return {"permission": answer, "next_action": answer["next_action"]}
