"""What may be the value of a condition, by what is asked about and how."""

import re
from datetime import date
from typing import Any

from devices.audiences.versions import VERSION

VALUES_MAX = 1_000
TEXT_MAX = 200
DAYS_MAX = 3_650
NUMBER_MAX = 1e15
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
LOCALE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,4}", re.ASCII)
COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
DAY_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Errors(dict[str, list[str]]):
    def add(self, path: str, sentence: str) -> None:
        self.setdefault(path, []).append(sentence)


def listed(names: Any) -> str:
    return ", ".join(names)


def check(value: Any, kind: str, op: str, choices: Any, path: str, errors: Errors) -> None:
    if op == "exists":
        if not isinstance(value, bool):
            errors.add(path, "exists is true or false.")
    elif op in ("in_last", "not_in_last"):
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= DAYS_MAX:
            errors.add(path, f"Give a whole number of days from 1 to {DAYS_MAX:,}.")
    elif op == "one_of":
        _check_list(value, kind, choices, path, errors)
    elif op == "between":
        _check_span(value, kind, choices, path, errors)
    elif told := _wrong(value, kind, choices):
        errors.add(path, told)


def _check_list(value: Any, kind: str, choices: Any, path: str, errors: Errors) -> None:
    if not isinstance(value, list) or not value:
        errors.add(path, "Name at least one value, as a list.")
    elif len(value) > VALUES_MAX:
        errors.add(
            path, f"{len(value):,} values; {VALUES_MAX:,} is the most. Use a fixed list for more."
        )
    else:
        for position, one in enumerate(value):
            if told := _wrong(one, kind, choices):
                errors.add(f"{path}.{position}", told)


def _check_span(value: Any, kind: str, choices: Any, path: str, errors: Errors) -> None:
    if not isinstance(value, list) or len(value) != 2:
        errors.add(path, "between takes two values, the lower and the higher.")
        return
    told = [_wrong(one, kind, choices) for one in value]
    for position, sentence in enumerate(told):
        if sentence:
            errors.add(f"{path}.{position}", sentence)
    if not any(told) and kind != "version" and value[0] > value[1]:
        errors.add(path, "The lower value comes first.")


def _wrong(value: Any, kind: str, choices: Any) -> str:
    """What is wrong with one value, as a sentence; "" when nothing is."""
    if kind == "number":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        fine = is_number and -NUMBER_MAX <= value <= NUMBER_MAX
        return "" if fine else "This is a number, without quotes."
    if kind == "boolean":
        return "" if isinstance(value, bool) else "This is true or false."
    if not isinstance(value, str):
        return "This is a text."
    if not value or len(value) > TEXT_MAX or CONTROL.search(value):
        return f"Give a text of 1 to {TEXT_MAX} characters."
    return _wrong_text(value, kind, choices)


def _wrong_text(value: str, kind: str, choices: Any) -> str:
    if kind in ("date", "day"):
        return "" if _is_day(value) else "Give a date that exists, such as 2026-11-30."
    if kind == "choice":
        return "" if value in choices else f"There are {listed(choices)}."
    if kind == "version":
        fine = re.fullmatch(VERSION.strip("^$"), value, re.ASCII)
        return "" if fine else "Give a version of numbers and dots, such as 17.2."
    if kind == "locale":
        return "" if LOCALE.fullmatch(value) else "Give a language such as de or de-AT."
    if kind == "country":
        return "" if COUNTRY.fullmatch(value) else "Give a country as two capitals, such as AT."
    return ""


def _is_day(value: str) -> bool:
    try:
        return bool(DAY_SHAPE.fullmatch(value)) and bool(date.fromisoformat(value))
    except ValueError:
        return False
