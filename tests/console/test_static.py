"""What the pages are made of, checked as text: icons that exist, nothing inline, no weight."""

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = ROOT / "static"
ICONS = set((STATIC / "console" / "icons.txt").read_text().split())
EVERY_PAGE = re.compile(r"static '([^']+\.(?:css|js|woff2|svg))'")
FRAME = ("base.html", "console/partials/_head.html", "console/partials/_rail.html")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("template", TEMPLATES, ids=named)
def test_every_icon_is_in_the_sprite(template: Path) -> None:
    text = template.read_text()

    used = set(re.findall(r'{% icon "([\w-]+)"', text)) | set(
        re.findall(r'icon_name="([\w-]+)"', text)
    )

    assert used <= ICONS


@pytest.mark.parametrize("template", TEMPLATES, ids=named)
def test_no_style_or_script_is_inline(template: Path) -> None:
    text = template.read_text()

    assert not re.search(r"<style|\sstyle=|\son\w+=\"|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=named)
def test_a_template_note_ends_on_its_line(template: Path) -> None:
    """Django prints a {# note #} that runs over a line."""
    for line in template.read_text().splitlines():
        assert line.count("{#") == line.count("#}"), line[:80]


def test_the_sprite_holds_what_the_list_names() -> None:
    sprite = (STATIC / "console" / "icons.svg").read_text()

    assert set(re.findall(r'<symbol id="i-([\w-]+)"', sprite)) == ICONS


def test_nothing_is_fetched_from_elsewhere() -> None:
    for sheet in STATIC.rglob("*.css"):
        for address in re.findall(r"url\(\"?([^)\"]+)", sheet.read_text()):
            assert address.startswith(("../vendor/", "data:")), f"{named(sheet)}: {address}"


def test_a_first_visit_weighs_little() -> None:
    """Sheets, scripts, sprite and both fonts of the frame, compressed: at most 250 kB."""
    names = {
        name
        for page in FRAME
        for name in EVERY_PAGE.findall((ROOT / "templates" / page).read_text())
    }
    names |= {"console/icons.svg", "vendor/inter-latin.woff2", "vendor/jetbrains-mono-latin.woff2"}

    weight = sum(len(gzip.compress((STATIC / name).read_bytes())) for name in names)

    assert weight <= 250_000
