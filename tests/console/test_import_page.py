"""The page that takes a file of tokens."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from devices.models import AppUser, Device
from notifications.images import UPLOAD_MAX_BYTES
from notifications.models import AuditEntry
from tests.console.staff import client_of

pytestmark = pytest.mark.django_db
URL = "/devices/import/"
HEADER = "user,fcm_token,device_type,created_at\n"


def upload(text: str | bytes, role: str = "ops"):
    content = text.encode() if isinstance(text, str) else text
    return client_of(role).post(URL, {"file": SimpleUploadedFile("tokens.csv", content)})


def token(name: str) -> str:
    return f"{name}:" + "A" * 30


def test_a_file_becomes_people_and_phones_and_each_bad_line_is_named():
    good = f"users/ann,{token('a')},iOS,2026-01-31T09:30:00Z\nben,{token('b')},Android,\n"

    answer = upload(HEADER + good + f"cara,{token('c')},toaster,\n")

    page = answer.content.decode()
    assert set(AppUser.objects.values_list("user_id", flat=True)) == {"ann", "ben"}
    assert Device.objects.count() == 2
    assert "3 lines read" in page
    assert "line 4: device_type: &#x27;toaster&#x27; is neither iOS nor Android" in page
    assert AuditEntry.objects.get().facts["made"] == 2


def test_the_same_file_again_makes_nothing_twice():
    text = HEADER + f"ann,{token('a')},iOS,\n"
    upload(text)

    again = upload(text, "admin")

    assert again.context["done"].known == 1
    assert Device.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"x" * (UPLOAD_MAX_BYTES + 1), "python manage.py import_devices FILE"),
    ],
)
def test_a_file_that_cannot_be_taken_is_said_why(content, sentence):
    answer = upload(content)

    assert sentence in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_without_a_file_it_asks_for_one():
    assert "Choose a file." in client_of("ops").post(URL, {}).content.decode()
