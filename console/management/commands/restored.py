"""`manage.py restored`: run once after a backup was put back, before anything else starts."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications import restoring
from notifications.sending import clock

WAY_OUT = "Start the other parts now, and look at each: stop or cancel what has gone out since."


class Command(BaseCommand):
    help = (
        "Lets everything wait that may have gone out after the backup was made. Run it after "
        "putting a backup of the database back, before workers and beat start."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        waiting = restoring.make_wait(clock.now())
        for one in waiting.paused:
            self.stdout.write(f"paused  {one}")
        for one in waiting.held:
            self.stdout.write(f"held    {one}, due {one.due_at:%Y-%m-%d %H:%M} UTC")
        found = waiting.paused or waiting.held
        self.stdout.write(WAY_OUT if found else "Nothing was under way or due: start all parts.")
