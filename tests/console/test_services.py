"""The suite runs on what it was asked for."""

import os

import pytest
from django.conf import settings
from django.db import connection


@pytest.mark.django_db
def test_the_database_is_the_one_asked_for():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    wanted = {"sqlite": "sqlite", "postgres": "postgresql"}[os.environ["BECKON_TEST_DB"]]
    assert connection.vendor == wanted
    assert str(settings.DATA_DIR) in str(connection.settings_dict["NAME"]) or wanted != "sqlite"


def test_redis_is_a_real_server_that_never_evicts(redis_client):
    assert redis_client.ping()
    assert redis_client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert redis_client.config_get("appendonly") == {"appendonly": "yes"}
