"""Where the pieces of a bar stand."""

from hypothesis import given
from hypothesis import strategies as st

from console import charts

counts = st.lists(st.integers(0, 10**7), min_size=1, max_size=7)


def part(count: int, kind: str = "accepted") -> dict[str, object]:
    return {"kind": kind, "label": kind, "count": count}


def number(percent: str) -> float:
    return float(percent.rstrip("%"))


def test_parts_stand_side_by_side() -> None:
    laid = charts.bar([part(45), part(30, "skipped")], total=100)

    assert [(each.x, each.width, each.pattern) for each in laid] == [
        ("0.00%", "45.00%", ""),
        ("45.00%", "30.00%", "p-dot"),
    ]


def test_tiny_parts_can_still_be_seen_and_none_has_no_width() -> None:
    tiny, nothing = charts.bar([part(1), part(0)], total=1_000_000)

    assert number(tiny.width) == charts.SEEN
    assert number(nothing.width) == 0


def test_what_we_do_not_know_looks_unknown() -> None:
    assert charts.look("martian") == charts.look("unknown")


@given(counts)
def test_no_part_starts_outside_the_bar(given_counts: list[int]) -> None:
    for each in charts.bar([part(count) for count in given_counts]):
        assert 0 <= number(each.x) <= 100
        assert 0 <= number(each.width) <= 100


def test_steps_hang_from_what_is_left() -> None:
    steps = charts.waterfall(
        [
            {"kind": "from", "label": "Phones", "count": 100},
            {"kind": "minus", "label": "Off", "count": 20},
            {"kind": "minus", "label": "Never asked", "count": 5, "look": "retry"},
            {"kind": "total", "label": "Will be sent", "count": 75},
        ]
    )

    assert [(each.x, each.width) for each in steps] == [
        ("0.00%", "100.00%"),
        ("80.00%", "20.00%"),
        ("75.00%", "5.00%"),
        ("0.00%", "75.00%"),
    ]
    assert [each.pattern for each in steps] == ["", "p-dot", "p-vert", ""]


def test_columns_stand_on_the_baseline() -> None:
    low, none, high = charts.columns([("Mon", 1), ("Tue", 0), ("Wed", 100)], top=100, height=96)

    assert (low.y, low.height) == ("94.0", "2.0")
    assert none.height == "0.0"
    assert (high.y, high.height) == ("0.0", "96.0")
