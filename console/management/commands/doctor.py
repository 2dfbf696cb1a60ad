"""`manage.py doctor`: what is and is not well with this installation, in plain words."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from notifications import health
from notifications.sending import clock

MARKS = {True: "well ", False: "WRONG", None: "?    "}


class Command(BaseCommand):
    help = "Explain what is and is not well with this installation. Exit code 1 when something is."

    def handle(self, *args: Any, **options: Any) -> None:
        checks = health.examine(clock.now())
        for check in checks:
            self.stdout.write(f"{MARKS[check.ok]}  {check.name}: {check.sentence}")
            if check.ok is False and check.remedy:
                self.stdout.write(f"       → {check.remedy}")
        if any(check.ok is False for check in checks):
            sys.exit(1)
