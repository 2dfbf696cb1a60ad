"""API keys: make one, list them, end one."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from devices import keys
from devices.models import ApiKey
from devices.states import KeyKind
from notifications import audit


class Command(BaseCommand):
    help = "Makes, lists and revokes API keys. `create` prints the key alone on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a key and print it")
        create.add_argument("--kind", required=True, choices=KeyKind.values)
        create.add_argument("--name", required=True, help="what the key is for")
        create.add_argument(
            "--scopes", help=f"of a server key: {','.join(keys.SCOPES)} (default: all)"
        )
        verbs.add_parser("list", help="every key, without its secret")
        revoke = verbs.add_parser("revoke", help="end a key at once and for good")
        revoke.add_argument("id", help="the eight characters after pk_ or sk_")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[..., None]] = {
            "create": self.create,
            "list": self.list,
            "revoke": self.revoke,
        }
        verbs[verb](**options)

    def create(self, *, kind: str, name: str, scopes: str | None, **_: Any) -> None:
        wanted = None if scopes is None else [word.strip() for word in scopes.split(",")]
        try:
            made = keys.make(KeyKind(kind), name, wanted)
        except keys.BadScope as error:
            raise CommandError(str(error)) from None
        audit.record(None, "made a key", made.key)
        self.stdout.write(made.text)

    def list(self, **_: Any) -> None:
        for key in ApiKey.objects.order_by("pk"):
            used = f"last used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "unused"
            state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else used
            prefix = keys.PREFIX[KeyKind(key.kind)]
            scopes = ",".join(key.scopes) or "-"
            self.stdout.write(f"{prefix}_{key.public_id}  {key.name}  {scopes}  {state}")

    def revoke(self, *, id: str, **_: Any) -> None:
        key = keys.revoke(id.removeprefix("pk_").removeprefix("sk_").split("_")[0])
        if key is None:
            raise CommandError(f"There is no key {id}. `key list` shows them all.")
        audit.record(None, "revoked a key", key)
        self.stderr.write(f"{key} is revoked.")
