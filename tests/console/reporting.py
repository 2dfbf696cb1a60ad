"""Notifications in every state, and their pages as somebody sees them."""

import re
from typing import Any

from django.utils import timezone

from notifications.models import Batch, Delivery, Notification
from notifications.revision import freeze
from notifications.states import NotificationStatus as S
from tests.console.staff import client_of
from tests.sending import make_draft, make_phones

NOW = timezone.now()


def put(one: Notification, status: str, **fields: Any) -> Notification:
    """The row as if its life had brought it there."""
    frozen, sha256 = freeze(one)
    Notification.objects.filter(pk=one.pk).update(
        status=status, due_at=NOW, confirmed_at=NOW, revision=frozen, revision_sha256=sha256,
        **fields,
    )  # fmt: skip
    one.refresh_from_db()
    return one


def make_sending(status: str = S.SENDING, **fields: Any) -> Notification:
    """Ten planned; one batch done: 4 accepted, 2 skipped, 1 unknown, 1 dead; 2 not yet."""
    phones = make_phones(8)
    one = put(make_draft(), status, started_at=NOW, planned=10, people=10, **fields)
    ended = ["accepted"] * 4 + ["skipped"] * 2 + ["unknown", "dead_token"]
    why = [""] * 4 + ["opted_out", "no_permission_denied", "timeout", "unregistered"]
    counters: dict[str, Any] = {}
    batch = Batch.objects.create(notification=one, kind="range", ordinal=1, due_at=NOW)
    for phone, outcome, reason in zip(phones, ended, why, strict=True):
        mine = counters.setdefault(phone.platform, {"reasons": {}})
        for name in ("targeted", outcome):
            mine[name] = mine.get(name, 0) + 1
        if reason:
            mine["reasons"][f"{outcome}:{reason}"] = 1
        Delivery.objects.create(
            notification=one, device=phone, user=phone.owner, batch=batch, outcome=outcome,
            platform=phone.platform, reason=reason, started_at=NOW, at=NOW, attempts=1,
        )  # fmt: skip
    Batch.objects.filter(pk=batch.pk).update(counters=counters, opened_ios=1, received_ios=2)
    return one


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def terms_of(answer: Any) -> dict[str, str]:
    html = answer.content.decode()
    listed = re.search(r'<dl class="facts numbers">(.*?)</dl>', html, re.S)
    assert listed
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", listed[1], re.S)
    return {term: re.sub(r"<[^>]+>", "", count) for term, count in pairs}


def get(one: Notification, role: str = "ops", query: str = "") -> Any:
    return client_of(role).get(one.get_absolute_url() + query)
