"""Waves: a few phones first, then more, then the rest, with a wait between.

`percents` are shares of the audience up to which each wave goes ([1, 10]: 1 %, then up to 10 %,
then the rest). A phone's place among them is its stable bucket: the same phones are first every
time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from devices.models import BUCKETS

WAVES_MAX = 10  # with the rest
WAIT_DEFAULT_S, WAIT_MIN_S, WAIT_MAX_S = 600, 0, 86_400
EXAMPLE = "1, 10"
NOT_EACH = "Waves and each person’s local time don’t go together: choose one of them."

Cut = tuple[int, int]  # first bucket, and the first one after


def check(wanted: Any) -> dict[str, Any]:
    """{} or {"percents": […], "wait_s": n}, in its one form. Raises ValidationError on `waves`."""
    if not wanted:
        return {}
    if not isinstance(wanted, Mapping) or wanted.keys() - {"percents", "wait_s"}:
        raise _wrong("Waves are given as percents and wait_s.")
    percents, wait_s = wanted.get("percents"), wanted.get("wait_s", WAIT_DEFAULT_S)
    if not isinstance(wait_s, int) or isinstance(wait_s, bool):
        raise _wrong("The wait is a whole number of seconds.")
    if not WAIT_MIN_S <= wait_s <= WAIT_MAX_S:
        raise _wrong("Waves wait at most a day for each other.")
    return {"percents": _percents(percents), "wait_s": wait_s}


def read(text: str) -> list[float]:
    """What was typed, "1, 10 %": numbers in their order, unchecked but for being numbers."""
    parts = text.replace("%", " ").replace(",", " ").replace("→", " ").split()
    try:
        return [_plain(float(part)) for part in parts]
    except ValueError:
        raise _wrong(f"Give shares in percent, such as {EXAMPLE}.") from None


def _percents(percents: Any) -> list[float]:
    if not isinstance(percents, list) or not percents:
        raise _wrong(f"Give at least one share in percent, such as {EXAMPLE}; the rest follows.")
    if len(percents) >= WAVES_MAX:
        raise _wrong(f"At most {WAVES_MAX} waves, with the rest.")
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in percents):
        raise _wrong(f"Shares are numbers in percent, such as {EXAMPLE}.")
    if not all(0.01 <= one < 100 for one in percents):
        raise _wrong("A share is at least 0.01 and less than 100 percent; the rest follows.")
    shares = [_plain(round(one, 2)) for one in percents]
    if shares != sorted(set(shares)):
        raise _wrong("Each wave goes further than the one before, such as 1, then 10.")
    return shares


def _plain(number: float) -> float:
    return int(number) if number == int(number) else number


def _wrong(told: str) -> ValidationError:
    return ValidationError({"waves": [told]})


def cuts(waves: Mapping[str, Any]) -> list[Cut]:
    """The buckets of each wave; of everything where there are none."""
    ends = [round(BUCKETS * one / 100) for one in waves.get("percents", ())]
    return list(zip([0, *ends], [*ends, BUCKETS], strict=True))


def wait_s(waves: Mapping[str, Any]) -> int:
    return int(waves.get("wait_s", WAIT_DEFAULT_S))


def lift(waves: Mapping[str, Any], guard: str) -> dict[str, Any]:
    """A person looked and said go on: that guard is not pulled again."""
    return {**waves, "lifted": [*waves.get("lifted", ()), guard]}


def see(waves: Mapping[str, Any], answers: Sequence[int]) -> dict[str, Any]:
    """A person looked at so many answers and said go on: guards are asked of those that follow."""
    return {**waves, "seen": list(answers)}


def as_planned(waves: Mapping[str, Any]) -> dict[str, Any]:
    """Without what happened on the way."""
    return {name: value for name, value in waves.items() if name not in ("lifted", "seen")}
