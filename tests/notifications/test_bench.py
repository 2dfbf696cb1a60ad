"""The bench's own parts: a far side that every client believes, and sides that say their cost."""

from pathlib import Path

import pytest

from notifications.bench import sides


@pytest.mark.parametrize("client", ["multiplexer", "pycurl"])
def test_a_side_sends_all_and_says_what_it_cost(tmp_path: Path, client: str) -> None:
    with sides.running(tmp_path) as field:
        cost = field.bare(client, 700)

    assert cost.messages == 700
    assert cost.seconds > 0
    assert cost.cpu_s > 0
    assert 10 < cost.peak_mb < 500


def test_a_side_that_breaks_says_its_last_words(tmp_path: Path) -> None:
    with sides.running(tmp_path) as field:
        (tmp_path / "service-account.json").unlink()

        with pytest.raises(sides.SideFailed, match="service-account"):
            field.bare("multiplexer", 10)
