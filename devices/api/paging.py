"""`?cursor=&limit=`: pages by key, so that the last is as fast as the first and none repeats."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from devices.api.problems import Problem
from devices.paging import cut

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
PK_MAX = 2**63 - 1

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    rows: list[M]
    next_cursor: str | None


def take(request: Request, rows: "QuerySet[M]", *, key: str = "pk", newest: bool = True) -> Page[M]:
    """A page of `rows` in the order of `key`, a unique number; `newest` has the largest first.
    Raises 422 for a cursor that is none of ours, or a limit out of range."""
    limit = limit_of(request)
    if cursor := request.query_params.get("cursor"):
        rows = rows.filter(**{f"{key}__{'lt' if newest else 'gt'}": decode(cursor)})
    found, last = cut(rows.order_by(f"-{key}" if newest else key), limit, key)
    return Page(found, None if last is None else encode(last))


def limit_of(request: Request) -> int:
    text = request.query_params.get("limit", str(LIMIT_DEFAULT))
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= number <= LIMIT_MAX:
        told = f"limit must be a whole number from 1 to {LIMIT_MAX}."
        raise Problem(422, "validation", told, field="limit")
    return number


def encode(key: int) -> str:
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def decode(cursor: str) -> int:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = int(base64.b64decode(padded, altchars=b"-_", validate=True)[:20])
    except (ValueError, binascii.Error):
        key = -1
    if not 0 <= key <= PK_MAX:
        raise Problem(422, "validation", "This cursor is none of ours.", field="cursor")
    return key


def answer(page: Page[Any], write: Any) -> dict[str, Any]:
    return {"data": [write(row) for row in page.rows], "next_cursor": page.next_cursor}
