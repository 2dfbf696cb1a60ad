"""Each client there is, and a far side that does as it is told."""

from collections.abc import Iterator

import pytest

from notifications.fcm.client import (
    Client,
    MultiplexClient,
    PycurlClient,
)
from tests.notifications.fcm.asking import Make
from tests.notifications.fcm.far_side import FarSide


@pytest.fixture(params=[MultiplexClient, PycurlClient])
def make(request) -> Make:
    """A client for this URL that is patient with a busy machine."""

    def client(url: str, credentials=None, **how) -> Client:
        return request.param(url, credentials, "demo", **({"request_s": 20} | how))

    return client


@pytest.fixture
def far() -> Iterator[FarSide]:
    with FarSide() as side:
        yield side
