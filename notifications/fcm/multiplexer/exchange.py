"""One request, from the moment it is asked for to its end."""

from math import inf

from notifications.fcm.multiplexer.headers import AnswerHead


class Exchange:
    """`end` is the position of the request's last byte in all that its connection writes: once
    that much was handed to the network, the far side may have the whole request. `rest` is what
    flow control still keeps back, and `window` what may go of it.

    The class holds the values of a fresh one: two assignments per message instead of twelve.
    """

    began_at: float = 0.0
    give_up_at: float = inf
    token: str = ""
    refused_token: str = ""
    tries: int = 0
    end: float = inf
    rest: bytes = b""
    window: int = 0
    head: AnswerHead | None = None
    reply: bytes = b""

    def __init__(self, key: int, body: bytes) -> None:
        self.key = key
        self.body = body

    def anew(self) -> "Exchange":
        """To be tried again: without what the last try left behind."""
        fresh = Exchange(self.key, self.body)
        fresh.refused_token, fresh.tries = self.refused_token, self.tries
        return fresh
