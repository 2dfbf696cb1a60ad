"""Opens over time in the report, with its table, and the pace while it goes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from console.openings import pace_of, spread
from notifications import opens
from notifications.models import Batch, Delivery, Notification, Receipt
from tests.console.staff import client_of
from tests.sending import make_phones

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 17, 9, 20, tzinfo=UTC)


def sent(opened_after_min: list[float], **fields) -> Notification:
    """Sent at START to as many phones; each opened so many minutes later."""
    one = Notification.objects.create(
        title="First snow", body="12 huts", status="sent", revision={}, due_at=START,
        started_at=START, finished_at=START + timedelta(minutes=2), **fields,
    )  # fmt: skip
    phones = make_phones(len(opened_after_min))
    batch = Batch.objects.create(
        notification=one, kind="range", ordinal=1, due_at=START, opened_ios=len(phones),
        counters={"ios": {"targeted": len(phones), "accepted": len(phones), "reasons": {}}},
    )  # fmt: skip
    for phone, minutes in zip(phones, opened_after_min, strict=True):
        Delivery.objects.create(
            notification=one, device=phone, user=phone.owner, batch=batch, outcome="accepted",
            platform="ios", started_at=START, at=START,
            opened_at=START + timedelta(minutes=minutes),
        )  # fmt: skip
    return one


def test_opens_fall_into_the_hours_of_the_clock():
    one = sent([1, 39, 41, 45, 60 * 30, 60 * 60])

    assert opens.by_hour(one) == [
        (datetime(2026, 11, 17, 9, tzinfo=UTC), 2),
        (datetime(2026, 11, 17, 10, tzinfo=UTC), 2),
        (datetime(2026, 11, 18, 15, tzinfo=UTC), 1),
    ]


def test_the_report_draws_them_with_a_table_that_adds_up_to_the_number_above():
    one = sent([1, 39, 41, 60 * 60])

    page = client_of("viewer").get(one.get_absolute_url()).content.decode()

    assert "Opens, hour by hour" in page
    assert "Opens per hour. Most in the hour from 09:00: 2 opens." in page
    section = page[page.index("Opens, hour by hour") :]
    table = section[: section.index("</table>")]
    numbers = [int(part.split("<")[0]) for part in table.split('<td class="r">')[1:]]
    assert numbers == [2, 1, 1, 4]
    assert "After 48 hours" in table


def test_a_report_without_opens_says_so():
    one = sent([])
    Batch.objects.update(counters={"ios": {"targeted": 1, "accepted": 1, "reasons": {}}})

    page = client_of("viewer").get(one.get_absolute_url()).content.decode()

    assert "Nobody has opened it yet, as far as the app says." in page


def test_phones_that_put_it_away_are_counted_once_each():
    one = sent([5, 6])
    phones = [row.device for row in one.deliveries.all()]
    for n, phone in enumerate([phones[0], phones[0], phones[1]]):
        Receipt.objects.create(
            event_id=f"e{n}", notification=one, device=phone, type="dismissed", at=START
        )

    assert opens.dismissed(one) == 2
    page = client_of("viewer").get(one.get_absolute_url()).content.decode()
    assert "put it away" in page


def test_the_question_is_answered_from_the_index_of_opened_rows():
    one = sent([5])
    if connection.vendor == "postgresql":  # it would read so few rows one by one
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")

    assert "delivery_opened" in opens.in_time(one).explain()


def test_pace_is_spread_over_the_time_each_batch_took():
    heights = [0.0] * 4

    spread(heights, 10, 0, 1.5)
    spread(heights, 6, 3, 9)

    assert heights == [5, 5, 0, 6]


def test_pace_is_drawn_while_it_goes_once_there_are_enough_batches():
    one = sent([])
    now = START + timedelta(seconds=40)
    Notification.objects.update(status="sending", planned=100)
    Batch.objects.all().delete()
    for n in range(4):
        Batch.objects.create(
            notification=one, kind="range", ordinal=n + 1, due_at=START,
            started_at=START + timedelta(seconds=10 * n),
            finished_at=START + timedelta(seconds=10 * n + 9),
            counters={"ios": {"targeted": 20, "accepted": 20, "reasons": {}}},
        )  # fmt: skip

    columns = pace_of(one, now)

    assert len(columns) == 40
    assert all(column.count for column in columns)
    page = client_of("viewer").get(one.get_absolute_url()).content.decode()
    assert "Phones handled over time" in page
