"""A worker process that dies at each named place: it completes by itself, nothing is doubled."""

from collections import Counter

import pytest

from notifications import reports
from notifications.models import Delivery
from notifications.sending import failpoints
from notifications.states import NotificationStatus as S
from tests.notifications.test_workers import QUICK, status_of, tick_until
from tests.sending import confirmed, make_phones, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]
PHONES, WINDOW = 400, 100
ENVIRONMENT = QUICK | {"BATCH_SIZE": "100", "LEASE_SECONDS": "1", "RETRY_SECONDS": "0.2"}


def dies(start_worker, point: str) -> None:
    """A worker that ends at `point`, rung until it has."""
    env = ENVIRONMENT | {"DEBUG_FAILPOINTS": "1", "FAILPOINT": point}
    worker = start_worker(concurrency=1, env=env)
    tick_until(lambda: worker.process.poll() is not None)
    assert worker.process.returncode == 137, worker.log()


@pytest.mark.timeout(400)
@pytest.mark.slow
def test_killed_at_one_place_after_the_other_it_completes_and_nobody_gets_it_twice(
    start_worker, sandbox
):
    """Planning, opening, sending, recording, settling, finishing: each ends a process once."""
    make_phones(PHONES)
    notification = confirmed(batch_mode=True)
    places = [
        ("in_plan:exit:137", 0),
        ("after_plan_page:exit:137", 0),
        ("after_claim:exit:137", 0),
        ("after_open_before_send:exit:137", WINDOW),
        ("after_answers_before_commit:exit:137", 2 * WINDOW),
        ("after_settle:exit:137", 2 * WINDOW),
        ("before_finish:exit:137", 2 * WINDOW),
    ]

    for place, doubt in places:
        dies(start_worker, place)
        at_most = reports.counts(notification).unknown + reports.in_doubt(notification)
        assert at_most <= doubt, place
    start_worker(concurrency=1, env=ENVIRONMENT)
    tick_until(lambda: status_of(notification) == S.SENT)

    notification.refresh_from_db()
    found = reports.counts(notification)
    assert (found.planned, found.targeted, found.waiting) == (PHONES, PHONES, 0)
    assert found.accepted + found.unknown == PHONES
    assert Delivery.objects.filter(notification=notification).count() == PHONES
    stats = sandbox.stats()
    assert stats["max_per_token"] == 1
    assert found.accepted <= stats["accepted"] <= found.accepted + found.unknown


def test_at_least_once_a_repeat_carries_the_same_identity(start_worker, sandbox):
    """Both systems replace a banner of the same tag or collapse-id: seen twice, shown once."""
    make_phones(20)
    notification = confirmed(send_to="users", recipients=[f"phone-{n}" for n in range(20)])
    type(notification).objects.filter(pk=notification.pk).update(at_least_once=True)

    dies(start_worker, "after_answers_before_commit:exit:137")
    start_worker(concurrency=1, env=ENVIRONMENT)
    tick_until(lambda: status_of(notification) == S.SENT)

    found = reports.counts(notification)
    assert (found.accepted, found.unknown) == (20, 0)
    notification.refresh_from_db()
    thread = str(notification.thread)
    for number in (2, 3):
        twice = sandbox.messages(token=token_of(number))
        assert [_identity(one["message"]) for one in twice] == [thread, thread]
    assert sandbox.stats()["max_per_token"] == 2


def _identity(message: dict) -> str:
    """What the phone goes by: `tag` on Android, `apns-collapse-id` on iOS."""
    said = Counter([message["android"]["notification"]["tag"]] if "android" in message else [])
    if "apns" in message:
        said[message["apns"]["headers"]["apns-collapse-id"]] += 1
    [identity] = said
    return identity


def test_a_place_or_action_that_nobody_knows_is_refused_with_what_is_allowed():
    for wrong in ("nowhere:exit:1", "after_claim:explode:1", "after_claim", "after_claim:exit:x"):
        with pytest.raises(failpoints.BadFailpoint, match="FAILPOINT="):
            failpoints.parse(wrong)


def test_without_the_setting_no_place_does_anything(settings):
    assert not settings.DEBUG_FAILPOINTS
    assert failpoints.reached is failpoints._nothing
