"""The first run: four steps that tick themselves."""

from dataclasses import dataclass
from typing import Any

from console.context import url_of
from devices.models import TestDevice
from notifications import access
from notifications.models import Notification, Page
from notifications.sending.channel import in_sandbox
from notifications.states import Kind


@dataclass(frozen=True, slots=True)
class SetupStep:
    title: str
    text: str
    done: bool
    action: str = ""
    url: str = ""
    current: bool = False  # the first that is still open


def steps(user: Any) -> list[SetupStep]:
    """Three queries. An address is "" where this role may not go, or no such page exists."""
    sandbox = in_sandbox()
    found = [
        connect(user, sandbox),
        SetupStep(
            "Add a test phone",
            "Pretend phones in the sandbox, or your own once the app registers it."
            if sandbox
            else "Register your own phone with the app, then mark it as your test phone.",
            TestDevice.objects.exists(),
            "Open the sandbox" if sandbox else "Open Devices",
            url_of("sandbox") if sandbox else url_of("devices"),
        ),
        SetupStep(
            "Add your pages",
            "The pages of your app that a tap can open, with their parameters.",
            Page.objects.exists(),
            "Add a page",
            allowed(user, "settings", "settings-pages"),
        ),
        SetupStep(
            "Send yourself a test",
            "Title, text, send. It takes five seconds.",
            Notification.objects.filter(kind=Kind.TEST, started_at__isnull=False).exists(),
            "Compose",
            allowed(user, "compose", "compose"),
        ),
    ]
    return with_current(found)


def connect(user: Any, sandbox: bool) -> SetupStep:
    if sandbox:
        text = (
            "You are in the sandbox: nothing reaches a real phone until you set a service account."
        )
        return SetupStep("Connect Firebase, or use the sandbox", text, True)
    return SetupStep("Connect Firebase", "Messages go to real phones.", True)


def allowed(user: Any, verb: str, url_name: str) -> str:
    return url_of(url_name) if access.allowed(user, verb) else ""


def with_current(found: list[SetupStep]) -> list[SetupStep]:
    first_open = next((place for place, step in enumerate(found) if not step.done), None)
    return [
        SetupStep(step.title, step.text, step.done, step.action, step.url, place == first_open)
        for place, step in enumerate(found)
    ]
