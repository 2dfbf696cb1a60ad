"""One HTTP/2 connection (RFC 9113), without waiting: the caller says when to read and write.

What may be sent again rests on two facts: `Exchange.end` against the number of bytes handed to
the network, and the far side's word that it processed no stream above the one in its GOAWAY, or
that it refused a stream (8.7).
"""

import ssl
import time
from collections import deque
from contextlib import suppress
from enum import Enum
from math import inf

from notifications.fcm.multiplexer import frames, incoming
from notifications.fcm.multiplexer.exchange import Exchange
from notifications.fcm.multiplexer.frames import Violation
from notifications.fcm.multiplexer.headers import BLOCK_MAX_BYTES, RequestHeaders
from notifications.fcm.multiplexer.outgoing import Outgoing
from notifications.fcm.multiplexer.transport import READ_BYTES, Address, Transport
from notifications.fcm.outcomes import Failure

# Google's Node SDK keeps to 100 "to respect backend limit".
STREAMS = 100
READS_A_TURN = 64
# Streams are numbered up to 2^31-1; a connection is replaced long before.
LAST_STREAM = 2**30

_GREETING = (
    frames.PREFACE
    + frames.settings(
        {
            frames.HEADER_TABLE_SIZE: 0,  # so that a header block means the same at any time
            frames.ENABLE_PUSH: 0,
            # A frame more than we want: what is too much must be able to show itself.
            frames.INITIAL_WINDOW_SIZE: incoming.BODY_MAX_BYTES + frames.FRAME_MAX_BYTES,
            frames.MAX_HEADER_LIST_SIZE: BLOCK_MAX_BYTES,
        }
    )
    + frames.window_update(0, incoming.OUR_WINDOW - frames.WINDOW_DEFAULT)
)


class State(Enum):
    BEGINNING = "beginning"  # until the far side's SETTINGS are in
    OPEN = "open"
    LEAVING = "leaving"  # finishing what was begun
    CLOSED = "closed"


Why = tuple[Failure, str]


