"""Compose: a picture is kept at once, and only what was kept is a picture."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from console.forms import pictures
from notifications.models import Notification
from tests.console.composing import NEW, only, photo, typed, value_of, words
from tests.notifications.receiver import Receiver, gives

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_media")]


def test_a_picture_survives_a_refused_form(marketer: Client) -> None:
    refused = marketer.post(NEW, typed(title="", action="review", image=photo()))

    kept = value_of(refused, "image_kept")
    assert refused.status_code == 422
    assert kept
    assert "800 × 400" in words(refused)

    marketer.post(NEW, typed(image_kept=kept))

    draft = only()
    assert draft.image.startswith("images/")
    assert draft.image_facts["original"] == "snow.jpg"
    assert marketer.get(f"/media/{draft.image}").status_code == 200


def test_a_refused_picture_says_why_on_its_field(marketer: Client) -> None:
    bad = SimpleUploadedFile("logo.png", b"<svg xmlns='http://www.w3.org/2000/svg'></svg>")

    response = marketer.post(NEW, typed(image=bad))

    assert response.status_code == 422
    assert "The file is SVG: phones do not show drawings" in words(response)
    assert value_of(response, "title") == "First snow"


def test_a_huge_upload_is_refused_with_its_size_and_the_form_is_kept(marketer: Client) -> None:
    huge = SimpleUploadedFile("film.jpg", b"\xff\xd8\xff" + b"\0" * 7_000_000)

    response = marketer.post(NEW, typed(image=huge))

    assert response.status_code == 422
    assert "The file has 7 MB; 5 MB is the most." in words(response)
    assert value_of(response, "title") == "First snow"


@pytest.mark.parametrize("forged", ["images/x.jpg", "https://evil.example/x.png", "abc:def"])
def test_a_picture_that_we_did_not_keep_is_no_picture(marketer: Client, forged: str) -> None:
    marketer.post(NEW, typed(image_kept=forged))

    assert only().image == ""


def test_a_picture_is_replaced_and_removed(marketer: Client) -> None:
    marketer.post(NEW, typed(image=photo()))
    edit = f"/notifications/{only().uuid}/edit/"
    first = only().image
    kept = value_of(marketer.get(edit), "image_kept")

    marketer.post(edit, typed(image=photo("two.jpg"), image_kept=kept, version="1"))

    assert only().image not in ("", first)

    redrawn = marketer.post(edit, typed(action="remove_image", image_kept=kept, title="New"))
    assert redrawn.status_code == 200
    assert value_of(redrawn, "image_kept") == ""
    assert value_of(redrawn, "title") == "New"

    marketer.post(edit, typed(image_kept="", version="2"))

    assert (only().image, only().image_facts) == ("", {})


def test_phones_load_pictures_without_signing_in_and_only_as_pictures(marketer: Client) -> None:
    marketer.post(NEW, typed(image=photo()))

    response = Client().get(f"/media/{only().image}")

    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response["Cache-Control"]
    assert b"".join(response.streaming_content).startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    "path", ["images/none-of-ours-at-all.jpg", "../secret-key", "images/", "images/%2e%2e/x.jpg"]
)
def test_media_has_nothing_else(path: str) -> None:
    assert Client().get(f"/media/{path}").status_code == 404


def test_a_pictures_address_is_asked_only_when_somebody_wants_it(
    marketer: Client, settings: Any
) -> None:
    settings.WEBHOOKS_TO_PRIVATE = True
    shop = Receiver(answer=gives(photo().read())).start()
    given = {"image_url": f"http://127.0.0.1:{shop.port}/snow.jpg"}

    marketer.post("/notifications/reach/", typed(**given))
    marketer.post(NEW, typed(action="autosave", **given))
    before = len(shop.calls)
    fetched = marketer.post(NEW, typed(action="fetch_image", **given))
    marketer.post(NEW, typed(action="save", **given))
    shop.stop()
    gone = marketer.post(NEW, typed(action="fetch_image", **given))

    assert (before, len(shop.calls)) == (0, 2)
    assert "snow.jpg" in words(fetched)
    assert Notification.objects.latest("pk").image.startswith("images/")
    assert "Nothing listens there" in words(gone)


def test_a_picture_that_phones_crop_shows_what_they_keep() -> None:
    tall, wide, fits = pictures.crop(1000, 1000), pictures.crop(1200, 400), pictures.crop(1440, 715)

    assert tall is not None
    assert wide is not None
    assert tall.shown == (0, 250, 1000, 500)
    assert tall.lost == ((0, 0, 1000, 250), (0, 750, 1000, 250))
    assert wide.shown == (200, 0, 800, 400)
    assert wide.lost == ((0, 0, 200, 400), (1000, 0, 200, 400))
    assert fits is None
    assert pictures.crop(0, 0) is None
