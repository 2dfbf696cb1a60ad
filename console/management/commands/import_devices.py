"""Phones from a file, for those who move here."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from devices import bulk, imports


class Command(BaseCommand):
    help = (
        "Imports phones from a CSV file, or one JSON object a line, with user, fcm_token, "
        "device_type and created_at. Tells of every line that failed on standard error; the same "
        "file again makes nothing twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        bulk.prepare()
        started = time.monotonic()
        now = timezone.now()
        try:
            with file.open("rb") as opened:
                done = imports.run(imports.read(opened, now), now, told=self.tell)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from None
        rate = done.lines / max(time.monotonic() - started, 0.001)
        self.stdout.write(
            f"{done.lines:,} lines, {rate:,.0f} a second: {done.made:,} phones made, "
            f"{done.moved:,} given to a later owner, {done.known:,} known already, "
            f"{done.failed:,} failed. {done.people:,} people are new."
        )

    def tell(self, failure: imports.Failure) -> None:
        self.stderr.write(str(failure))
