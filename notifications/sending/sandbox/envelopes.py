"""Google's error bodies, letter for letter where a capture or a document gives them.

`details` keep the order seen in captures; Google promises none. Where a comment says "inferred"
no capture is known: rely on the status and the FcmError alone.
"""

from typing import Any

from notifications.sending.sandbox.http import Reply, json_reply

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
HELP = "type.googleapis.com/google.rpc.Help"
QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"

SEND_METHOD = "google.firebase.fcm.v1.FcmService.SendMessage"
FCM_SERVICE = "fcm.googleapis.com"
EXPECTED = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
    "See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
GATEWAY_PAGE = (
    b"<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
    b"<title>Error 502 (Server Error)!!1</title>\n"
    b"<p><b>502.</b> <ins>That\xe2\x80\x99s an error.</ins>\n"
    b"<p>The server encountered a temporary error and could not complete your request.<p>"
    b"Please try again in 30 seconds.  <ins>That\xe2\x80\x99s all we know.</ins>\n"
)
NOT_FOUND_PAGE = (
    b"<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
    b"<title>Error 404 (Not Found)!!1</title>\n"
    b"<p><b>404.</b> <ins>That\xe2\x80\x99s an error.</ins>\n"
    b"<p>The requested URL was not found on this server.  "
    b"<ins>That\xe2\x80\x99s all we know.</ins>\n"
)

Detail = dict[str, Any]


