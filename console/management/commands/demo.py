"""Pretend people, phones, pages and audiences, to try everything out on."""

import json
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from console import demo_history, demo_prompts
from devices import audiences, bulk, samples
from devices.models import AppUser, Audience, AudienceMember
from notifications.models import Page, PageParameter
from notifications.states import ParameterType as P

TOKENS_A_CALL = 5_000
BETA, MEMBERS = "Beta testers", 50
PAGES: dict[str, list[tuple[str, P, bool]]] = {
    "HomePage": [],
    "ProductPage": [("product", P.DOCUMENT, True), ("showReviews", P.BOOLEAN, False)],
    "OrderPage": [("orderId", P.STRING, True), ("item", P.INTEGER, False)],
    "OfferPage": [("discount", P.DOUBLE, True), ("endsAt", P.DATE_TIME, False)],
    "StorePage": [("place", P.LAT_LNG, True)],
}
AUDIENCES: dict[str, dict[str, Any]] = {
    "VIPs": {"field": "tag", "op": "is", "value": "vip"},
    "Plus and pro": {
        "field": "attribute", "name": "plan", "type": "string", "op": "one_of",
        "value": ["plus", "pro"],
    },
}  # fmt: skip


class Command(BaseCommand):
    help = "Seeds pretend users, phones, pages and audiences; a second run adds what is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--users", type=int, default=1_000, help="how many there shall be")
        parser.add_argument("--devices", type=int, default=1_000, help="how many there shall be")
        parser.add_argument("--history", action="store_true", help="also weeks of past sends")

    def handle(self, *args: Any, users: int, devices: int, history: bool, **options: Any) -> None:
        if users < 0 or devices < 0 or (devices and not users):
            raise CommandError("Give --users and --devices from 0 up; phones need people.")
        now = timezone.now()
        bulk.prepare()
        made = samples.make_users(users, now)
        self.stdout.write(f"{made:,} people made, {users:,} wanted.")
        self.make_devices(devices, now)
        make_pages()
        make_audiences()
        if history:
            self.stdout.write(f"{demo_history.make(now):,} past notifications made.")
            self.stdout.write(f"{demo_prompts.make(now):,} phones met a soft prompt.")
        self.tell_sandbox(devices)

    def make_devices(self, devices: int, now: datetime) -> None:
        started = time.monotonic()
        made = sum(samples.make_devices(devices, now))
        seconds = max(time.monotonic() - started, 0.001)
        rate = f", {made / seconds:,.0f} a second" if made else ""
        self.stdout.write(f"{made:,} phones made, {devices:,} wanted{rate}.")

    def tell_sandbox(self, devices: int) -> None:
        """Which phones are dead is the sandbox's to know: it answers UNREGISTERED for them."""
        dead = samples.dead_tokens(devices)
        try:
            for tokens in chunks(dead):
                put_unregistered(tokens)
        except (urllib.error.URLError, OSError) as error:
            self.stderr.write(
                f"The sandbox at {settings.SANDBOX_URL} does not answer ({error}), so it takes "
                f"the {len(dead):,} dead phones for living ones. Start it (manage.py up) and run "
                "this again."
            )
            return
        self.stdout.write(f"The sandbox knows that {len(dead):,} phones are dead.")


def chunks(tokens: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(tokens), TOKENS_A_CALL):
        yield tokens[first : first + TOKENS_A_CALL]


def put_unregistered(tokens: list[str]) -> None:
    request = urllib.request.Request(  # noqa: S310  settings make it http
        f"{settings.SANDBOX_URL}/_sandbox/phones",
        data=json.dumps({"unregistered": tokens}).encode(),
        headers={"X-Sandbox": "1", "Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
        response.read()


@transaction.atomic
def make_pages() -> None:
    for name, parameters in PAGES.items():
        page, created = Page.objects.get_or_create(name=name)
        if created:
            PageParameter.objects.bulk_create(
                PageParameter(
                    page=page, name=parameter, type=kind, required=required, position=position
                )
                for position, (parameter, kind, required) in enumerate(parameters)
            )


@transaction.atomic
def make_audiences() -> None:
    """Two by rule, and a fixed list of those with the tag."""
    for name, condition in AUDIENCES.items():
        rules = {"version": audiences.VERSION_NOW, "all": [condition]}
        Audience.objects.get_or_create(name=name, defaults={"rules": rules})
    listed, created = Audience.objects.get_or_create(name=BETA)
    if created:
        every = samples.TAGS["beta"]
        people = AppUser.objects.filter(user_id__startswith="demo-").order_by("pk")
        chosen = people.values_list("pk", flat=True)[: MEMBERS * every : every]
        AudienceMember.objects.bulk_create(
            AudienceMember(audience=listed, user_id=pk) for pk in chosen
        )
