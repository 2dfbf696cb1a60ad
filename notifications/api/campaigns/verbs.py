"""`/notifications/{id}/…`: one move each, by key as on pages."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.door import Door
from devices.api.problems import Problem
from devices.api.schema import described
from notifications import lifecycle, series, tasks
from notifications.api.campaigns import shapes, writing
from notifications.api.campaigns.doors import MayCampaign, actor_of, once, read
from notifications.api.examples import IDEMPOTENCY_KEY
from notifications.models import Notification
from notifications.states import NotificationStatus as S


class VerbDoor(Door):
    """One move; `too_late` where it has left the state that the verb is for."""

    permission_classes = (MayCampaign,)
    move: Callable[..., Notification]
    too_late = False

    def act(self, request: Request, uuid: UUID) -> Response:
        one, facts = writing.found(uuid), read(shapes.NothingMore, request)

        def effect() -> tuple[int, dict[str, Any]]:
            try:
                type(self).move(one, by=actor_of(request), now=timezone.now())
            except lifecycle.WrongState as error:
                late = self.too_late and one.status not in (S.DRAFT, S.SCHEDULED, S.HELD)
                raise Problem(409, "too_late" if late else "bad_state", str(error)) from None
            tasks.ring(tasks.tick)
            return 200, writing.verb_answer(writing.found(uuid))

        return once(request, facts, effect)


DESCRIBED = described(
    {200: shapes.VerbAnswer}, request=shapes.NothingMore, also=(409,), parameters=[IDEMPOTENCY_KEY]
)


class UndoDoor(VerbDoor):
    move, too_late = lifecycle.undo, True

    @DESCRIBED
    def post(self, request: Request, uuid: UUID) -> Response:
        """Take it back to a draft, while nothing went out."""
        return self.act(request, uuid)


class CancelDoor(VerbDoor):
    move, too_late = lifecycle.cancel, True

    @DESCRIBED
    def post(self, request: Request, uuid: UUID) -> Response:
        """Cancel it for good, while nothing went out."""
        return self.act(request, uuid)


class PauseDoor(VerbDoor):
    move = lifecycle.pause

    @DESCRIBED
    def post(self, request: Request, uuid: UUID) -> Response:
        """Pause it: nothing more is opened; what is on the wire is still recorded."""
        return self.act(request, uuid)


class ResumeDoor(VerbDoor):
    move = lifecycle.resume

    @DESCRIBED
    def post(self, request: Request, uuid: UUID) -> Response:
        """Go on after a pause. What Beckon itself stopped, a person resumes in the console."""
        return self.act(request, uuid)


class StopDoor(VerbDoor):
    move = lifecycle.stop

    @DESCRIBED
    def post(self, request: Request, uuid: UUID) -> Response:
        """Stop it for good. What is out can't be called back."""
        return self.act(request, uuid)


class EndSeriesDoor(VerbDoor):
    move = series.end_of

    @DESCRIBED
    def post(self, request: Request, uuid: UUID) -> Response:
        """End the series that this is a time of, for good: the one to come is cancelled, and no more
        are made. What is being sent goes on."""
        return self.act(request, uuid)
