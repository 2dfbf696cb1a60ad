from django.apps import AppConfig


class DevicesConfig(AppConfig):
    """Who can be reached: people, their phones, and whether those may show anything."""

    name = "devices"

    def ready(self) -> None:
        from devices.prompts import converting

        converting.watch()
