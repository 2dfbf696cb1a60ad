"""Every event that an endpoint can choose, and when it happens."""

EVENTS = {
    "notification.sent": "A notification is through: every phone has its outcome.",
    "notification.halted": "A guard paused it: a wrong set-up, too many dead tokens, a bad message.",
    "notification.failed": "It is through, and not one phone accepted it although some were tried.",
    "notification.stopped": "Somebody stopped it for good.",
    "notification.held": "Its time came, but it waits for a person: it was late, or numbers moved.",
    "delivery.failed": "The phones that a notification did not reach, up to 500 in one event.",
    "device.invalidated": "Phones whose token FCM called dead: the app was removed.",
    "permission.changed": "What a phone may show has changed.",
    "prompt.converted": "Somebody allowed notifications after a prompt.",
}
TEST = "test"
OF_NOTIFICATIONS = tuple(event for event in EVENTS if event.startswith("notification."))
