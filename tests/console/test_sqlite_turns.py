"""Threads of one process that write to SQLite wait in line before it, never inside it."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError

from devices.models import Preference

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has many writers"),
]


def in_a_thread(pool: ThreadPoolExecutor, work: Callable[[], Any]) -> Any:
    def closing() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return pool.submit(closing)


def write(name: str) -> float:
    """In a transaction; how long it waited for its turn."""
    began = time.monotonic()
    with transaction.atomic():
        waited = time.monotonic() - began
        Preference.objects.create(name=name, value=1)
    return waited


def test_what_a_waiting_thread_left_behind_is_thrown_away_at_once():
    """A garbage collection of the thread that writes may meet a cursor of the one that waits; if
    that one waited inside SQLite, each would wait for the other until the busy timeout."""
    left, waiting = [], Event()

    def waits() -> None:
        connection.ensure_connection()
        cursor = connection.connection.cursor()
        cursor.execute("SELECT 1 UNION SELECT 2")
        left.append(cursor)
        del cursor
        waiting.set()
        write("second")

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Preference.objects.create(name="first", value=1)
            second = in_a_thread(pool, waits)
            waiting.wait(10)
            time.sleep(0.3)
            began = time.monotonic()
            left.clear()
            took = time.monotonic() - began
        second.result(20)

    assert took < 1


def test_single_writes_take_their_turn_as_well():
    Preference.objects.create(name="one", value=1)

    with ThreadPoolExecutor(4) as pool:
        changes = [
            in_a_thread(pool, lambda: Preference.objects.filter(name="one").update(value=2))
            for _ in range(20)
        ]
        assert [one.result(20) for one in changes] == [1] * 20
    assert not connection.has_turn


def test_who_waits_too_long_is_told_so_and_leaves_the_line(settings, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.2)

    def in_vain() -> str:
        connection.settings_dict["OPTIONS"]["timeout"] = 0.2
        with pytest.raises(OperationalError, match="another thread is writing"):
            write("never")
        return "told"

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Preference.objects.create(name="first", value=1)
        assert in_a_thread(pool, in_vain).result(20) == "told"

    assert write("after") < 1


def test_a_connection_that_breaks_off_gives_its_turn_back():
    with ThreadPoolExecutor(1) as pool:

        def breaks_off() -> None:
            transaction.set_autocommit(True)
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                Preference.objects.create(name="gone", value=1 / 0)

        in_a_thread(pool, breaks_off).result(20)

    assert write("next") < 1
    assert not Preference.objects.filter(name="gone").exists()
