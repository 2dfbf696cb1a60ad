"""Who did what to which object, newest first; the same list as a file."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from console import csv_files
from console.clock import full_time
from console.templatetags import beckon
from console.typed import whole
from console.views.gate import requires
from devices.paging import cut
from notifications.models import AuditEntry

PAGE_ROWS = 50
EXPORT_ROWS = 50_000
PAGE_OF = {  # object_type: (URL name, how it takes the id)
    "notification": "notification",
    "page": "settings-page",
    "audience": "audience",
    "prompt": "prompt",
    "device": "device",
    "appuser": "person",
}
HASH = re.compile(r"[0-9a-f]{64}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*[+-]\d\d:\d\d$")
COLUMNS = ("at", "who", "action", "object_type", "object_id", "object_name", "ip", "facts")


@dataclass(frozen=True, slots=True)
class Filters:
    who: str = ""
    action: str = ""
    object_id: str = ""
    cursor: int | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> "Filters":
        asked = {name: str(text).replace("\0", "") for name, text in request.GET.items()}
        return cls(
            who=asked.get("who", "").strip()[:150],
            action=asked.get("action", "").strip()[:60],
            object_id=asked.get("object", "").strip()[:128],
            cursor=whole(asked.get("cursor", "")),
        )

    def entries(self) -> QuerySet[AuditEntry]:
        found = AuditEntry.objects.all()
        if self.who:
            found = found.filter(actor_name__iexact=self.who)
        if self.action:
            found = found.filter(action__icontains=self.action)
        if self.object_id:
            found = found.filter(object_id=self.object_id)
        return found

    def query(self, **changes: Any) -> str:
        asked = {"who": self.who, "action": self.action, "object": self.object_id, **changes}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"?{query}" if query else ""

    @property
    def narrowed(self) -> bool:
        return bool(self.who or self.action or self.object_id)


@dataclass(frozen=True, slots=True)
class Row:
    entry: AuditEntry
    url: str
    facts: list[tuple[str, str]]


@require_GET
@requires("audit")
def audit(request: HttpRequest) -> HttpResponse:
    filters = Filters.of(request)
    entries = filters.entries().order_by("-pk")
    if filters.cursor:
        entries = entries.filter(pk__lt=filters.cursor)
    found, last = cut(entries, PAGE_ROWS)
    here = reverse("audit")
    context = {
        "rows": [row(entry) for entry in found],
        "filters": filters,
        "next_url": here + filters.query(cursor=last) if last else "",
        "first_url": here + filters.query() if filters.cursor else "",
        "export_url": reverse("audit-export") + filters.query(),
        "here": here,
    }
    return render(request, "console/audit.html", context)


@require_GET
@requires("audit")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The newest EXPORT_ROWS that fit the filters, as CSV."""
    entries = Filters.of(request).entries().order_by("-pk")[:EXPORT_ROWS]
    rows = (cells(entry) for entry in entries.iterator(chunk_size=1000))
    return csv_files.answer("audit", COLUMNS, rows)


def row(entry: AuditEntry) -> Row:
    facts = [(name.replace("_", " "), said(value)) for name, value in entry.facts.items()]
    return Row(entry, url_of_object(entry), facts)


def said(value: Any) -> str:
    """A fact as a reader would say it; never more than a line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return beckon.n(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if HASH.fullmatch(text):
        return f"{text[:12]}…"
    if MOMENT.match(text) and (moment := parse_datetime(text)):
        return full_time(moment)
    return text if len(text) <= 120 else f"{text[:119]}…"


def url_of_object(entry: AuditEntry) -> str:
    name = PAGE_OF.get(entry.object_type)
    if not name or entry.action.startswith("deleted"):
        return ""
    try:
        return reverse(name, args=[entry.object_id])
    except NoReverseMatch:
        return ""


def cells(entry: AuditEntry) -> list[str]:
    return [
        entry.at.isoformat(),
        entry.actor_name,
        entry.action,
        entry.object_type,
        entry.object_id,
        entry.object_name,
        entry.ip or "",
        json.dumps(entry.facts, ensure_ascii=False),
    ]
