"""What the pages are made of, checked as text: icons that exist, nothing inline, no weight."""

import gzip
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = ROOT / "static"
ICONS = set((STATIC / "console" / "icons.txt").read_text().split())
EVERY_PAGE = re.compile(r"static '([^']+\.(?:css|js|woff2|svg))'")
FRAME = ("base.html", "console/partials/_head.html", "console/partials/_rail.html")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_icon_is_in_the_sprite() -> None:
    asked = re.compile(r'{% icon "([\w-]+)"|icon_name="([\w-]+)"')
    used = {
        (named(template), name)
        for template in TEMPLATES
        for found in asked.findall(template.read_text())
        for name in found
        if name
    }

    assert [each for each in sorted(used) if each[1] not in ICONS] == []


def test_no_style_or_script_is_inline() -> None:
    inline = re.compile(
        r"<style|\sstyle=|\son\w+=\"|javascript:"
        r"|<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")"
    )

    assert [named(each) for each in TEMPLATES if inline.search(each.read_text())] == []


def test_a_template_note_ends_on_its_line() -> None:
    """Django prints a {# note #} that runs over a line."""
    running_over = [
        (named(each), line[:80])
        for each in TEMPLATES
        for line in each.read_text().splitlines()
        if line.count("{#") != line.count("#}")
    ]

    assert running_over == []


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
