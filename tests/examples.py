"""How many examples a property is tried on: enough for every day, ten times as many in a soak."""

import os


def examples(every_day: int) -> int:
    return every_day * 10 if os.environ.get("BECKON_HEAVY") else every_day
