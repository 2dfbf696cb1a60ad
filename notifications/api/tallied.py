"""For the trigger door: every call is counted, whatever became of it."""

from time import perf_counter
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.door import Door
from devices.models import ApiKey
from notifications import tally


class TalliedDoor(Door):
    began = 0.0

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        self.began = perf_counter()
        return super().initialize_request(request, *args, **kwargs)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        finished = super().finalize_response(request, response, *args, **kwargs)
        tally.add(self.call(request, finished))
        return finished

    def call(self, request: Any, response: Response) -> tally.Call:
        key = getattr(request, "_auth", None)
        said = response.data if isinstance(response.data, dict) else {}
        return tally.Call(
            key=key.public_id if isinstance(key, ApiKey) else "",
            card=tally.card_of(getattr(request, "_full_data", None)),
            code=code_of(response, said),
            status=response.status_code,
            ms=(perf_counter() - self.began) * 1000,
            at=timezone.now(),
            field=next((each["field"] for each in said.get("errors", ())), ""),
            request_id=getattr(request, "request_id", ""),
        )


def code_of(response: Response, said: dict[str, Any]) -> str:
    """The error's own code rather than "validation", where there is one."""
    if response.status_code < 400:
        return tally.REPLAYED if "Idempotency-Replayed" in response.headers else tally.ACCEPTED
    codes = [each["code"] for each in said.get("errors", ())]
    if said.get("code") == "validation" and "recipients_required" in codes:
        return "recipients_required"
    return str(said.get("code", response.status_code))
