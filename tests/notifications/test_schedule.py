"""Random misfortunes, three seeds a database; `make soak` plays hundreds."""

import os

import pytest

from tests.schedule import Story, check

SEEDS = [int(seed) for seed in os.environ.get("BECKON_SEEDS", "1 2 3").split()]
PHONES = int(os.environ.get("BECKON_PHONES", "1500"))
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_nothing_is_lost_or_doubled(
    seed, start_worker, sandbox, redis_client, settings
):
    settings.SEND_WINDOW = 100
    story = Story(seed, sandbox, start_worker, redis_client)

    notification = story.play(PHONES, misfortunes=8)

    check(story, notification, PHONES)
