"""People of a fixed list from a file of any size, read line by line."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from devices import audiences
from devices.audiences import keeping, lists
from devices.models import Audience
from notifications import audit


class Command(BaseCommand):
    help = "Puts the people whom a CSV names on an audience's list; the same file again adds none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("audience", type=int, help="its number, as in /audiences/7/")
        parser.add_argument("file", type=Path, help="a column user_id, or the first one")

    def handle(self, *args: Any, **options: Any) -> None:
        audience = Audience.objects.filter(pk=options["audience"]).first()
        if audience is None:
            raise CommandError(f"There is no audience {options['audience']}.")
        if not audiences.is_list(audience):
            raise CommandError(f"The rules of {audience.name} choose its people. Make a list.")
        try:
            with options["file"].open("rb") as lines:
                report = lists.run(audience, lines, self.told)
        except OSError as error:
            raise CommandError(f"{options['file']} can't be read: {error.strerror}.") from None
        except keeping.Archived as error:
            raise CommandError(str(error)) from None
        audit.record(None, "added people to an audience", audience, asdict(report))
        for name, count in asdict(report).items():
            self.stdout.write(f"{name}: {count:,}")

    def told(self, number: int, sentence: str) -> None:
        self.stderr.write(f"line {number}: {sentence}")
