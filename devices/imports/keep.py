"""Chunks of read lines become people and devices; the same file twice makes nothing twice."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any

from django.db.models import Q

from devices import bulk
from devices.imports.lines import Failure, Line
from devices.locking import serialized
from devices.models import AppUser, Device, RegistrationEvent
from devices.permission import Facts, derive
from devices.registry import bucket_of
from devices.states import Actor, DeviceState, Platform, RegistrationKind

CHUNK = 2_000
USER_COLUMNS = (
    "user_id", "attributes", "aliases", "tags", "locale", "timezone", "created_at",
)  # fmt: skip
DEVICE_COLUMNS = (
    "device_id", "token", "token_sha256", "platform", "owner_id", "bucket", "registered_at",
    "last_seen_at", "token_updated_at", "perm_status", "asks_left", "deliverable",
    "notification_types",
    "os_version", "app_version", "model", "locale", "timezone", "state", "reg_seq",
    "invalid_reason", "perm_system", "perm_denials", "perm_prompts_shown", "perm_dismissals",
    "perm_known", "perm_ambiguous", "perm_source", "opted_out",
)  # fmt: skip
UNTOLD = ("", "", "", "", "", "active", 0, "", "unknown", 0, 0, 0, False, False, "", False)


@dataclass(frozen=True, slots=True)
class Imported:
    """Lines by what became of them. `known`: the token was here already, with the same person or
    with what the app itself said since; `moved`: a later line of another person had the token."""

    lines: int = 0
    people: int = 0
    made: int = 0
    moved: int = 0
    known: int = 0
    failed: int = 0


def run(
    found: Iterable[Line | Failure],
    now: datetime,
    *,
    told: Callable[[Failure], None] = lambda _: None,
    progress: Callable[[Imported], None] = lambda _: None,
) -> Imported:
    """Keep all that was read, chunk by chunk; `told` hears of every line that failed."""
    total = Imported()
    rest = iter(found)
    while chunk := list(islice(rest, CHUNK)):
        lines = []
        for one in chunk:
            if isinstance(one, Failure):
                told(one)
            else:
                lines.append(one)
        total = added(total, keep(lines, now), failed=len(chunk) - len(lines))
        progress(total)
    return total


def added(total: Imported, part: Imported, failed: int) -> Imported:
    return Imported(
        total.lines + part.lines + failed,
        total.people + part.people,
        total.made + part.made,
        total.moved + part.moved,
        total.known + part.known,
        total.failed + failed,
    )


@serialized
def keep(lines: list[Line], now: datetime) -> Imported:
    newest: dict[bytes, Line] = {}
    for line in lines:
        digest = sha256(line.token.encode()).digest()
        if digest not in newest or newest[digest].created_at <= line.created_at:
            newest[digest] = line
    here = present(newest)
    new = {digest: line for digest, line in newest.items() if digest not in here}
    later = {digest: device for digest, device in here.items() if newer(newest[digest], device)}
    owners, people = owners_of([*new.values(), *(newest[digest] for digest in later)], now)
    moved = sum(move(device, owners, newest[digest], now) for digest, device in later.items())
    bulk.insert(Device, DEVICE_COLUMNS, (row(d, line, owners, now) for d, line in new.items()))
    tally = Imported(len(lines), people, len(new), moved)
    return replace(tally, known=len(lines) - len(new) - moved)


def imported_id(digest: bytes) -> str:
    """An export names no installation, so the token does; the app's own id comes when it
    registers itself, and takes the token along."""
    return f"import-{digest.hex()[:32]}"


def present(newest: dict[bytes, Line]) -> dict[bytes, Device]:
    """The devices that hold one of the tokens, or were made from one by an earlier import."""
    by_id = {imported_id(digest): digest for digest in newest}
    rows = (
        Device.objects.select_for_update()
        .filter(Q(token_sha256__in=list(newest)) | Q(device_id__in=list(by_id)))
        .order_by("pk")
        .only("device_id", "token_sha256", "state", "reg_seq", "registered_at", "owner_id")
    )
    here: dict[bytes, Device] = {}
    for device in rows:
        digest = bytes(device.token_sha256) if device.token_sha256 else by_id[device.device_id]
        if digest not in here or device.token_sha256:
            here[digest] = device
    return here


def newer(line: Line, device: Device) -> bool:
    """Only what an import made may be given to somebody else by an import."""
    imported = device.device_id.startswith("import-") and device.reg_seq == 0
    return (
        imported and device.state == DeviceState.ACTIVE and line.created_at > device.registered_at
    )


def owners_of(lines: list[Line], now: datetime) -> tuple[dict[str, int], int]:
    """The pks of those people, by their ids, and how many of them are new."""
    ids = sorted({line.user_id for line in lines})
    owners = dict(AppUser.objects.filter(user_id__in=ids).values_list("user_id", "pk"))
    new = [user_id for user_id in ids if user_id not in owners]
    made = bulk.moment(now)
    bulk.insert(
        AppUser,
        USER_COLUMNS,
        ((user_id, "{}", "[]", "[]", "", "", made) for user_id in new),
    )
    owners |= dict(AppUser.objects.filter(user_id__in=new).values_list("user_id", "pk"))
    return owners, len(new)


def move(device: Device, owners: dict[str, int], line: Line, now: datetime) -> bool:
    before, device.owner_id = device.owner_id, owners[line.user_id]
    device.registered_at = line.created_at
    device.save(update_fields=["owner", "registered_at"])
    if before == device.owner_id:
        return False
    RegistrationEvent.objects.create(
        device=device,
        kind=RegistrationKind.TAKEOVER,
        user_before_id=before,
        user_after_id=device.owner_id,
        actor=Actor.CONSOLE,
        at=now,
    )
    return True


def row(digest: bytes, line: Line, owners: dict[str, int], now: datetime) -> tuple[Any, ...]:
    device_id = imported_id(digest)
    created, seen = bulk.moment(line.created_at), bulk.moment(now)
    return (
        device_id, line.token, digest, line.platform, owners[line.user_id], bucket_of(device_id),
        created, seen, created, *DERIVED[line.platform], *UNTOLD,
    )  # fmt: skip


def derived_columns(platform: str) -> tuple[str, int, bool, int]:
    """P0: nothing was ever reported."""
    derived = derive(Facts(platform))
    status = str(derived.status)
    return status, derived.asks_left, derived.deliverable, derived.notification_types


DERIVED = {str(platform): derived_columns(platform) for platform in Platform.values}
