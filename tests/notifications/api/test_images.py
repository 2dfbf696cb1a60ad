"""POST /api/v1/images, and triggers that name what was uploaded."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from notifications.models import Notification
from tests.factories import make_key
from tests.sending import make_phones, run_all, token_of

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/images"
BODY = {"title": "Someone answered", "text": "Jo sent a picture.", "user_id": "phone-0"}


def picture(width: int = 800, height: int = 400) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def upload(key: str, content: bytes | None, name: str = "a.png", part: str = "file") -> Any:
    body = {} if content is None else {part: SimpleUploadedFile(name, content)}
    return Client().post(URL, body, headers={"Authorization": f"Bearer {key}"})


def trigger(key: str, **more: Any) -> Any:
    return Client().post(
        "/api/v1/notifications/trigger", BODY | more, content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )  # fmt: skip


def test_a_picture_is_uploaded_and_named_in_a_trigger(sandbox: Any) -> None:
    key = make_key("server", ["trigger"])
    make_phones(1)

    kept = upload(key, picture())
    answer = trigger(key, image_id=kept.json()["id"])
    run_all()

    assert kept.status_code == 201
    assert (kept.json()["width"], kept.json()["type"]) == (800, "PNG")
    assert answer.status_code == 202, answer.json()
    message = sandbox.messages(token=token_of(0))[0]["message"]
    assert kept.json()["url"] in str(message)


@pytest.mark.parametrize(
    ("content", "part", "code"),
    [
        (None, "file", "file_required"),
        (b"x", "picture", "file_required"),
        (b"<svg></svg>", "file", "image"),
        (b"", "file", "image"),
        (b"x" * 5_000_001, "file", "image"),
    ],
)
def test_what_is_no_picture_is_refused(content: Any, part: str, code: str) -> None:
    answer = upload(make_key("server", ["trigger"]), content, part=part)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("named", ["no-such-picture-at-all-x.png", "../../secret", "x", "..%2f"])
def test_a_picture_that_is_not_there_is_named(named: str) -> None:
    answer = trigger(make_key("server", ["trigger"]), image_id=named)

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_image")
    assert not Notification.objects.exists()


def test_json_is_not_taken_and_a_client_key_may_not() -> None:
    key = make_key("server", ["trigger"])
    as_json = Client().post(
        URL, {}, content_type="application/json", headers={"Authorization": f"Bearer {key}"}
    )

    assert as_json.status_code == 415
    assert upload(make_key("client"), picture()).status_code == 403
