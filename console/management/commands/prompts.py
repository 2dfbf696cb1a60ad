"""Soft prompts: count again what phones told."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from devices.models import Prompt
from devices.prompts import rollups


class Command(BaseCommand):
    help = "`rebuild` makes the day's counts of every soft prompt anew, from what phones told."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("rebuild", help="count again; says how many rows were wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        for prompt in Prompt.objects.order_by("pk"):
            wrong = rollups.rebuild(prompt, timezone.now())
            self.stdout.write(f"{prompt.name}: {wrong:,} rows of counts were wrong.")
