"""What stands in the calls: bodies that the API takes, and what fills an address."""

from typing import Any

UUID = "0b5f6f9e-58b2-4a0f-9c8e-0f2d6a4f7c11"
SHOWN = {"event_id": "5d0bb5a3", "device_id": "anns-phone", "type": "impression"}
KEY = {"idempotency_key": "snow-1124"}

COMMENTED = {"user_id": "ann", "title": "Jo commented on your post", "text": "What a view!"}

BODIES: dict[str, Any] = {  # by operation; those of the description's own examples are not here
    "audiences_create": {
        "name": "Near the mountains",
        "rules": {
            "version": 1,
            "all": [
                {
                    "field": "attribute",
                    "name": "city",
                    "type": "string",
                    "op": "is",
                    "value": "Graz",
                }
            ],
        },
    },
    "audiences_partial_update": {"name": "Mountains", "archived": False},
    "audiences_members_create": {"add": ["ann", "bob"], "remove": ["eve"]},
    "devices_update": {
        "user_id": "ann",
        "platform": "android",
        "token": "a-token-of-20-characters",
        "app_version": "4.6.0",
        "model": "Pixel 8",
        "locale": "de-AT",
        "timezone": "Europe/Vienna",
        "permission": {"system": "authorized"},
    },
    "devices_permission_create": {"system": "denied", "source": "settings"},
    "devices_permission_ask_create": {
        "phase": "result",
        "result": "granted",
        "event_id": "5d0bb5a3",
    },
    "devices_sessions_create": {"session_id": "s1", "app_version": "4.6.0"},
    "devices_unregister_create": {"device_id": "anns-phone", "user_id": "ann"},
    "notifications_create": {
        "title": "First snow on the Rax",
        "text": "12 huts still have beds. Book tonight.",
        "send_to": "everyone",
        "schedule": {"at": "2026-11-24T09:30", "tz": "Europe/Vienna"},
    },
    "notifications_partial_update": {"text": "10 huts still have beds.", "version": 1},
    "notifications_cancel_create": KEY,
    "notifications_pause_create": KEY,
    "notifications_resume_create": KEY,
    "notifications_stop_create": KEY,
    "notifications_end_series_create": KEY,
    "notifications_undo_create": KEY,
    "notifications_correct_create": {
        "title": "First snow on the Rax",
        "text": "10 huts still have beds. Book tonight.",
        "confirm": "Send Notification",
    },
    "notifications_dry_run_create": {},
    "notifications_send_create": {"confirm": "Send Notification", "review_token": "eyJ2IjoxfQ:1x…"},
    "prompts_create": {
        "name": "After the first hut",
        "content": {"title": "Hear when snow comes?"},
        "triggers": [[{"kind": "event", "name": "hut_saved"}]],
    },
    "prompts_partial_update": {"priority": 5, "holdout_pct": 10},
    "prompts_events_create": {"events": [SHOWN]},
    "prompts_events_batch": {"events": [SHOWN | {"prompt_id": 7}]},
    "prompts_evaluate_create": {
        "device_id": "anns-phone",
        "session_id": "s1",
        "trigger": {"kind": "event", "name": "hut_saved"},
    },
    "users_update": {
        "attributes": {"city": "Graz", "nights": 12},
        "tags": ["guest"],
        "locale": "de-AT",
        "timezone": "Europe/Vienna",
    },
    "users_bulk_create": [
        {"user_id": "ann", "attributes": {"city": "Graz"}},
        {"user_id": "bob", "tags": ["guest"]},
    ],
}

IN_ADDRESSES = {"user_id": "ann", "device_id": "anns-phone", "uuid": UUID, "id": "7"}
