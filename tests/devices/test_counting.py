"""Counting at scale: PostgreSQL is told of it for this question only."""

import pytest
from django.db import connection, transaction

from devices import counting
from devices.models import AppUser
from tests.factories import make_user

NAMES = ("work_mem", "enable_nestloop", "parallel_tuple_cost", "parallel_setup_cost")


@pytest.fixture
def postgres(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no such settings")


def settings() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'current_setting({name!r})' for name in NAMES)}")
        return tuple(cursor.fetchone())


def test_the_question_is_answered_the_same(db):
    make_user()
    make_user()

    assert counting.count(AppUser.objects.all()) == 2


def test_it_holds_for_the_question_and_ends_with_it(postgres):
    before = settings()

    with counting.at_scale():
        assert settings() == ("64MB", "off", "0.01", "100")

    assert settings() == before


def test_who_has_more_memory_keeps_it(postgres):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '1GB'")

        with counting.at_scale():
            assert settings()[0] == "1GB"
