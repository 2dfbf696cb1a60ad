"""Statements kept in words say the same as the querysets they come from."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from devices.worded import Change, Load, Question
from notifications.models import Batch, Notification
from notifications.states import BatchKind

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def batches():
    notification = Notification.objects.create(title="Hi", body="There")
    return [
        Batch.objects.create(
            notification=notification,
            ordinal=number,
            kind=BatchKind.LIST,
            queue="trigger",
            due_at=NOON + timedelta(minutes=number),
        )
        for number in range(1, 4)
    ]


def test_a_question_is_asked_again_with_other_values(batches):
    due = Question(
        lambda pk, at: (
            Batch.objects.filter(pk__gte=pk, due_at__lte=at).order_by("pk").values_list("pk")
        ),
        int,
        datetime,
    )

    first = due.rows(batches[0].pk, NOON + timedelta(minutes=2))
    second = due.rows(batches[1].pk, NOON + timedelta(minutes=3))

    assert first == [(batches[0].pk,), (batches[1].pk,)]
    assert second == [(batches[1].pk,), (batches[2].pk,)]


def test_a_change_is_made_where_it_is_run_and_not_when_it_is_worded(batches):
    token = uuid4()
    take = Change(
        lambda pk, mark, until: Batch.objects.filter(pk=pk).update(
            lease_token=mark, leased_until=until
        ),
        int,
        type(token),
        datetime,
    )
    assert take.words

    changed = take.run(batches[1].pk, token, NOON)

    assert changed == 1
    assert list(Batch.objects.filter(lease_token=token, leased_until=NOON)) == [batches[1]]


def test_a_value_that_is_not_in_the_words_is_an_error_of_the_programmer():
    forgotten = Question(
        lambda pk, at: Batch.objects.filter(pk=pk).values_list("pk"), int, datetime
    )

    with pytest.raises(AssertionError, match="not in the words"):
        forgotten.rows(1, NOON)


def test_what_is_loaded_is_what_the_queryset_gives(batches):
    asked = Batch.objects.select_related("notification")
    load = Load(lambda pk: asked.filter(pk=pk), int)

    for batch in batches[:2]:
        found, wanted = load.first(batch.pk), asked.get(pk=batch.pk)

        assert values(found) == values(wanted)
        assert values(found.notification) == values(wanted.notification)
        assert not found._state.adding
    assert load.first(0) is None


def test_a_text_may_be_what_changes(batches):
    titled = Load(lambda title: Notification.objects.filter(title=title), str)

    assert titled.first("Hi") == batches[0].notification
    assert titled.first("Bye") is None


def values(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
