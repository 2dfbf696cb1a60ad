"""PostgreSQL finds people by alias and attribute through GIN indexes; SQLite reads them all."""

from typing import Any

from django.db import migrations

INDEXES = {"user_aliases": "aliases", "user_attributes": "attributes"}


def make(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for name, column in INDEXES.items():
        schema_editor.execute(
            f"CREATE INDEX {name} ON devices_appuser USING gin ({column} jsonb_path_ops)"
        )


def drop(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("devices", "0001_initial")]
    operations = [migrations.RunPython(make, drop, elidable=False)]
