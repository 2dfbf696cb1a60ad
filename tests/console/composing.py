"""What Compose is told and what its pages say, for the tests."""

import re
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from notifications.models import Notification, Page, PageParameter

NEW = "/notifications/new/"
TYPES = ["String", "Integer", "Double", "Boolean", "DateTime", "LatLng", "DocumentReference"]


def typed(**fields: Any) -> dict[str, Any]:
    """A form as a person would leave it: complete, to everyone, now."""
    return {
        "title": "First snow", "body": "12 huts still have beds.", "send_to": "everyone",
        "target_os": "all", "sound": "on", "ttl_s": "259200", "when": "now", "timezone": "UTC",
        "image_kept": "", "action": "save",
    } | fields  # fmt: skip


def page_with(*types: str, required: bool = True) -> Page:
    page = Page.objects.create(name="HutDetail", description="one hut, with dates")
    for place, kind in enumerate(types):
        PageParameter.objects.create(
            page=page, name=f"p{kind}", type=kind, required=required, position=place
        )
    return page


def photo(name: str = "snow.jpg") -> SimpleUploadedFile:
    out = BytesIO()
    Image.effect_noise((800, 400), 40).convert("RGB").save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def only() -> Notification:
    return Notification.objects.get()


def words(response: Any) -> str:
    """The page as text: tags out, spaces single."""
    html = re.sub(r"<(script|style|template)\b.*?</\1>", "", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&#x27;", "'").split())


def value_of(response: Any, name: str) -> str:
    """What the field holds on the page: an input's value or a textarea's text."""
    html = response.content.decode()
    area = re.search(rf'<textarea name="{name}"[^>]*>\s*(.*?)</textarea>', html, re.S)
    if area:
        return area[1].rstrip("\n")
    field = re.search(rf'<input[^>]*name="{name}"[^>]*>', html)
    assert field, f"no field {name}"
    value = re.search(r'value="([^"]*)"', field[0])
    return value[1] if value else ""
