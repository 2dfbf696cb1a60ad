"""The doors for phones and people do what the OpenAPI description says, whatever is thrown at them."""

import pytest

from tests.described import statuses_of
from tests.examples import examples
from tests.factories import make_device, make_key

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.mark.parametrize("kind", ["server", "client"])
def test_every_answer_is_described(kind: str) -> None:
    make_device("ada", device_id="D")

    statuses = statuses_of(r"^/api/v1/(devices|users)", make_key(kind), examples=examples(8))

    assert len(statuses) >= 12
