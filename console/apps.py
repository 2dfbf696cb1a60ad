from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The human face. It has no models, so it syncs the roles when notifications migrated."""

    name = "console"

    def ready(self) -> None:
        from django.apps import apps
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import post_migrate

        from console import checks, roles, sessions  # noqa: F401  the import registers the checks

        watch_errors()
        user_logged_in.connect(sessions.begin)
        post_migrate.connect(roles.sync, sender=apps.get_app_config("notifications"))


def watch_errors() -> None:
    """Report errors where SENTRY_DSN says; without it nothing is loaded. No message and no token
    leaves: neither local variables nor request bodies are sent."""
    from django.conf import settings

    if settings.SENTRY_DSN:
        import sentry_sdk

        sentry_sdk.init(
            settings.SENTRY_DSN,
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
        )
