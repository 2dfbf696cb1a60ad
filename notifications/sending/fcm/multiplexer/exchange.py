"""One request, from the moment it is asked for to its end."""

from math import inf

from notifications.sending.fcm.multiplexer.headers import AnswerHead


class Exchange:
    """`end` is the position of the request's last byte in all that its connection writes: once
    that much was handed to the network, the far side may have the whole request. `rest` is what
    flow control still keeps back, and `window` what may go of it."""

    __slots__ = (
        "began_at",
        "body",
        "end",
        "give_up_at",
        "head",
        "key",
        "refused_token",
        "reply",
        "rest",
        "token",
        "tries",
        "window",
    )

    def __init__(self, key: int, body: bytes) -> None:
        self.key = key
        self.body = body
        self.token = ""
        self.refused_token = ""
        self.tries = 0
        self.began_at = 0.0
        self.give_up_at = inf
        self.begin(inf)

    def begin(self, end: float) -> None:
        """Forget what an earlier try left behind."""
        self.end = end
        self.head: AnswerHead | None = None
        self.reply = b""
        self.rest = b""
        self.window = 0