def envelope(
    code: int,
    status: str,
    message: str,
    details: list[Detail] | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Reply:
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    if details:
        error["details"] = details
    return json_reply(code, {"error": error}, headers)


def fcm_error(code: str) -> Detail:
    return {"@type": FCM_ERROR, "errorCode": code}


def bad_request(*violations: tuple[str, str]) -> Detail:
    if not violations:
        return {"@type": BAD_REQUEST}
    named = [{"field": field, "description": why} for field, why in violations]
    return {"@type": BAD_REQUEST, "fieldViolations": named}


def error_info(reason: str, domain: str = "googleapis.com", **metadata: str) -> Detail:
    return {"@type": ERROR_INFO, "reason": reason, "domain": domain, "metadata": metadata}


def _html(status: int, page: bytes) -> Reply:
    return Reply(status, page, content_type="text/html; charset=UTF-8")


# ------------------------------------------------------------------ 400


def no_target() -> Reply:
    why = "Recipient of the message is not set."
    details = [bad_request(("message", why)), fcm_error("INVALID_ARGUMENT")]
    return envelope(400, "INVALID_ARGUMENT", why, details)


def malformed_token() -> Reply:
    why = "The registration token is not a valid FCM registration token"
    details = [fcm_error("INVALID_ARGUMENT"), bad_request(("message.token", why))]
    return envelope(400, "INVALID_ARGUMENT", why, details)


def bad_value(field: str, why: str) -> Reply:
    """A value that has the right type and breaks one of FCM's own rules."""
    details = [bad_request((field, why)), fcm_error("INVALID_ARGUMENT")]
    return envelope(400, "INVALID_ARGUMENT", why, details)


def bad_condition() -> Reply:
    return envelope(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")


def too_big() -> Reply:
    why = "Message is too large. The maximum is 4K (4096 bytes)."
    return envelope(400, "INVALID_ARGUMENT", why, [bad_request(), fcm_error("INVALID_ARGUMENT")])


def invalid_argument() -> Reply:
    why = "Request contains an invalid argument."
    return envelope(400, "INVALID_ARGUMENT", why, [fcm_error("INVALID_ARGUMENT")])


def schema_errors(violations: list[tuple[str, str]]) -> Reply:
    """The JSON front's own refusals: BadRequest only, never an FcmError."""
    why = "\n".join(text for _, text in violations)
    return envelope(400, "INVALID_ARGUMENT", why, [bad_request(*violations)])


def broken_json(why: str) -> Reply:
    return envelope(400, "INVALID_ARGUMENT", f"Invalid JSON payload received. {why}")


def too_much() -> Reply:
    page = b"<!DOCTYPE html>\n<title>Error 413 (Request Entity Too Large)!!1</title>\n"
    return _html(413, page)


def broken_request() -> Reply:
    return _html(400, b"<!DOCTYPE html>\n<title>Error 400 (Bad Request)!!1</title>\n")


# ------------------------------------------------------------------ 401, 403, 404


def no_bearer() -> Reply:
    why = f"Request is missing required authentication credential. {EXPECTED}"
    info = error_info("CREDENTIALS_MISSING", method=SEND_METHOD, service=FCM_SERVICE)
    return envelope(401, "UNAUTHENTICATED", why, [info])


def bad_bearer() -> Reply:
    why = f"Request had invalid authentication credentials. {EXPECTED}"
    return envelope(401, "UNAUTHENTICATED", why)


def expired_bearer() -> Reply:
    why = f"Request had invalid authentication credentials. {EXPECTED}"
    info = error_info("ACCESS_TOKEN_EXPIRED", method=SEND_METHOD, service=FCM_SERVICE)
    return envelope(401, "UNAUTHENTICATED", why, [info])


def third_party_auth() -> Reply:
    why = "Auth error from APNS or Web Push Service"
    return envelope(401, "UNAUTHENTICATED", why, [fcm_error("THIRD_PARTY_AUTH_ERROR")])


def scope_insufficient() -> Reply:
    why = "Request had insufficient authentication scopes."
    info = error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", method=SEND_METHOD, service=FCM_SERVICE)
    return envelope(403, "PERMISSION_DENIED", why, [info])


def sender_mismatch() -> Reply:
    details = [fcm_error("SENDER_ID_MISMATCH")]
    return envelope(403, "PERMISSION_DENIED", "SenderId mismatch", details)


def permission_denied(project: str) -> Reply:
    permission = "cloudmessaging.messages.create"
    resource = f"//cloudresourcemanager.googleapis.com/projects/{project}"
    why = f"Permission '{permission}' denied on resource '{resource}' (or it may not exist)."
    info = error_info(
        "IAM_PERMISSION_DENIED",
        "cloudresourcemanager.googleapis.com",
        permission=permission,
        resource=f"projects/{project}",
    )
    return envelope(403, "PERMISSION_DENIED", why, [info])


def api_disabled(number: str) -> Reply:
    url = f"https://console.developers.google.com/apis/api/{FCM_SERVICE}/overview?project={number}"
    why = (
        f"Firebase Cloud Messaging API has not been used in project {number} before or it is "
        f"disabled. Enable it by visiting {url} then retry. If you enabled this API recently, "
        "wait a few minutes for the action to propagate to our systems and retry."
    )
    links = [{"description": "Google developers console API activation", "url": url}]
    info = error_info("SERVICE_DISABLED", service=FCM_SERVICE, consumer=f"projects/{number}")
    return envelope(403, "PERMISSION_DENIED", why, [{"@type": HELP, "links": links}, info])


def unregistered() -> Reply:
    why = "Requested entity was not found."
    return envelope(404, "NOT_FOUND", why, [fcm_error("UNREGISTERED")])


def project_not_found() -> Reply:
    """Without an FcmError: nobody's token is dead. (Inferred.)"""
    return not_found()


def not_found() -> Reply:
    return envelope(404, "NOT_FOUND", "Requested entity was not found.")


def no_such_page() -> Reply:
    return _html(404, NOT_FOUND_PAGE)


# ------------------------------------------------------------------ 429, 5xx


def _retry_after(value: float | str | None) -> tuple[tuple[str, str], ...]:
    """Seconds or an HTTP date (RFC 9110, 10.2.3)."""
    return () if value is None else (("retry-after", str(value)),)


def quota(project: str, token: str, scope: str | None, retry_after: float | str | None) -> Reply:
    """`scope` names whose quota it was, "project" or "device"; None leaves it unnamed."""
    metric = "fcm.googleapis.com/send_requests"
    why = f"Quota exceeded for quota metric '{metric}' and limit 'Send requests per minute'."
    details = [fcm_error("QUOTA_EXCEEDED")]
    if scope:
        subject = f"device:{token}" if scope == "device" else f"project:{project}"
        violation = {"subject": subject, "description": f"Message rate of the {scope} exceeded."}
        details.append({"@type": QUOTA_FAILURE, "violations": [violation]})
    return envelope(429, "RESOURCE_EXHAUSTED", why, details, _retry_after(retry_after))


def unavailable(retry_after: float | str | None = None) -> Reply:
    why = "The service is currently unavailable."
    details = [fcm_error("UNAVAILABLE")]
    return envelope(503, "UNAVAILABLE", why, details, _retry_after(retry_after))


def internal() -> Reply:
    details = [fcm_error("INTERNAL")]
    return envelope(500, "INTERNAL", "Internal error encountered.", details)


def bad_gateway() -> Reply:
    return _html(502, GATEWAY_PAGE)


def gateway_timeout() -> Reply:
    """Inferred."""
    why = "Deadline expired before operation could complete."
    return envelope(504, "DEADLINE_EXCEEDED", why)
