from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Composing, sending, reporting; and the JSON doors for back ends and phones."""

    name = "notifications"
