"""Nothing empties the audit log either: not DELETE on SQLite, not TRUNCATE on PostgreSQL.

A trigger of its own, so that a suite which empties all tables between tests can drop this one.
"""

from django.db import migrations

SQLITE = """
CREATE TRIGGER audit_undeletable BEFORE DELETE ON notifications_auditentry
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
"""
POSTGRES = """
CREATE TRIGGER audit_undeletable BEFORE TRUNCATE ON notifications_auditentry
FOR EACH STATEMENT EXECUTE FUNCTION beckon_append_only();
"""
DROP_SQLITE = "DROP TRIGGER audit_undeletable"
DROP_POSTGRES = "DROP TRIGGER audit_undeletable ON notifications_auditentry"


def forward(apps, schema_editor):
    sqlite = schema_editor.connection.vendor == "sqlite"
    schema_editor.execute(SQLITE if sqlite else POSTGRES)


def backward(apps, schema_editor):
    sqlite = schema_editor.connection.vendor == "sqlite"
    schema_editor.execute(DROP_SQLITE if sqlite else DROP_POSTGRES)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0009_zones_of_a_plan")]
    operations = [migrations.RunPython(forward, backward)]
