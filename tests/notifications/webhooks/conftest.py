"""A receiver on this machine, allowed for the tests, and endpoints that point at it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from notifications.models import WebhookEndpoint
from notifications.webhooks import keeping
from tests.console.staff import make_member
from tests.notifications.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver().start()
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def _to_this_machine(settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE = True


@pytest.fixture
def admin(db: None) -> Any:
    return make_member("admin")


@pytest.fixture
def listen(admin: Any, receiver: Receiver) -> Callable[..., WebhookEndpoint]:
    """`listen("device.invalidated")`: an endpoint that hears of it; its secret is `.plain`."""

    def add(*events: str, url: str = "", triggers: bool = False) -> WebhookEndpoint:
        fields = {"name": "", "url": url or receiver.url, "events": events, "triggers": triggers}
        made, secret = keeping.add(fields, by=admin)
        made.plain = secret  # type: ignore[attr-defined]
        return made

    return add
