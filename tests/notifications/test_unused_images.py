"""Uploads that nothing came of go after a day; whatever something shows stays."""

import os
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from devices.models import Prompt, PromptVersion
from notifications import images, upkeep
from notifications.models import CardVersion, MessageCard, Notification, Series

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def upload(days_ago: float = 2) -> str:
    out = BytesIO()
    Image.new("RGB", (60, 30)).save(out, "PNG")
    name = images.store(SimpleUploadedFile("a.png", out.getvalue())).name
    then = (NOW - timedelta(days=days_ago)).timestamp()
    os.utime(Path(django_settings.MEDIA_ROOT) / name, (then, then))
    return name


def files() -> set[str]:
    root = Path(django_settings.MEDIA_ROOT)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_what_nothing_uses_goes_after_a_day_and_not_before():
    upload(days_ago=1.1)
    fresh = upload(days_ago=0.9)

    upkeep.run(NOW)

    assert files() == {fresh}


def test_what_a_notification_a_draft_a_card_or_a_prompt_shows_stays_however_old():
    draft, sent, by_address, card, series, prompt, former = used = [upload(400) for _ in range(7)]
    Notification.objects.create(title="D", image=draft)
    Notification.objects.create(
        title="S", image=sent, status="sent", revision={}, due_at=NOW, finished_at=NOW
    )
    Notification.objects.create(title="U", image=images.url(by_address))
    made = MessageCard.objects.create(key="k", name="K")
    CardVersion.objects.create(card=made, title="T", body="B", image=card)
    Series.objects.create(rule={}, fields={"image": series}, revision={})
    shown = Prompt.objects.create(
        name="P", title="T", accept_label="Yes", dismiss_label="No", image=prompt
    )
    PromptVersion.objects.create(prompt=shown, number=1, fields={"image": former})

    upkeep.run(NOW)

    assert files() == set(used)


def test_a_file_that_we_did_not_make_is_left_alone():
    stranger = Path(django_settings.MEDIA_ROOT) / images.FOLDER / "logo.png"
    stranger.parent.mkdir()
    stranger.write_bytes(b"")
    os.utime(stranger, (0, 0))

    upkeep.run(NOW)

    assert files() == {"images/logo.png"}


def test_without_any_upload_there_is_nothing_to_do():
    upkeep.run(NOW)

    assert files() == set()
