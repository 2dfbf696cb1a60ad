"""Pictures that nothing uses: uploaded, and then the page was left without saving."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage

from devices.models import Prompt, PromptVersion
from notifications import images
from notifications.models import CardVersion, Notification, Series

KEPT_FOR = timedelta(days=1)  # somebody may still be writing what goes with it
NAMED = re.compile(rf"{images.FOLDER}/[\w-]{{20,}}\.(?:jpg|png)", re.ASCII)


def remove(now: datetime) -> int:
    """How many went. The files are listed before what uses them is read: one that is taken up in
    between is seen as used."""
    old = names(before=now - KEPT_FOR)
    if not old:
        return 0
    for name in (gone := old - in_use()):
        default_storage.delete(name)
    return len(gone)


def names(before: datetime) -> set[str]:
    """Those that `images.store` made until then."""
    if not default_storage.exists(images.FOLDER):
        return set()
    found = {f"{images.FOLDER}/{each}" for each in default_storage.listdir(images.FOLDER)[1]}
    return {
        name
        for name in found
        if images.is_ours(name) and default_storage.get_modified_time(name) < before
    }


def in_use() -> set[str]:
    """By name, or by an address of ours that ends in it."""
    return {name for text in texts() for name in NAMED.findall(text)}


def texts() -> Iterator[str]:
    """Whatever may name a picture, read once from beginning to end."""
    for model in (Notification, CardVersion, Prompt):
        rows: Any = model._default_manager.exclude(image="").order_by()
        yield from rows.values_list("image", flat=True).distinct().iterator(chunk_size=2_000)
    for kept in (
        Series.objects.values_list("fields", "revision"),
        PromptVersion.objects.values_list("fields"),
        Prompt.objects.values_list("locales"),
    ):
        for row in kept.order_by().iterator(chunk_size=500):
            yield json.dumps(row)
