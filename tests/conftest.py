"""Fixtures for everything: the database asked for, the sandbox, a worker, a browser, all of it."""

import gc
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import FLAGS, find_chromium
from tests.installation import Installation
from tests.services import answer_of, free_port
from tests.workers import Worker, worker_in_a_thread

FAST_HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"  # argon2 costs 50 ms a user


# ---------------------------------------------------------------- which tests
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "django_db_setup"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("touched", "untouched"),
        help="only what touches the suite's own database, or only what does not",
    )
    parser.addoption(
        "--committing-first",
        action="store_true",
        help="first the tests that commit, which wait a lot, then those that only compute",
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Any:
    """Marks what needs a browser before `-m` looks, and orders what is left after."""
    for item in items:
        if {"page", "browser", "context"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
    yield
    # Playwright leaves an event loop running in this thread, where `asyncio.run` then fails.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    if wanted := config.getoption("--database"):
        left_out = {item for item in items if touches_database(item) != (wanted == "touched")}
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=list(left_out))
    if config.getoption("--committing-first"):
        items.sort(key=lambda item: not commits(item))


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def touches_database(item: pytest.Item) -> bool:
    asked_for = DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
    return bool(asked_for or item.get_closest_marker("django_db"))


def commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    by_marker = marker is not None and bool(marker.kwargs.get("transaction"))
    return by_marker or "transactional_db" in getattr(item, "fixturenames", ())


# ---------------------------------------------------------------- database and Redis
@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """A file, not memory, so that a worker in a process of its own sees the same SQLite."""
    from django.conf import settings
    from django.db import connection

    wanted = {"sqlite": "sqlite", "postgres": "postgresql"}[os.environ["BECKON_TEST_DB"]]
    assert connection.vendor == wanted, f"asked for {wanted}, running on {connection.vendor}"
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(settings.DATA_DIR / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests that commit end by emptying every table, which the audit log otherwise refuses."""
    from django.db import connection
    from django.test import TransactionTestCase

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        table = " ON notifications_auditentry" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER audit_undeletable{table}")
    TransactionTestCase._fixture_teardown = lambda self: empty_tables()  # type: ignore[attr-defined]


def empty_tables() -> None:
    """Only those that have rows: most tests write to five of them. Roles and what they may do stay
    as `migrate` made them: making them anew would cost more than most of these tests."""
    from django.core.management.color import no_style
    from django.db import connection

    stay = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}
    tables = connection.introspection.django_table_names(only_existing=True)
    names = filled([name for name in tables if name not in stay])
    if connection.vendor == "postgresql":
        delete_or_truncate(names)
    elif names:
        connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), names))


def filled(tables: list[str]) -> list[str]:
    from django.db import connection

    one = "SELECT '{0}' WHERE EXISTS (SELECT 1 FROM {0})"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(one.format(name) for name in tables))
        return [name for (name,) in cursor.fetchall()]


def delete_or_truncate(tables: list[str]) -> None:
    """On PostgreSQL, where to truncate a small table takes longer than to delete its rows."""
    from django.db import connection

    delete = "DELETE FROM {}"
    with connection.cursor() as cursor:
        sizes = "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relname = ANY(%s)"
        cursor.execute(sizes, [tables])
        found = cursor.fetchall()
        large = [name for name, size in found if size > 1024**2]
        orders = [delete.format(name) for name, _ in found if name not in large]
        orders = ["BEGIN", "SET LOCAL session_replication_role = replica", *orders, "COMMIT"]
        if large:
            orders.append(f"TRUNCATE {', '.join(large)} CASCADE")
        cursor.execute("; ".join(orders))


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> None:
    from django.conf import settings
    from django.contrib.auth import hashers

    settings.PASSWORD_HASHERS = [FAST_HASHER, *settings.PASSWORD_HASHERS]
    hashers.get_hashers.cache_clear()
    hashers.get_hashers_by_algorithm.cache_clear()


@pytest.fixture(autouse=True, scope="session")
def _private_keys_read_once() -> None:
    """OpenSSL proves a key's primes whenever it reads it: 50 ms, twice in a client of FCM."""
    from cryptography.hazmat.primitives import serialization

    serialization.load_pem_private_key = cache(serialization.load_pem_private_key)


@pytest.fixture(autouse=True, scope="session")
def _static_files_when_asked_for() -> None:
    """Else each client of a test would begin by reading the whole folder."""
    from django.conf import settings

    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def redis_client() -> Iterator[Any]:
    """The suite's own Redis: what the broker, the cache and the pace use."""
    import redis
    from django.conf import settings

    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=None)
    yield client
    client.close()


@pytest.fixture(autouse=True)
def _nothing_left_in_redis() -> Iterator[None]:
    """Doorbells, throttles and paces of one test never reach the next, nor who listens."""
    yield
    from console import embedded_redis
    from devices import outbox

    outbox.forget_heard()
    answer_of(embedded_redis.socket_path(Path(os.environ["DATA_DIR"])), b"FLUSHALL")


# ---------------------------------------------------------------- FCM and the worker
@pytest.fixture(scope="session")
def _sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from django.conf import settings

    from tests.sandbox_process import SandboxProcess

    process = SandboxProcess(tmp_path_factory.mktemp("sandbox"))
    process.port = settings.SANDBOX_PORT
    with process:
        yield process


@pytest.fixture
def sandbox(_sandbox_process: Any) -> Iterator[Any]:
    """The FCM sandbox as a process, at `settings.SANDBOX_URL`. Between tests it forgets everything,
    and this process its connections to it."""
    from notifications.sending import channel

    _sandbox_process.reset()
    channel.forget()
    yield _sandbox_process
    channel.forget()


@pytest.fixture
def worker(transactional_db: None, sandbox: Any) -> Iterator[Any]:
    """A real Celery worker in a thread, on both queues, with the suite's database and Redis."""
    with worker_in_a_thread() as running:
        yield running


@pytest.fixture
def start_worker(transactional_db: None, sandbox: Any) -> Iterator[Callable[..., Worker]]:
    """`start_worker("bulk", concurrency=1)`: a worker in a process of its own, to kill or stop."""
    started: list[Worker] = []

    def start(*queues: str, concurrency: int = 4, env: dict[str, str] | None = None) -> Worker:
        started.append(Worker(queues or ("trigger", "bulk"), concurrency, env or {}))
        return started[-1]

    yield start
    for each in started:
        each.kill()


# ---------------------------------------------------------------- the whole of it, in a browser
@pytest.fixture(scope="session")
def live_beckon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A whole installation, started by `manage.py up` on free ports with a folder of its own."""
    folder = tmp_path_factory.mktemp("live")
    with Installation(folder, port=free_port(), UNDO_SECONDS="4") as running:
        yield running


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return browser_type_launch_args | {"executable_path": find_chromium(), "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}


@pytest.fixture
def signed_in(page: Any, live_beckon: Installation) -> Any:
    """A page of Chromium, signed in as the first admin, that is nowhere yet."""
    live_beckon.enter(page)
    return page


@pytest.fixture
def assert_accessible() -> Callable[..., None]:
    """`assert_accessible(page)` fails with axe's own words, one line for each violation."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()

    def check(page: Any, **options: Any) -> None:
        found = axe.run(page, **options).response["violations"]
        lines = [
            f"{each['impact']} {each['id']}: {each['help']} ({node['html'][:200]})"
            for each in found
            for node in each["nodes"][:3]
        ]
        assert not lines, "\n".join(lines)

    return check
