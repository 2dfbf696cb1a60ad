"""What FCM's answers mean: the one place that decides.

Sources, named at each case: the FCM HTTP v1 reference ("ErrorCode", "FcmError"), Google's error
model (`google.rpc.Status`, `ErrorInfo`, `BadRequest`, `QuotaFailure`), RFC 9110 and RFC 9113, and
replies recorded from production (tests/fcm_replies). The order of `details` is no contract and
`details` may be missing, so the look-up is: FcmError's errorCode, then ErrorInfo's reason, then
the HTTP status.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

from notifications.fcm.error_body import ErrorBody, QuotaScope, as_text, clean


class Kind(StrEnum):
    ACCEPTED = "accepted"
    DEAD_TOKEN = "dead_token"  # noqa: S105  (an outcome, not a secret)
    REJECTED = "rejected"
    MISCONFIGURED = "misconfigured"
    RETRY = "retry"
    UNKNOWN = "unknown"


class Failure(StrEnum):
    """What went wrong on the way to an answer. The value is the reason code."""

    # The request cannot have reached FCM: safe to send again, no attempt used up.
    CONNECT = "connect"
    DNS = "dns"
    TLS = "tls"
    CREDENTIALS_UNREACHABLE = "credentials_unreachable"
    # The far side says that it did not process the request (RFC 9113, 8.7): safe to send again.
    REFUSED_STREAM = "refused_stream"
    # No token can be had: nothing will be accepted until someone changes the key.
    CREDENTIALS = "credentials"
    # The request may have been processed, nobody can say: never sent again by itself.
    TIMEOUT = "timeout"
    RESET = "reset"
    BAD_BODY = "bad_body"


_ACCEPTED = Kind.ACCEPTED
# A success as FCM writes it, read without a JSON parser: 0.5 µs instead of 3.
_USUAL = re.compile(rb'\s*\{\s*"name"\s*:\s*"([!#-\[\]-~]+)"\s*\}\s*')


@dataclass(frozen=True, slots=True)
class Answer:
    """FCM's answer for one message.

    `reason` is a lower-case code: FCM's errorCode, or what is wrong with the set-up, or how the
    way there failed. `retry_after_s` is what FCM asked for; the caller adds the floors.
    `quota_scope` is "device" when a QuotaFailure blames the device, None when nothing is named.
    `counts_attempt` is False where the request cannot have reached FCM.
    """

    kind: Kind
    reason: str = ""
    message_id: str = ""
    retry_after_s: float | None = None
    quota_scope: QuotaScope = None
    counts_attempt: bool = True
    detail: str = ""


_PRE_SEND = {Failure.CONNECT, Failure.DNS, Failure.TLS, Failure.CREDENTIALS_UNREACHABLE}
_FAILED_AS = {
    **dict.fromkeys(_PRE_SEND, Kind.RETRY),
    Failure.REFUSED_STREAM: Kind.RETRY,
    Failure.CREDENTIALS: Kind.MISCONFIGURED,
}


def failed(failure: Failure, detail: str = "") -> Answer:
    """The answer for a request that got none."""
    return Answer(
        kind=_FAILED_AS.get(failure, Kind.UNKNOWN),
        reason=failure.value,
        counts_attempt=failure not in _PRE_SEND and failure is not Failure.CREDENTIALS,
        detail=clean(detail),
    )


def decode(status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Answer:
    """Decide what an HTTP answer means for its message.

    `headers` need lower-case names; only `retry-after` is read. `now` is in Unix seconds, for a
    Retry-After that is a date.
    """
    if status == 200:
        return _accepted(body)
    error = ErrorBody.read(body)
    decide = _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, _gateway)
    kind, reason = decide(status, error)
    return Answer(
        kind=kind,
        reason=reason,
        retry_after_s=retry_after(headers, now) if kind is Kind.RETRY else None,
        quota_scope=error.quota_scope if status == 429 else None,
        counts_attempt=kind is not Kind.MISCONFIGURED,
        detail=error.detail,
    )


def says_token_expired(status: int, body: bytes) -> bool:
    """Whether this 401 is about the age of our access token, so that a new one would do.

    Source: google.rpc.ErrorInfo, reason ACCESS_TOKEN_EXPIRED. A THIRD_PARTY_AUTH_ERROR is a 401
    too, and no new token would help it.
    """
    if status != 401:
        return False
    error = ErrorBody.read(body)
    return not error.fcm_code and error.info_reason == "ACCESS_TOKEN_EXPIRED"


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, from Retry-After: seconds or an HTTP date (RFC 9110, 10.2.3)."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _accepted(body: bytes) -> Answer:
    """Reference, "projects.messages": a success carries `name`. Without one, who knows."""
    usual = _USUAL.fullmatch(body)
    if usual:
        return Answer(_ACCEPTED, "", usual[1].decode())
    try:
        name = json.loads(body.decode())["name"]
    except (ValueError, KeyError, TypeError, RecursionError):
        name = ""
    if isinstance(name, str) and name:
        return Answer(_ACCEPTED, "", clean(name))
    return failed(Failure.BAD_BODY, as_text(body))


Decision = tuple[Kind, str]


def _bad_request(status: int, error: ErrorBody) -> Decision:
    """400. Only a reply that blames `message.token`, and nothing else, is about the device.

    Reference, ErrorCode INVALID_ARGUMENT: "check … whether the message payload is valid" — so the
    code alone must never retire anybody. Older replies have no BadRequest part and blame the
    token in words only.
    """
    if error.fcm_code not in ("", "INVALID_ARGUMENT"):
        return _by_fcm_code(status, error)
    if error.fcm_code and error.blamed and all(_is_target(field) for field in error.blamed):
        return Kind.DEAD_TOKEN, "invalid_argument"
    in_words = "registration token is not a valid FCM registration token" in error.message
    if in_words and not error.blamed:
        return Kind.DEAD_TOKEN, "invalid_argument"
    return Kind.REJECTED, (error.fcm_code or error.status or "invalid_argument").lower()


def _is_target(field: str) -> bool:
    return field in ("message.token", "message.fid")


def _unauthenticated(status: int, error: ErrorBody) -> Decision:
    """401: our access token, unless FcmError says that it is APNs that refused *Firebase*.

    Reference, ErrorCode THIRD_PARTY_AUTH_ERROR (APNS_AUTH_ERROR before 2020): the APNs key of
    the project is missing or invalid. Android goes on.
    """
    if error.fcm_code in ("THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR"):
        return Kind.MISCONFIGURED, "apns_key"
    return Kind.MISCONFIGURED, "credentials"


# The reasons of MISCONFIGURED.
WRONG_SET_UP = frozenset({"iam", "api_disabled", "apns_key", "wrong_project", "credentials"})
_FORBIDDEN = {
    # google.rpc.ErrorInfo, domain googleapis.com
    "IAM_PERMISSION_DENIED": "iam",
    "SERVICE_DISABLED": "api_disabled",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "credentials",
    "CONSUMER_INVALID": "wrong_project",
}


def _forbidden(status: int, error: ErrorBody) -> Decision:
    """403. SENDER_ID_MISMATCH is about this token; without FcmError it is about our rights."""
    if error.fcm_code:
        return _by_fcm_code(status, error)
    if error.info_reason in _FORBIDDEN:
        return Kind.MISCONFIGURED, _FORBIDDEN[error.info_reason]
    disabled = "has not been used in project" in error.message or "is disabled" in error.message
    return Kind.MISCONFIGURED, "api_disabled" if disabled else "iam"


def _not_found(status: int, error: ErrorBody) -> Decision:
    """404: only with FcmError UNREGISTERED is it the device; otherwise the project is unknown.

    Clients that take every 404 for a dead token wipe their tables with one wrong key.
    """
    if error.fcm_code:
        return _by_fcm_code(status, error)
    return Kind.MISCONFIGURED, "wrong_project"


def _too_many(status: int, error: ErrorBody) -> Decision:
    """429, reference ErrorCode QUOTA_EXCEEDED; the scope is in QuotaFailure, when it is there."""
    return Kind.RETRY, "quota"


def _not_done(status: int, error: ErrorBody) -> Decision:
    """FCM says that it did not do it: 500 INTERNAL, 503 UNAVAILABLE, 409 ABORTED, and 408, which
    means that the request never arrived whole (RFC 9110, 15.5.9)."""
    return Kind.RETRY, {408: "request_timeout", 409: "aborted", 500: "internal"}.get(
        status, "unavailable"
    )


def _gateway(status: int, error: ErrorBody) -> Decision:
    """502, 504 and other 5xx come from something in between (often HTML): FCM may have acted.

    An unusual 2xx is in the same case: someone did something.
    """
    return Kind.UNKNOWN, "gateway" if status >= 500 else "bad_body"


def _redirect(status: int, error: ErrorBody) -> Decision:
    """FCM never redirects, and a redirect is never followed: the bearer token would go along.
    Whoever answered (a captive portal, a proxy) did not do it."""
    return Kind.RETRY, "redirected"


def _by_fcm_code(status: int, error: ErrorBody) -> Decision:
    """Reference, ErrorCode: what an errorCode means whatever 4xx carries it."""
    code = error.fcm_code
    if code == "UNREGISTERED":
        return Kind.DEAD_TOKEN, "unregistered"
    if code in ("THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR"):
        return Kind.MISCONFIGURED, "apns_key"
    if code == "QUOTA_EXCEEDED":
        return Kind.RETRY, "quota"
    if code in ("UNAVAILABLE", "INTERNAL"):
        return Kind.RETRY, code.lower()
    return Kind.REJECTED, code.lower()


def _other_4xx(status: int, error: ErrorBody) -> Decision:
    """405, 413, 415 and the like: FCM would not have this request, now or later."""
    if error.fcm_code:
        return _by_fcm_code(status, error)
    return Kind.REJECTED, (error.status or f"http_{status}").lower()


_BY_STATUS = {
    400: _bad_request,
    401: _unauthenticated,
    403: _forbidden,
    404: _not_found,
    408: _not_done,
    409: _not_done,
    429: _too_many,
    500: _not_done,
    503: _not_done,
}
_BY_CLASS = {3: _redirect, 4: _other_4xx}
