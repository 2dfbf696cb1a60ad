"""What the tests of FCM's clients ask, and what they make of the answers."""

import json
import time
from collections import Counter
from collections.abc import Callable

from notifications.fcm.client import (
    Client,
    Wire,
)
from notifications.fcm.credentials import MintFailed
from notifications.fcm.outcomes import Answer

Make = Callable[..., Client]


class Minted:
    """Credentials whose tokens are numbered."""

    def __init__(self, failure: MintFailed | None = None) -> None:
        self.number, self.failure = 1, failure

    def bearer(self) -> str:
        if self.failure:
            raise self.failure
        return f"token-{self.number}"

    def mint_again(self, stale: str) -> str:
        if stale == self.bearer():
            self.number += 1
        return self.bearer()


def body(token: str) -> bytes:
    return json.dumps({"message": {"token": token}}).encode()


def requests(*numbers: int) -> list[tuple[int, bytes]]:
    return [(number, body(f"t{number}")) for number in numbers]


def all_answers(wire: Wire, within_s: float = 30) -> dict[int, Answer]:
    """Until nothing is unanswered; a key that came twice would fail here."""
    answers: dict[int, Answer] = {}
    until = time.monotonic() + within_s
    while wire.unanswered:
        assert time.monotonic() < until, f"{wire.unanswered} were never answered"
        for key, got in wire.answers(0.2):
            assert key not in answers
            answers[key] = got
    return answers


def one_answer(client: Client) -> Answer:
    wire = client.start()
    wire.send(requests(1))
    answers = all_answers(wire)
    wire.close()
    return answers[1]


def kinds(answers: dict[int, Answer]) -> Counter[str]:
    return Counter(f"{got.kind} {got.reason}".strip() for got in answers.values())
