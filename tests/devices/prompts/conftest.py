from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from tests.devices.prompts.phones import Phone

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stands still until it is moved."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def phone(db: None, clock: time_machine.Traveller) -> Phone:
    return Phone(clock)
