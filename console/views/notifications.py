"""The list of notifications: tabs and filters live in the address, paging goes onwards only."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from console.context import compose_url
from console.typed import whole
from console.views.gate import requires
from notifications import listing, reports
from notifications.models import Notification
from notifications.states import Kind

TABS = {
    "": "All",
    "drafts": "Drafts",
    "scheduled": "Scheduled",
    "live": "Live",
    "sent": "Sent",
    "stopped": "Stopped",
}
KINDS = {"": "Broadcasts", Kind.TRIGGER: "Triggers", Kind.TEST: "Tests", "all": "Everything"}
EMPTY = {  # tab: (title, text)
    "": ("No notifications yet", "Write one, look at it on both phones, and send it to yourself first."),
    "drafts": ("No drafts", "What you save before it is confirmed waits here."),
    "scheduled": ("Nothing scheduled", "Sends with a date show up here until their time comes."),
    "live": ("Nothing is being sent", "What goes out right now shows its progress here."),
    "sent": ("Nothing was sent yet", "After a send: who got it, who did not, and why."),
    "stopped": ("Nothing was stopped", "Sends that were stopped or cancelled are kept here."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    notification: Notification
    counts: reports.Counts
    trouble: str

    @property
    def moment(self) -> Any:
        """When it was or will be sent; a draft's last change."""
        one = self.notification
        return one.started_at or one.due_at or one.changed_at

    @property
    def started(self) -> bool:
        return self.notification.started_at is not None


@dataclass(frozen=True, slots=True)
class Filters:
    tab: str = ""
    kind: str = ""
    search: str = ""
    mine: bool = False
    cursor: int | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> "Filters":
        """Whatever the address says; nonsense counts as nothing."""
        asked = request.GET
        tab, kind = asked.get("tab", ""), asked.get("kind", "")
        return cls(
            tab=tab if tab in TABS else "",
            kind=kind if kind in KINDS else "",
            search=asked.get("q", "").replace("\0", "").strip()[:200],
            mine=asked.get("by") == "me",
            cursor=whole(asked.get("cursor", "")),
        )

    def url(self, page: str = "notifications", **changes: Any) -> str:
        """This list with `changes`; from its start unless they name a cursor."""
        asked = {
            "tab": self.tab,
            "kind": self.kind,
            "q": self.search,
            "by": "me" if self.mine else "",
            **changes,
        }
        query = urlencode({name: value for name, value in asked.items() if value})
        return reverse(page) + (f"?{query}" if query else "")

    @property
    def narrowed(self) -> bool:
        return bool(self.search or self.mine or self.kind)


@require_GET
@requires("view")
def notifications(request: HttpRequest) -> HttpResponse:
    filters = Filters.of(request)
    found, following = listing.page(
        tab=filters.tab,
        kind=filters.kind,
        search=filters.search,
        author=request.user.pk if filters.mine else None,
        cursor=filters.cursor,
    )
    title, text = EMPTY[filters.tab]
    context = {
        "rows": rows(found),
        "filters": filters,
        "tabs": tabs(filters),
        "kinds": KINDS.items(),
        "next_url": filters.url(cursor=following) if following else "",
        "first_url": filters.url() if filters.cursor else "",
        "clear_url": filters.url(q="", by="", kind=""),
        "export_url": filters.url("notifications-export"),
        "empty_title": title,
        "empty_text": text,
        "empty_url": compose_url(request),
    }
    return render(request, "console/notifications.html", context)


def rows(found: list[Notification]) -> list[Row]:
    counts = reports.counts_of(found)
    return [Row(one, counts[one.pk], trouble(counts[one.pk])) for one in found]


def trouble(found: reports.Counts) -> str:
    """What did not go well, in a few words: "388 rejected, 24 unknown"."""
    named = {
        "rejected": found.rejected + found.dead_token,
        "expired": found.expired,
        "unknown": found.unknown,
    }
    return ", ".join(f"{n:,} {word}".replace(",", "\u202f") for word, n in named.items() if n)


def tabs(filters: Filters) -> list[dict[str, Any]]:
    """Each with how many it holds of this kind; one query."""
    kinds = Notification.objects.all()
    if filters.kind != "all":
        kinds = kinds.filter(kind=filters.kind or Kind.BROADCAST)
    held = dict(kinds.order_by().values_list("status").annotate(n=Count("pk")))
    return [
        {
            "label": label,
            "url": filters.url(tab=tab),
            "active": tab == filters.tab,
            "count": sum(held.get(status, 0) for status in listing.TABS[tab] or held),
        }
        for tab, label in TABS.items()
    ]
