"""The doors of notifications do what the OpenAPI description says, whatever is thrown at them."""

import pytest

from notifications.models import Page, PageParameter
from tests.described import described, statuses_of
from tests.examples import examples
from tests.factories import make_device, make_key

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(400)]
DOORS = r"^/api/v1/(notifications/trigger|events|images)$"


@pytest.mark.parametrize("kind", ["server", "client"])
def test_no_body_breaks_a_door_and_every_answer_is_described(kind: str) -> None:
    make_device("ada", device_id="D")
    page = Page.objects.create(name="Home")
    PageParameter.objects.create(page=page, name="post", type="DocumentReference")

    statuses = statuses_of(DOORS, make_key(kind), examples=examples(8))

    assert len(statuses) == 3
    assert set().union(*statuses.values()) & {202, 422}


def test_every_door_is_described_with_its_errors() -> None:
    trigger = described()["paths"]["/api/v1/notifications/trigger"]["post"]

    assert {"202", "401", "403", "409", "413", "415", "422", "429", "503"} <= set(
        trigger["responses"]
    )
    examples = trigger["requestBody"]["content"]["application/json"]["examples"]
    assert any("template" in example["value"] for example in examples.values())
    assert any(header["name"] == "Idempotency-Key" for header in trigger["parameters"])
