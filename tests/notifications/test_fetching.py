"""A picture by its address: fetched once and kept, or a reason in plain words."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from notifications import fetching, images
from tests.notifications.receiver import Receiver, drips, gives, pours, redirects_to
from tests.notifications.test_images import picture


@pytest.fixture
def shop() -> Iterator[Receiver]:
    started = Receiver().start()
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def _here(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT, settings.WEBHOOKS_TO_PRIVATE = tmp_path, True


def refusal(url: str) -> str:
    with pytest.raises(ValidationError) as refused:
        fetching.picture(url)
    return refused.value.messages[0]


def test_a_picture_is_fetched_once_and_kept_as_our_own(shop):
    shop.answer = gives(picture(size=(1600, 800)))

    kept = fetching.picture(f" http://127.0.0.1:{shop.port}/a/snow.jpg?w=1600 ")

    assert images.is_ours(kept.name)
    assert (kept.original, kept.width, kept.height, kept.type) == ("snow.jpg", 1440, 720, "JPEG")
    assert len(shop.calls) == 1


def test_a_few_redirects_are_followed_and_each_address_is_checked(shop, settings):
    snow = picture()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        (gives(snow) if handler.path == "/snow.jpg" else redirects_to("/snow.jpg"))(handler)

    shop.answer = answer
    assert fetching.picture(shop.url).width == 800

    shop.answer = redirects_to(shop.url)
    assert refusal(shop.url) == "No picture came from there: it answered 307."
    shop.answer = redirects_to("file:///etc/passwd")
    assert "no address" in refusal(shop.url)


def test_nothing_inside_the_network_is_fetched(shop, settings):
    settings.WEBHOOKS_TO_PRIVATE = False

    assert "is an address inside this network" in refusal(shop.url)
    assert "is an address inside this network" in refusal("http://[::ffff:10.0.0.1]/a.png")
    assert shop.calls == []


def test_what_is_no_picture_is_refused_in_plain_words(shop, monkeypatch):
    monkeypatch.setattr(fetching, "DEADLINE_S", 0.5)
    for answer, told in (
        (404, "it answered 404"),
        (gives(b"<!doctype html>Sign in"), "not a JPEG or PNG picture"),
        (gives(b"x" * (images.UPLOAD_MAX_BYTES + 10)), "5 MB is the most"),
        (pours, "5 MB is the most"),
        (drips, "No answer within 0.5 s."),
    ):
        shop.answer = answer
        assert told in refusal(shop.url)


def test_outside_the_sandbox_it_must_be_encrypted(settings, tmp_path):
    settings.FIREBASE_CREDENTIALS = tmp_path / "key.json"
    settings.FCM_BASE_URL = settings.GOOGLE_URL

    assert refusal("http://example.com/a.png").startswith("Use https://.")
    assert "name and password" in refusal("https://ann:secret@example.com/a.png")
