"""What load balancers and supervisors ask."""

import pytest
from django.test import Client


def test_the_process_answers_and_asks_nobody(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = Client().get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
def test_ready_is_with_database_and_redis():
    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"database": True, "redis": True}


@pytest.mark.django_db
def test_not_ready_without_redis(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"database": True, "redis": False}


def test_only_reading_is_allowed():
    assert Client().post("/healthz").status_code == 405


@pytest.mark.django_db
def test_numbers_behind_a_proxy_on_this_machine_are_for_nobody_else() -> None:
    answer = Client().get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})

    assert answer.status_code == 401
