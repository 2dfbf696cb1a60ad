"""The icon, the tone and the word of each state, the same wherever it stands."""

STATUS_PILLS = {  # word: (icon, tone)
    "draft": ("pencil", ""),
    "awaiting_approval": ("user-check", ""),
    "scheduled": ("clock", ""),
    "held": ("hand-stop", "warn dashed"),
    "sending": ("live", "sig"),
    "paused": ("player-pause", "warn"),
    "sent": ("circle-check", "ok"),
    "sent_with_failures": ("alert-circle", "warn"),
    "failed": ("circle-x", "bad"),
    "stopped": ("player-stop", "off"),
    "cancelled": ("ban", "off"),
}
OUTCOME_PILLS = {
    "waiting": ("hourglass", "warn"),
    "retry": ("hourglass", "warn"),
    "accepted": ("send", "sig"),
    "received": ("device-mobile-check", "sig"),
    "opened": ("eye", "ok"),
    "skipped": ("circle-minus", ""),
    "rejected": ("device-mobile-off", "bad"),
    "dead_token": ("device-mobile-off", "bad"),
    "unknown": ("help", "doubt"),
    "expired": ("clock-off", ""),
    "not_yet": ("clock", "off"),
}
PERMISSION_PILLS = {
    "granted": ("bell-ringing", "ok"),
    "provisional": ("bell", "sig"),
    "should_request": ("message-question", "warn"),
    "should_explain_then_request": ("message-question", "warn"),
    "denied": ("bell-off", "bad"),
    "opted_out": ("user-off", "doubt"),
    "app_removed": ("device-mobile-off", "off"),
    "unregistered": ("logout", "off"),
}
PILLS = {**OUTCOME_PILLS, **PERMISSION_PILLS, **STATUS_PILLS}
WORDS = {
    "retry": "Waiting for retry",
    "dead_token": "App removed",
    "granted": "Allowed",
    "provisional": "Quietly",
    "should_request": "Not asked yet",
    "should_explain_then_request": "Not asked yet",
    "denied": "Notifications are off",
    "opted_out": "Opted out in the app",
}
