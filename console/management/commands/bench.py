"""`manage.py bench`: how fast and how lean sending is, side by side with others, in one run."""

import json
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.bench import sides
from notifications.bench.cost import Cost

FIREBASE, NODE = "firebase-admin send_each", "Node firebase-admin sendEach"
QUICK, MIDDLE, FULL = 10_000, 100_000, 1_000_000


class Command(BaseCommand):
    help = "Measure sending, side by side with others; a table, and JSON with --json."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--full", action="store_true", help="the engine at 1,000,000 phones too"
        )
        parser.add_argument(
            "--quick", action="store_true", help="small numbers, to see that it runs"
        )
        parser.add_argument("--json", type=Path, help="write the figures here too")
        parser.add_argument("--only", default="", help="the sides whose names hold this")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(tempfile.mkdtemp(prefix="beckon-bench-"))
        self.rows: dict[str, dict[str, Any]] = {}
        self.only: str = options["only"]
        try:
            with sides.running(folder) as field:
                self._measure(field, options["quick"], options["full"])
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if options["json"]:
            options["json"].write_text(json.dumps(self.rows, indent=2) + "\n")

    def _measure(self, field: sides.Field, quick: bool, full: bool) -> None:
        part = 10 if quick else 1
        self.stdout.write(f"{'':44}{'messages':>10}{'/s':>9}{'CPU s/1,000':>13}{'peak MB':>9}")
        self._row(FIREBASE, partial(field.bare, "firebase", 3_000 // part))
        self._row(NODE, partial(field.node, 20_000 // part))
        for client in ("pycurl", "multiplexer"):
            count = 100_000 // part
            self._row(f"our client alone, {client}", partial(field.bare, client, count))
        self._row("the wire's ceiling, h2load", partial(field.ceiling, 200_000 // part))
        counts = [QUICK] if quick else [QUICK, MIDDLE, *([FULL] if full else [])]
        if not self.only or self.only in "the whole engine, SQLite PostgreSQL latency":
            self._engines(field, counts)
        if not self.only or self.only == "personal":
            self._personal(field, QUICK if quick else MIDDLE)
        self._ratios(counts)

    def _engines(self, field: sides.Field, counts: list[int]) -> None:
        services = import_module("tests.services")  # starts the databases that wheels bring

        redis = {"REDIS_URL": services.start_redis(field.folder)}
        server = services.start_postgres()
        env: dict[str, str] = {}
        for count in counts:
            name = f"bench{count}"
            for kind, url in (
                ("SQLite", f"sqlite:///{field.folder}/{name}.sqlite3"),
                ("PostgreSQL", _new_database(server, name)),
            ):
                env = redis | {"DATABASE_URL": url}
                row = f"the whole engine, {kind}, {count:,}"
                self._row(row, partial(_engine, field, count, env))
                if count == max(counts[:2]) and (not self.only or self.only == "latency"):
                    self._latency(field, kind, count, env)

    def _personal(self, field: sides.Field, count: int) -> None:
        """The same phones with words for everyone, for each person, and in their languages."""
        services = import_module("tests.services")
        server = services.start_postgres()
        redis = {"REDIS_URL": services.start_redis(field.folder)}
        for kind, url in (
            ("SQLite", f"sqlite:///{field.folder}/personal.sqlite3"),
            ("PostgreSQL", _new_database(server, "personal")),
        ):
            env = redis | {"DATABASE_URL": url}
            field.python("personal", "prepare", count, env=env)
            for words in ("plain", "personal", "languages"):
                run = partial(
                    field.python, "personal", "send", field.tls, field.folder, words, env=env
                )
                self._row(f"personal words: {words}, {kind}, {count:,}", run)

    def _latency(self, field: sides.Field, kind: str, count: int, env: dict[str, str]) -> None:
        """On a database whose phones are many enough for the broadcast to last."""
        try:
            if self.only:
                field.python("engine", "prepare", count, env=env)
            found = field.latency(40, env)
        except sides.SideFailed as why:
            self.stdout.write(self.style.ERROR(f"trigger to FCM, {kind}: FAILED: {why}"))
            return
        self.rows[f"trigger to FCM during a broadcast, {kind}"] = found
        during = "during a broadcast" if found["during_a_broadcast"] else "the broadcast was over"
        self.stdout.write(
            f"trigger to FCM, {kind}, {found['arrived']} of {found['orders']} orders: median "
            f"{found['median_ms']:.0f} ms, 95 % within {found['p95_ms']:.0f} ms ({during})"
        )

    def _row(self, name: str, run: Callable[[], Cost]) -> None:
        if self.only and self.only not in name:
            return
        try:
            cost = run()
        except sides.Skipped as why:
            self.stdout.write(self.style.WARNING(f"{name:44}NOT MEASURED: {why}"))
            return
        except sides.SideFailed as why:
            self.stdout.write(self.style.ERROR(f"{name:44}FAILED: {why}"))
            return
        per_second = cost.messages / cost.seconds
        cpu = cost.cpu_s * 1_000 / cost.messages
        self.rows[name] = {
            "messages": cost.messages, "per_second": round(per_second), "peak_mb": cost.peak_mb,
            "cpu_s_per_1000": round(cpu, 5), "seconds": cost.seconds,
        }  # fmt: skip
        spent = f"{cpu:13.4f}{cost.peak_mb:9.0f}" if cost.cpu_s else f"{'–':>13}{'–':>9}"
        self.stdout.write(f"{name:44}{cost.messages:10,}{per_second:9,.0f}{spent}")

    def _ratios(self, counts: list[int]) -> None:
        """What each engine is worth beside the others, per CPU-second, and how it grows."""
        for kind in ("SQLite", "PostgreSQL"):
            engines = [self.rows.get(f"the whole engine, {kind}, {count:,}") for count in counts]
            known = [one for one in engines if one]
            if not known:
                continue
            best = min(one["cpu_s_per_1000"] for one in known)
            for other in (FIREBASE, NODE):
                if other in self.rows:
                    times = self.rows[other]["cpu_s_per_1000"] / best
                    self.stdout.write(f"{kind}: {times:.1f} × {other}, per CPU-second")
            first, last = known[0], known[-1]
            grown = last["peak_mb"] - first["peak_mb"]
            share = last["cpu_s_per_1000"] / first["cpu_s_per_1000"]
            self.stdout.write(
                f"{kind}: from {first['messages']:,} to {last['messages']:,} phones {grown:+.0f} MB, "
                f"{share:.2f} × the CPU per phone"
            )


def _engine(field: sides.Field, count: int, env: dict[str, str]) -> Cost:
    field.python("engine", "prepare", count, env=env)
    return field.engine(count, env)


def _new_database(server: str, name: str) -> str:
    import psycopg

    with psycopg.connect(f"{server.rpartition('/')[0]}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server.rpartition('/')[0]}/{name}"
