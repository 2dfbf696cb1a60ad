"""Examples for the API's pages, as a back end or an app would send them."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="One for each event of yours, at most 255 characters: the same call again does "
    "nothing more and has the same answer, for 30 days. Another body under it is 409.",
)
TRIGGERS = [
    OpenApiExample(
        "Someone commented",
        {
            "user_id": "ann",
            "title": "Jo commented on your post",
            "text": "What a view!",
            "initial_page": "PostView",
            "parameters": {"post": "posts/8312"},
        },
        request_only=True,
    ),
    OpenApiExample(
        "A message card for several people",
        {
            "user_refs": "users/ann, users/bob",
            "template": "order-ready",
            "variables": {"order_no": 1234},
            "target_os": "ios",
        },
        request_only=True,
    ),
    OpenApiExample(
        "Taken",
        {
            "id": "0b5f6f9e-58b2-4a0f-9c8e-0f2d6a4f7c11",
            "status": "sending",
            "recipients": {
                "users": 2,
                "unknown": ["bob"],
                "devices": 2,
                "deliverable": 1,
                "skipped": {"opted_out": 1},
            },
        },
        response_only=True,
        status_codes=["202"],
    ),
    OpenApiExample(
        "No recipients: never everyone",
        {
            "type": "about:blank",
            "title": "Not valid",
            "status": 422,
            "code": "recipients_required",
            "detail": "user_ids: Name the recipients: user_id, user_ids or user_refs, one of them.",
            "errors": [
                {
                    "field": "user_ids",
                    "code": "recipients_required",
                    "message": "Name the recipients: user_id, user_ids or user_refs, one of them.",
                }
            ],
            "request_id": "5d0bb5a3c0f04f7a9f6a2f8e0d3c1b11",
        },
        response_only=True,
        media_type="application/problem+json",
        status_codes=["422"],
    ),
]
EVENTS = [
    OpenApiExample(
        "Opened",
        {
            "events": [
                {
                    "event_id": "6f1c3f0e-9d0a-4a55-8a0c-2f6f3a1b7e10",
                    "type": "opened",
                    "notification_id": "0b5f6f9e-58b2-4a0f-9c8e-0f2d6a4f7c11",
                    "device_id": "D-1",
                    "at": "2026-11-24T09:31:02Z",
                }
            ]
        },
        request_only=True,
    )
]
