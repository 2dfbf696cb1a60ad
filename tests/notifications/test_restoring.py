"""A backup is put back: nothing that went out since then goes out again by itself."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, connections

from console.management.commands import up
from console.supervisor.place import CannotStart
from devices.models import Preference
from notifications import latest, lifecycle, pulse, reports, starting
from notifications.models import AuditEntry
from notifications.sending import clock
from notifications.states import NotificationStatus as S
from tests.console.staff import client_of
from tests.notifications.test_faults import begun, send_one_batch
from tests.sending import confirmed, make_phones, make_staff, run_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]


def test_what_was_half_sent_or_due_waits_for_a_person(settings):
    settings.BATCH_SIZE = 10
    make_phones(30)
    half = begun(batch_mode=True, title="Half")
    send_one_batch(half)
    due = confirmed(title="Due")
    later = confirmed(title="Later")
    type(later).objects.filter(pk=later.pk).update(due_at=clock.now() + timedelta(hours=1))

    said = StringIO()
    call_command("restored", stdout=said)
    starting.start_due(clock.now())
    run_all()

    for one in (half, due, later):
        one.refresh_from_db()
    assert (half.status, half.paused_reason) == (S.PAUSED, "restored")
    assert (due.status, due.paused_reason) == (S.HELD, "restored")
    assert later.status == S.SCHEDULED
    assert reports.counts(half).accepted == 10
    assert "paused  Half\nheld    Due, due " in said.getvalue()
    page = client_of("ops").get(half.get_absolute_url()).content.decode()
    assert "Restored from a backup." in page
    assert AuditEntry.objects.filter(action="restored a backup", facts__held=1).exists()

    lifecycle.resume(half, by=make_staff(), now=clock.now())
    run_all()
    assert reports.counts(half).accepted == 30


def test_after_a_quiet_night_there_is_nothing_to_look_at():
    said = StringIO()

    call_command("restored", stdout=said)

    assert said.getvalue() == "Nothing was under way or due: start all parts.\n"


# ---------------------------------------------------------------- nobody said so


@pytest.fixture
def _safe_database(monkeypatch):
    """The suite's PostgreSQL may forget: no part would start on it."""
    monkeypatch.setenv("PGOPTIONS", "-c synchronous_commit=on")
    connections.close_all()
    yield
    connections.close_all()


def put_back_an_hour() -> None:
    """The database as it was an hour before its last worker ended."""
    latest.note(clock.now())
    Preference.objects.update(changed_at=clock.now() - timedelta(hours=1))


@pytest.mark.usefixtures("_safe_database")
@pytest.mark.parametrize("part", ["worker-trigger", "worker-bulk", "beat"])
def test_what_sends_does_not_start_on_a_backup_before_somebody_said_so(part):
    put_back_an_hour()

    with pytest.raises(CannotStart, match=r"manage\.py restored"):
        up.check_tables(part)
    up.check_tables("web")

    call_command("restored", stdout=StringIO())
    up.check_tables(part)


@pytest.mark.usefixtures("_safe_database")
def test_nor_do_all_parts_together():
    put_back_an_hour()

    with pytest.raises(CannotStart, match="a backup was put back"):
        up.migrate()


def test_a_new_database_or_another_one_is_no_backup(monkeypatch):
    put_back_an_hour()

    with monkeypatch.context() as elsewhere:
        elsewhere.setitem(connection.settings_dict, "HOST", "elsewhere")
        assert latest.behind() is None
    Preference.objects.all().delete()
    assert latest.behind() is None


def test_what_runs_notes_how_far_it_came_and_a_clock_that_is_late_takes_nothing_back():
    ahead = clock.now() + timedelta(minutes=5)
    latest.note(ahead)

    pulse.start("beat")
    pulse.end()

    assert Preference.objects.get().changed_at == ahead
    assert latest.behind() is None
