"""`make pictures`: every page of the real product, light and dark, wide and narrow, on contact
sheets in `var-pictures`; the README's pictures; and what each page weighs on a first visit.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.chromium import FLAGS, find_chromium
from tests.installation import Installation
from tests.services import ROOT

SHEETS = ROOT / "var-pictures"
README = {"compose-filled": "compose", "notification": "report"}  # page → docs/pictures/….png
SIZES = {1280: 860, 390: 844}  # width → height, CSS pixels
THUMB = {1280: 400, 390: 195}
COLUMNS = {1280: 4, 390: 8}
GAP = 12
PATHS = {
    "overview": "/", "notifications": "/notifications/", "compose": "/notifications/new/",
    "schedule": "/schedule/", "audiences": "/audiences/", "audience-new": "/audiences/new/",
    "people": "/people/", "devices": "/devices/", "import": "/devices/import/",
    "prompts": "/prompts/", "prompt-new": "/prompts/new/", "cards": "/cards/",
    "card-new": "/cards/new/", "triggers": "/triggers/", "settings": "/settings/",
    "settings-pages": "/settings/pages/", "settings-sound": "/settings/sound/",
    "settings-app": "/settings/app/", "settings-policy": "/settings/policy/",
    "settings-team": "/settings/team/", "settings-keys": "/settings/keys/",
    "settings-webhooks": "/settings/webhooks/",
    "audit": "/audit/", "health": "/health/", "sandbox": "/sandbox/", "api-docs": "/api/docs/",
    "api-devices": "/api/docs/devices/",
    "not-found": "/nothing-here/",
}  # fmt: skip
# Pages of one thing: the first link on another page that leads to one.
FIRST = {
    "notification": ("/notifications/", "main a[href^='/notifications/'][href$='/']"),
    "audience": ("/audiences/", "main a[href^='/audiences/'][href$='/']:not([href*='new'])"),
    "person": ("/people/?q=", "main a[href^='/people/'][href$='/']"),
    "device": ("/devices/", "main a[href^='/devices/'][href$='/']:not([href*='import'])"),
    "prompt": ("/prompts/", "main a[href^='/prompts/'][href$='/']:not([href*='new'])"),
}


def main() -> None:
    SHEETS.mkdir(exist_ok=True)
    # A short path: the embedded Redis listens on a socket in it.
    with (
        tempfile.TemporaryDirectory(prefix="beckon-") as folder,
        Installation(Path(folder)) as beckon,
        sync_playwright() as driver,
    ):
        beckon.manage("demo", "--users", "2000", "--devices", "3000", "--history")
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        paths = PATHS | _found(browser, beckon)
        for name, weight in _weights(browser, beckon, paths):
            print(f"{weight / 1000:8.0f} kB  {name}", flush=True)
        for width in SIZES:
            for scheme in ("light", "dark"):
                _sheet(browser, beckon, paths, width, scheme)


def _signed_in(browser: Browser, beckon: Installation, **how: Any) -> Page:
    page = browser.new_context(locale="en-GB", **how).new_page()
    beckon.sign_in(page)
    return page


def _found(browser: Browser, beckon: Installation) -> dict[str, str]:
    """Addresses of one notification, one person…, and of a draft that waits for its review."""
    page = _signed_in(browser, beckon)
    found = {}
    for name, (listing, link) in FIRST.items():
        page.goto(beckon.url + listing)
        links = [one.get_attribute("href") or "" for one in page.locator(link).all()]
        other = ("new", "export", "import")
        links = [one for one in links if one.count("/") == 3 and not any(o in one for o in other)]
        if links:
            found[name] = links[0]
        else:
            print(f"no page of one {name}: nothing on {listing} leads there", file=sys.stderr)
    page.goto(f"{beckon.url}/notifications/new/")
    page.get_by_label("Title", exact=True).first.fill("First snow on the Rax")
    page.get_by_label("Text", exact=True).first.fill("12 huts still have beds. Book tonight.")
    page.get_by_role("button", name="Review").click()
    page.wait_for_url("**/review/**")
    found["review"] = page.url.removeprefix(beckon.url)
    found["compose-filled"] = found["review"].replace("/review/", "/edit/")
    page.context.close()
    return found


def _weights(
    browser: Browser, beckon: Installation, paths: dict[str, str]
) -> Iterator[tuple[str, int]]:
    """Bytes on the wire of a first visit, with nothing in the cache."""
    for name, path in paths.items():
        page = _signed_in(browser, beckon)
        sizes: list[int] = []
        page.on("requestfinished", lambda one, into=sizes: into.append(_bytes(one)))
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        page.goto(beckon.url + path, wait_until="load")
        page.wait_for_timeout(300)
        yield name, sum(sizes)
        page.context.close()


def _bytes(request: Any) -> int:
    sizes = request.sizes()
    return int(sizes["responseBodySize"] + sizes["responseHeadersSize"])


def _sheet(
    browser: Browser, beckon: Installation, paths: dict[str, str], width: int, scheme: str
) -> None:
    page = _signed_in(
        browser, beckon, viewport={"width": width, "height": SIZES[width]}, color_scheme=scheme
    )
    taken: list[Image.Image] = []
    for name, path in paths.items():
        page.goto(beckon.url + path, wait_until="load")
        page.wait_for_timeout(700)
        file = SHEETS / f"{name}-{width}-{scheme}.png"
        page.screenshot(path=file)
        if name in README and (width, scheme) == (1280, "light"):
            page.screenshot(path=ROOT / "docs" / "pictures" / f"{README[name]}.png")
        taken.append(Image.open(file).convert("RGB"))
    page.context.close()
    _paste(taken, THUMB[width], COLUMNS[width]).save(SHEETS / f"sheet-{width}-{scheme}.png")


def _paste(taken: list[Image.Image], width: int, columns: int) -> Image.Image:
    height = taken[0].height * width // taken[0].width
    rows = -(-len(taken) // columns)
    size = (columns * (width + GAP) + GAP, rows * (height + GAP) + GAP)
    sheet = Image.new("RGB", size, "#808080")
    for number, one in enumerate(taken):
        row, column = divmod(number, columns)
        place = (GAP + column * (width + GAP), GAP + row * (height + GAP))
        sheet.paste(one.resize((width, height), Image.Resampling.LANCZOS), place)
    return sheet


if __name__ == "__main__":
    main()
