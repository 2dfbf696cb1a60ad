"""What Django's system checks say about this installation before it starts."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


@checks.register()
def firebase(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    real_key = settings.FIREBASE_CREDENTIALS is not None
    if real_key and settings.FCM_BASE_URL != settings.GOOGLE_URL:
        return [
            checks.Error(
                f"FIREBASE_CREDENTIALS is set, but FCM_BASE_URL is {settings.FCM_BASE_URL}.",
                hint="Unset one of them: a real key is only ever shown to Google.",
                id="beckon.E001",
            )
        ]
    if not real_key and settings.FCM_BASE_URL == settings.GOOGLE_URL:
        return [
            checks.Error(
                "FCM_BASE_URL is Google's, but FIREBASE_CREDENTIALS is not set.",
                hint="Set FIREBASE_CREDENTIALS to the path of a service account's JSON file.",
                id="beckon.E002",
            )
        ]
    return []


@checks.register(checks.Tags.database)
def durable_commits(app_configs: Any, databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """The write-ahead is worth nothing if the database may forget what it committed."""
    if not databases:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            if cursor.fetchone()[0] < 2:
                return [checks.Error("SQLite runs with synchronous below FULL.", id="beckon.E003")]
        elif connection.vendor == "postgresql":
            cursor.execute("SHOW synchronous_commit")
            if cursor.fetchone()[0] == "off":
                return [
                    checks.Error(
                        "PostgreSQL runs with synchronous_commit=off.",
                        hint="Turn it on for this database: a crash would forget what was sent.",
                        id="beckon.E004",
                    )
                ]
    return []


@checks.register(checks.Tags.database)
def all_or_nothing_was_migrated(
    app_configs: Any, databases: Any = None, **_: Any
) -> list[checks.CheckMessage]:
    """Where only some of what a migration replaces was applied, Django leaves the whole app out of
    `migrate` without a word."""
    if not databases:
        return []
    applied = MigrationRecorder(connection).applied_migrations()
    found: list[checks.CheckMessage] = []
    for (app, _name), migration in MigrationLoader(None).replacements.items():
        lacking = [name for label, name in migration.replaces if (label, name) not in applied]
        if lacking and len(lacking) < len(migration.replaces):
            found.append(
                checks.Error(
                    f"The tables of {app} are older than this release can take: {lacking[0]} is "
                    "the first step they lack.",
                    hint="Run `manage.py migrate` with the release before this one, then this one.",
                    id="beckon.E005",
                )
            )
    return found
