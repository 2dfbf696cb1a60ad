"""The whole engine, in one worker process: plan, read, evaluate, encode, send, record, finish.

`python -m notifications.bench.engine prepare COUNT` makes the database and its phones;
`… send COUNT URL FOLDER` sends one broadcast to all of them.
"""

import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import django

from notifications.bench.bare import content
from notifications.bench.cost import Cost, measured

FILL = """
INSERT INTO devices_device (
  device_id, token, token_sha256, platform, os_version, app_version, model, locale, timezone,
  owner_id, state, reg_seq, registered_at, last_seen_at, invalid_reason, bucket, perm_system,
  perm_denials, perm_prompts_shown, perm_dismissals, perm_known, perm_ambiguous, perm_source,
  opted_out, perm_status, asks_left, deliverable, notification_types)
SELECT 'bench-' || n, {token}, {sha}, CASE WHEN n % 2 = 0 THEN 'android' ELSE 'ios' END,
  '', '', '', '', '', NULL, 'active', 0, {now}, {now}, '', n % 10000, 'authorized',
  0, 0, 0, {yes}, {no}, 'app', {no}, 'granted', 0, {yes}, 1
FROM {numbers}
"""
COUNTING = (
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {}) SELECT n FROM c"
)


def prepare(count: int) -> None:
    """Phones that nobody owns, by the hundred thousand, in SQL."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    postgres = connection.vendor == "postgresql"
    token = "'bench-' || n || ':APA91b' || '" + "x" * 126 + "'"
    words = {
        "token": token,
        "sha": f"sha256(({token})::bytea)" if postgres else "CAST(printf('%032d', n) AS BLOB)",
        "now": "CURRENT_TIMESTAMP",
        "yes": "true" if postgres else "1",
        "no": "false" if postgres else "0",
        "numbers": f"generate_series(1, {count}) AS n" if postgres
        else f"({COUNTING.format(int(count))})",
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(**words).replace("%", "%%"), [])
        cursor.execute("ANALYZE")


def begun(**words: Any) -> Any:
    from django.utils import timezone

    from notifications.models import Notification
    from notifications.revision import freeze
    from notifications.states import NotificationStatus as S

    now = timezone.now()
    said = {"title": "First snow", "body": "12 huts still have beds."} | words
    one = Notification(
        status=S.SCHEDULED, due_at=now, confirmed_at=now, uuid=uuid4(), **said
    )  # fmt: skip
    one.revision, one.revision_sha256 = freeze(one)
    one.save()
    return one


def send(url: str, folder: Path, **words: Any) -> Cost:
    """One broadcast to all phones; `words` are fields of the notification."""
    from django.conf import settings

    from notifications import reports, starting
    from notifications.fcm.client import MultiplexClient, PycurlClient
    from notifications.fcm.credentials import Credentials
    from notifications.fcm.message import template
    from notifications.sending import clock, delivery, lease, sweep

    known = Credentials(folder / "service-account.json")
    make = PycurlClient if settings.FCM_CLIENT == "pycurl" else MultiplexClient
    client = make(url, known, known.project_id, ca_file=str(folder / "ca.pem"))
    known.bearer()
    template(content(), "android")  # imports what a worker has imported long ago
    one = begun(**words)
    with measured(0) as cost:
        starting.start(one, clock.now())
        while (pk := lease.next_due("bulk", set())) is not None:
            delivery.deliver(pk, get_client=lambda: client, stopping=lambda: False)
        sweep.finish_if_done(one.pk, clock.now())
    one.refresh_from_db()
    found = reports.counts(one)
    cost.messages = found.accepted
    assert one.status == "sent", one.status  # noqa: S101
    assert found.accepted == found.targeted == one.planned, found.numbers()  # noqa: S101
    return cost


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[2]))
    else:
        send(sys.argv[2], Path(sys.argv[3])).say()
