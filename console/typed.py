"""Numbers of ours that come back from a browser: a key, a version, a place in a list."""

DIGITS = 18  # what every database takes as a key


def whole(text: object) -> int | None:
    """None for whatever we never wrote."""
    found = str(text)
    ours = found.isascii() and found.isdigit() and len(found) <= DIGITS
    return int(found) if ours else None