class Connection:
    """`ended` collects exchanges that are over, with why where there is no answer; `again` those
    the far side certainly did not process. The caller empties both."""

    def __init__(
        self,
        address: Address,
        tls: ssl.SSLContext | None,
        host: str,
        headers: RequestHeaders,
        connect_by: float,
    ) -> None:
        """Raises OSError where there is no way to that address."""
        self.transport = Transport(address, tls, host)
        self.out = Outgoing(_GREETING, headers)
        self.heard = incoming.Heard()
        self.state = State.BEGINNING
        self.was_open = False
        self.why_closed: Why | None = None
        self.connect_by = connect_by
        self.last_read = time.monotonic()
        self.more_to_read = False
        self.max_streams = STREAMS
        self.streams: dict[int, Exchange] = {}
        self.ended: list[tuple[Exchange, Why | None]] = []
        self.again: list[tuple[Exchange, Why]] = []

    def fileno(self) -> int:
        return self.transport.fileno()

    @property
    def wants_to_write(self) -> bool:
        return bool(self.out.unsent) if self.transport.ready else self.transport.wants_to_write

    @property
    def due_at(self) -> float:
        """When `expire` next has something to do."""
        if not self.was_open:
            return self.connect_by
        return next((exchange.give_up_at for exchange in self.streams.values()), inf)

    @property
    def room(self) -> int:
        """How many requests may begin now."""
        if self.state is not State.OPEN or not self.out.free:
            return 0
        return min(self.max_streams, STREAMS) - len(self.streams)

    def begin(self, waiting: deque[Exchange], most: int, patience_s: float, token: str) -> None:
        """Put ≤ `most` of those waiting on the wire."""
        self.out.begin(waiting, most, patience_s, token, self.streams)
        if self.out.next_stream > LAST_STREAM:
            self.state = State.LEAVING
        self.write()

    def read(self) -> None:
        """Take in what has arrived, and prepare what must be answered at once."""
        if self.state is State.CLOSED:
            return
        try:
            if not self.transport.ready:
                self.transport.advance()
            if self.transport.ready:
                self._receive()
        except Violation as violation:
            with suppress(OSError):
                if self.out.free:  # never into the middle of a frame
                    self.transport.send(frames.goaway(violation.code))
            self.close(self._failure(), f"The far side broke HTTP/2: {violation}")
        except OSError as error:
            self.close(self._failure(error), str(error))

    def write(self) -> None:
        if self.state is State.CLOSED or not self.transport.ready:
            return
        try:
            self.out.flush(self.transport)
        except OSError as error:
            self.out.cut()
            self.read()  # what was sent may have been answered
            self.close(self._failure(error), str(error))

    def expire(self, now: float) -> None:
        """End what took too long. Streams are in the order of their beginnings."""
        if not self.was_open:
            if now >= self.connect_by:
                self.close(self._failure(), f"Timed out: {self.transport.stage}.")
            return
        late = []
        for stream, exchange in self.streams.items():
            if exchange.give_up_at > now:
                break
            late.append(stream)
        for stream in late:
            if stream in self.streams:
                self._give_up(stream)

    def stop_writing(self) -> None:
        """Hand nothing more to the network: what it does not have whole can be sent elsewhere."""
        if self.state not in (State.OPEN, State.LEAVING):
            return
        self.out.cut()
        if self.out.mute:
            self.state = State.LEAVING
        sent = self.out.sent
        for stream in [number for number, exchange in self.streams.items() if exchange.end > sent]:
            self.again.append((self._forget(stream), (Failure.CONNECT, "Not sent in time.")))
            self.out.put(frames.rst_stream(stream, frames.CANCEL))

    def close(self, failure: Failure, said: str) -> None:
        """Over. What was whole on the network is ambiguous, the rest is not."""
        if self.state is State.CLOSED:
            return
        self.why_closed = failure, said
        self.state = State.CLOSED
        self.transport.close()
        for exchange in self.streams.values():
            if exchange.end > self.out.sent:
                self.again.append((exchange, (Failure.CONNECT, said)))
            else:
                self.ended.append((exchange, (Failure.RESET, said)))
        self.streams.clear()
        self.out.kept_back.clear()

    # ------------------------------------------------------------ what the far side says of it

    def opened(self) -> None:
        """Its SETTINGS are in; it sends them again when they change."""
        if not self.was_open:
            self.state, self.was_open = State.OPEN, True

    def leave(self) -> None:
        self.state = State.LEAVING

    # ------------------------------------------------------------ how a stream ends

    def finish(self, stream: int) -> None:
        """The answer is whole. It may come before the request is: the rest need not go."""
        exchange = self.streams.pop(stream)
        if exchange.rest:
            del self.out.kept_back[stream]
            self.out.put(frames.rst_stream(stream, frames.CANCEL))
        self.ended.append((exchange, None))

    def fail(self, stream: int, failure: Failure, said: str, *, cancel: bool = False) -> None:
        self.ended.append((self._forget(stream), (failure, said)))
        if cancel:
            self.out.put(frames.rst_stream(stream, frames.CANCEL))

    def not_processed(self, stream: int, failure: Failure, said: str) -> None:
        self.again.append((self._forget(stream), (failure, said)))

    def _forget(self, stream: int) -> Exchange:
        self.out.kept_back.pop(stream, None)
        return self.streams.pop(stream)

    def _give_up(self, stream: int) -> None:
        exchange = self.streams[stream]
        if exchange.end > self.out.sent:
            self.fail(stream, Failure.CONNECT, "Not sent in time.")
            self.stop_writing()  # or the rest of it would go out after we said that it did not
            self.state = State.LEAVING  # who takes so little gets nothing new
            return
        self.fail(stream, Failure.TIMEOUT, "No answer in time.", cancel=True)
        if self.last_read < exchange.began_at:
            self.state = State.LEAVING  # not a byte since it was asked: nothing new goes there

    def _receive(self) -> None:
        self.more_to_read = False
        for _ in range(READS_A_TURN):
            received = self.transport.receive()
            if received is None:
                return
            if not received:
                return self.close(self._failure(), "The far side ended the connection.")
            self.last_read = time.monotonic()
            incoming.take(self, received)
            if not self.transport.encrypted and len(received) < READ_BYTES:
                return
        self.more_to_read = True

    def _failure(self, error: OSError | None = None) -> Failure:
        """Why it ended; before the first request that costs no attempt."""
        if self.was_open:
            return Failure.RESET
        secret = isinstance(error, ssl.SSLError) or self.transport.stage == "TLS handshake"
        return Failure.TLS if secret else Failure.CONNECT
