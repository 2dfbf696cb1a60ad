"""The audit log in the database: rows are added, and that is all."""

from collections.abc import Callable
from importlib import import_module

import pytest
from django.db import DatabaseError, connection, transaction

from notifications import audit
from notifications.models import AuditEntry

DELETE = "DELETE FROM notifications_auditentry"
TRUNCATE = "TRUNCATE notifications_auditentry"
WAYS = {
    "changed": lambda _: AuditEntry.objects.update(action="never"),
    "deleted one by one": lambda entry: entry.delete(),
    "deleted at once": lambda _: run(DELETE),
    "emptied": lambda _: run(TRUNCATE if connection.vendor == "postgresql" else DELETE),
}


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def as_installed(db: None) -> None:
    """With the trigger that the suite drops; it goes again with the test's transaction."""
    migration = import_module("notifications.migrations.0001_clean_start")
    run(migration.GUARD[connection.vendor][-1])


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_is_written_can_be_neither_changed_nor_removed(
    as_installed: None, way: Callable[[AuditEntry], object]
):
    entry = audit.record(None, "looked")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        way(entry)

    assert AuditEntry.objects.get(pk=entry.pk).action == "looked"
