"""Members of staff from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from console import team
from console.roles import ROLES


class Command(BaseCommand):
    help = "Adds a member of staff and prints the generated password alone on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add")
        add.add_argument("name")
        add.add_argument("--role", required=True, choices=list(ROLES))

    def handle(self, *args: Any, name: str, role: str, **options: Any) -> None:
        try:
            _, password = team.add(name, role)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(password)
