"""Our own files go out compressed, from a clone that was only started."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from console.statics import compressed

SHEET = "/static/console/controls.css"
SOURCE = Path(settings.BASE_DIR) / "static" / "console" / "controls.css"


@pytest.fixture(autouse=True)
def _read_at_the_start(settings: Any) -> None:
    """As in an installation; other tests look for a file when one is asked for."""
    settings.WHITENOISE_AUTOREFRESH = False


def body(reply: Any) -> bytes:
    return b"".join(reply.streaming_content)


def test_a_sheet_goes_out_compressed() -> None:
    reply = Client().get(SHEET, headers={"accept-encoding": "gzip, deflate, br"})

    sent = body(reply)
    assert reply.headers["Content-Encoding"] == "gzip"
    assert reply.headers["Vary"] == "Accept-Encoding"
    assert reply.headers["Content-Type"].startswith("text/css")
    assert int(reply.headers["Content-Length"]) == len(sent)
    assert gzip.decompress(sent) == SOURCE.read_bytes()
    assert len(sent) < SOURCE.stat().st_size / 2


def test_whoever_cannot_read_that_gets_it_plain() -> None:
    reply = Client().get(SHEET)

    assert "Content-Encoding" not in reply.headers
    assert body(reply) == SOURCE.read_bytes()


def test_a_browser_that_has_it_is_told_so() -> None:
    etag = Client().get(SHEET).headers["ETag"]

    reply = Client().get(SHEET, headers={"if-none-match": etag, "accept-encoding": "gzip"})

    assert reply.status_code == 304


def test_fonts_are_not_compressed_twice() -> None:
    reply = Client().get("/static/vendor/inter-latin.woff2", headers={"accept-encoding": "gzip"})

    assert "Content-Encoding" not in reply.headers


def test_a_changed_file_has_another_twin(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.css"
    sheet.write_text("a { color: red }")
    before = compressed(sheet, tmp_path / "twins")

    sheet.write_text("a { color: blue }")
    after = compressed(sheet, tmp_path / "twins")

    assert before != after
    assert gzip.decompress(after.read_bytes()) == b"a { color: blue }"
