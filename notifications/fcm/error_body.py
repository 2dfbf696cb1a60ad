"""The body of FCM's errors, and text from afar made fit to keep.

Google's error model: `google.rpc.Status` with `details`, of which FcmError, ErrorInfo, BadRequest
and QuotaFailure matter. Their order is no contract, and they may be missing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

DETAIL_MAX = 1000  # characters of FCM's own words kept with an outcome

_FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"

QuotaScope = Literal["project", "device"] | None


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The parts of an error body that decisions rest on; all empty when it is not FCM's JSON."""

    message: str = ""
    status: str = ""
    fcm_code: str = ""
    info_reason: str = ""
    blamed: tuple[str, ...] = ()
    quota_scope: QuotaScope = None
    detail: str = ""

    @classmethod
    def read(cls, body: bytes) -> "ErrorBody":
        try:
            error = json.loads(body)["error"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return cls(detail=as_text(body))
        if not isinstance(error, dict):
            return cls(detail=as_text(body))
        message = _string(error.get("message"))
        by_type = {_string(part.get("@type")): part for part in _dicts(error.get("details"))}
        return cls(
            message=message,
            status=_string(error.get("status")),
            fcm_code=_string(by_type.get(_FCM_ERROR, {}).get("errorCode")),
            info_reason=_string(by_type.get(_ERROR_INFO, {}).get("reason")),
            blamed=tuple(
                _string(violation.get("field"))
                for violation in _dicts(by_type.get(_BAD_REQUEST, {}).get("fieldViolations"))
            ),
            quota_scope=_quota_scope(by_type.get(_QUOTA_FAILURE, {})),
            detail=clean(message) or as_text(body),
        )


def _quota_scope(failure: Mapping[str, Any]) -> QuotaScope:
    """google.rpc.QuotaFailure: `subject` and `description` are prose, so look for the word.

    FCM parts "message rate" (the project), "device message rate" and "topic message rate".
    """
    words = " ".join(
        f"{_string(violation.get('subject'))} {_string(violation.get('description'))}".lower()
        for violation in _dicts(failure.get("violations"))
    )
    if "device" in words or "token" in words:
        return "device"
    return "project" if "project" in words else None


def _dicts(value: object) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def as_text(body: bytes) -> str:
    return clean(body[: DETAIL_MAX * 4].decode("utf-8", "replace"))


def clean(text: str) -> str:
    """Cut, and without what PostgreSQL cannot store: NUL and lone surrogates."""
    return text[:DETAIL_MAX].replace("\0", "").encode("utf-8", "replace").decode()
