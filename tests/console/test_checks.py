"""The system checks: what keeps an installation from starting."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from console import checks

pytestmark = pytest.mark.django_db


def test_tables_that_were_migrated_to_the_end_are_taken_over():
    assert checks.all_or_nothing_was_migrated(None, databases=["default"]) == []


def test_tables_that_lack_the_last_steps_of_before_are_refused_with_what_to_do():
    record = MigrationRecorder(connection)
    record.record_unapplied("notifications", "0009_zones_of_a_plan")
    record.record_unapplied("notifications", "0010_undeletable_audit")

    (error,) = checks.all_or_nothing_was_migrated(None, databases=["default"])

    assert "notifications" in error.msg
    assert "0009_zones_of_a_plan" in error.msg
    assert "the release before this one" in error.hint
