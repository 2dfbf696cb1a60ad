"""The whole engine with words that differ from person to person, against the same without.

`python -m notifications.bench.personal prepare COUNT` makes the phones and a person for each;
`… send URL FOLDER WORDS` sends to all of them, with WORDS plain, personal or languages.
"""

import sys
from pathlib import Path
from typing import Any

import django

from notifications.bench import engine

PEOPLE = """
INSERT INTO devices_appuser
  (user_id, attributes, aliases, tags, locale, timezone, created_at, last_seen_at)
SELECT 'bench-' || n, {attributes}, {none}, {none},
  CASE n % 3 WHEN 0 THEN 'de-AT' WHEN 1 THEN 'fr' ELSE 'en' END, '', {now}, NULL
FROM {numbers}
"""
ATTRIBUTES = (
    """'{"first_name": "Ann-' || n || '", "plan": "gold", "points": ' || n || ', "city": "Wien"}'"""
)
HELLO = 'Hello {{ first_name | default: "there" }}'
BODY = "12 huts still have beds for your {{ points }} points."
GERMAN = {"title": "Erster Schnee", "body": "Hallo {{ first_name }}, 12 Hütten haben noch Betten."}
WORDS: dict[str, dict[str, Any]] = {
    "plain": {"title": "Hello there", "body": "12 huts still have beds for your 4000 points."},
    "personal": {"title": HELLO, "body": BODY},
    "languages": {"title": HELLO, "body": BODY, "variants": {"de": GERMAN}},
}


def prepare(count: int) -> None:
    """In a database of its own, where phone and person n both have the key n."""
    from django.db import connection

    engine.prepare(count)
    postgres = connection.vendor == "postgresql"
    words = {
        "attributes": f"({ATTRIBUTES})::jsonb" if postgres else ATTRIBUTES,
        "none": "'[]'",
        "now": "CURRENT_TIMESTAMP",
        "numbers": f"generate_series(1, {count}) AS n"
        if postgres
        else f"({engine.COUNTING.format(int(count))})",
    }
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE.format(**words).replace("%", "%%"), [])
        cursor.execute("UPDATE devices_device SET owner_id = id")
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[2]))
    else:
        engine.send(sys.argv[2], Path(sys.argv[3]), **WORDS[sys.argv[4]]).say()
