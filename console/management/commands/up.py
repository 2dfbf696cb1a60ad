"""`manage.py up`: all of Beckon in the foreground, or with `--only` one part of it."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks.registry import registry
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from console import embedded_redis, first_admin
from console.supervisor import parts, place
from console.supervisor.child import write_pid
from console.supervisor.keeper import Keeper, StopAsked
from console.supervisor.place import CannotStart
from console.supervisor.voice import Voice
from notifications import latest

DEMO_USERS, DEMO_DEVICES = 15_000, 20_000
DEMO = [sys.executable, "manage.py", "demo"]
DEMO += ["--users", str(DEMO_USERS), "--devices", str(DEMO_DEVICES), "--history"]


class Command(BaseCommand):
    help = "Start web, workers, beat and, where no real one is set, Redis and the FCM sandbox."
    requires_system_checks: list[str] = []  # see check_installation

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--only", choices=sorted(parts.ALONE), help="run this part alone, without migrating"
        )
        parser.add_argument(
            "--demo",
            action="store_true",
            help=f"seed {DEMO_DEVICES:,} pretend phones and weeks of history before it is ready",
        )

    def handle(self, *, only: str | None, demo: bool, **_: Any) -> None:
        os.umask(0o027)
        try:
            become(only) if only else run_all(Voice(), demo=demo)
        except (CannotStart, embedded_redis.UnsafeFolder) as problem:
            print(problem, file=sys.stderr, flush=True)
            sys.exit(2)


def become(name: str) -> None:
    """Turn this process into the part: a real deployment's service manager watches it."""
    part = parts.ALONE[name]()
    folder = place.run_folder(settings.DATA_DIR)
    if name == "web":
        place.check_port("PORT", settings.BIND, settings.PORT)
    if name == "sandbox":
        place.check_port("SANDBOX_PORT", "127.0.0.1", settings.SANDBOX_PORT)
    if name != "sandbox":
        check_tables(name)
    write_pid(folder / f"{name}.pid", os.getpid())
    os.chdir(settings.BASE_DIR)
    os.execvpe(part.command[0], part.command, parts.environment())  # noqa: S606


def check_tables(name: str) -> None:
    """A part alone never migrates, since others start at the same time; on the tables of another
    release it does not start. While the database is away it does: it waits for it by itself."""
    try:
        check_installation()
        plan = MigrationExecutor(connection)
        if plan.migration_plan(plan.loader.graph.leaf_nodes()):
            raise CannotStart("The tables are older than this release. Run: manage.py migrate")
        if name != "web":
            check_backup()
        if name == "web" and first_admin.ensure():
            where = "as ADMIN_PASSWORD says" if settings.ADMIN_PASSWORD else first_admin.path()
            print(
                f"Made the first account, {settings.ADMIN_USERNAME}. Password: {where}", flush=True
            )
    except DatabaseError as error:
        cause = " ".join(str(error).split())
        print(f"{name} starts, but the database does not answer: {cause}", flush=True)
    finally:
        connections.close_all()


def run_all(voice: Voice, *, demo: bool) -> None:
    """Start, say that it is ready, keep it running, stop it when asked. Returns after the stop."""
    place.take_lock(settings.DATA_DIR)
    place.remove_stale_pid_files(settings.DATA_DIR)
    check_ports()
    keeper = Keeper(
        env=parts.environment(),
        cwd=Path(settings.BASE_DIR),
        run_dir=place.run_folder(settings.DATA_DIR),
        voice=voice,
    )
    with keeper.listening():
        try:
            start(keeper)
            if demo:
                keeper.run("demo", DEMO)
            voice.tell(ready_line())
            keeper.watch()
        except StopAsked:
            voice.say("up", "stopping")
        finally:
            keeper.stop()


def check_ports() -> None:
    place.check_port("PORT", settings.BIND, settings.PORT)
    if parts.uses_sandbox():
        if settings.SANDBOX_PORT == settings.PORT:
            raise CannotStart(f"SANDBOX_PORT={settings.PORT}: is PORT already. Choose another.")
        place.check_port("SANDBOX_PORT", "127.0.0.1", settings.SANDBOX_PORT)


def start(keeper: Keeper) -> None:
    """In order: what the others need, the tables, then everyone else at once."""
    if parts.uses_embedded_redis():
        embedded_redis.prepare(settings.DATA_DIR)
        keeper.start(parts.redis())
    if parts.uses_sandbox():
        keeper.start(parts.sandbox())
    with keeper.breakable():
        migrate()
    keeper.voice.say("up", "the database is up to date")
    keeper.wait_until_all_answer()
    keeper.start(parts.web(), parts.worker_trigger(), parts.worker_bulk(), parts.beat())
    keeper.wait_until_all_answer()


def migrate() -> None:
    """Bring the tables up to date and make the first admin."""
    try:
        check_installation()
        call_command("migrate", interactive=False, verbosity=0)
        check_backup()
        first_admin.ensure()
    except DatabaseError as error:
        cause = " ".join(str(error).split())
        raise CannotStart(f"The database cannot be used: {cause}") from error
    finally:
        connections.close_all()


def check_backup() -> None:
    """What sends does not start on a database that was put back before somebody said so."""
    if found := latest.behind():
        ends, ran = (f"{moment:%Y-%m-%d %H:%M} UTC" for moment in found)
        raise CannotStart(
            f"The database ends at {ends}, but sending ran until {ran}: a backup was put back. So "
            "that nothing goes out twice, run: manage.py restored"
        )


def check_installation() -> None:
    """Our own system checks. Django's look at the code, which `make check` did: they cost 2 s."""
    for check in registry.get_checks():
        if check.__module__.startswith("console."):
            for found in check(app_configs=None, databases=["default"]):
                if found.is_serious():
                    raise CannotStart(" ".join(filter(None, [found.msg, found.hint])))


def ready_line() -> str:
    admin = first_admin.sign_in_hint()
    connections.close_all()
    return f"Beckon is ready at {settings.PUBLIC_URL}/{f' ({admin})' if admin else ''}"
