from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The human face. It has no models, so it syncs the roles when notifications migrated."""

    name = "console"

    def ready(self) -> None:
        from django.apps import apps
        from django.db.models.signals import post_migrate

        from console import checks, roles  # noqa: F401  the import registers the checks

        post_migrate.connect(roles.sync, sender=apps.get_app_config("notifications"))
