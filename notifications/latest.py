"""How far this installation came, noted in the database and in a file that no backup holds.

Where the database is behind the file, a backup was put back: what went out since is not in it, and
would go out again.
"""

import logging
import os
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import connection

from devices.models import Preference

logger = logging.getLogger(__name__)
NAME = "latest"
SLACK = timedelta(minutes=1)  # what a database may lose in a crash is no backup


def note(now: datetime) -> None:
    """Every few seconds, by each worker and by beat."""
    mine = Preference.objects.filter(name=NAME)
    if not mine.filter(changed_at__lt=now).update(changed_at=now):
        Preference.objects.get_or_create(name=NAME, defaults={"value": "", "changed_at": now})
    path = _path()
    beside = path.with_suffix(f".{os.getpid()}")  # several write it
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(now.isoformat())
        beside.replace(path)
    except OSError as error:
        logger.warning("%s cannot be written: %s", path, error.strerror)


def behind() -> tuple[datetime, datetime] | None:
    """(where the database ends, until when this installation ran), where a backup was put back."""
    known = Preference.objects.filter(name=NAME).values_list("changed_at", flat=True).first()
    try:
        ran = datetime.fromisoformat(_path().read_text())
    except (OSError, ValueError):
        return None
    return (known, ran) if known is not None and ran - known > SLACK else None


def _path() -> Path:
    """One for each database: whoever changes DATABASE_URL put no backup back."""
    where = [str(connection.settings_dict[name]) for name in ("ENGINE", "HOST", "PORT", "NAME")]
    key = sha256("\n".join(where).encode()).hexdigest()[:12]
    return Path(settings.DATA_DIR) / "run" / f"latest-{key}"
