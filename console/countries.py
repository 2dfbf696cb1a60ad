"""Countries by name: people say Austria, rules keep AT."""

from functools import lru_cache
from importlib.resources import files

ALSO = {"united kingdom": "GB", "uk": "GB", "usa": "US", "united states of america": "US"}


@lru_cache(maxsize=1)
def names() -> dict[str, str]:
    """{"AT": "Austria", …} in the order of names, from the time zone database."""
    lines = files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return dict(sorted(((row[0], row[1]) for row in rows), key=lambda row: row[1]))


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    return ALSO | {name.lower(): code for code, name in names().items()}


def code_of(text: str) -> str:
    """The two capitals of a name or of a code in any case; anything else as it is."""
    if text.upper() in names():
        return text.upper()
    return _codes().get(text.lower(), text)


def name_of(code: str) -> str:
    return names().get(code, code)
