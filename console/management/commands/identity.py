"""The secret with which the app's back end signs user ids."""

from typing import Any

from django.core.management.base import BaseCommand

from devices import identity


class Command(BaseCommand):
    help = "Prints the identity secret that signs user ids, and makes it the first time."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(identity.current())
