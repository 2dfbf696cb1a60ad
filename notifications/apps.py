from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Composing, sending, reporting; and the JSON doors for back ends and phones."""

    name = "notifications"

    def ready(self) -> None:
        from devices import changes, outbox, people
        from devices.prompts import announcing
        from notifications import audience_rules, forgetting, prompt_log

        people.also_forget(forgetting.forget)
        people.also_forget(outbox.forget)
        changes.listen(outbox.permission_changed)
        announcing.listen(prompt_log.write)
        audience_rules.register()
