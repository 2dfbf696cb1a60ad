"""HTTP/1.1 and HTTP/2 as bytes: what a client may do, and what it may not."""

import json
import random
import socket
import time
from collections.abc import Iterator

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
import pycurl
import pytest

from tests.notifications.sandbox.calls import TOKEN, Fcm
from tests.sandbox_process import SandboxProcess

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class Http2:
    """One connection; `streams` is what became of each request."""

    def __init__(self, fcm: Fcm, **settings: int) -> None:
        self.fcm = fcm
        self.socket = socket.create_connection(("127.0.0.1", fcm.sandbox.port), timeout=5)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        if settings:
            self.h2.local_settings = h2.settings.Settings(
                initial_values={
                    getattr(h2.settings.SettingCodes, k): v for k, v in settings.items()
                }
            )
        self.h2.initiate_connection()
        self.streams: dict[int, dict] = {}
        self.goaway: int | None = None
        self.ended = False
        self.automatic_windows = True

    def headers(self, **more: str) -> list[tuple[str, str]]:
        return [
            (":method", "POST"),
            (":scheme", "http"),
            (":authority", f"127.0.0.1:{self.fcm.sandbox.port}"),
            (":path", f"/v1/projects/{self.fcm.project}/messages:send"),
            ("authorization", f"Bearer {self.fcm.bearer}"),
            *more.items(),
        ]

    def post(self, token: str = TOKEN, **how) -> int:
        stream = self.h2.get_next_available_stream_id()
        body = json.dumps({"message": {"token": token}}).encode()
        self.h2.send_headers(stream, self.headers(), priority_weight=how.get("weight"))
        self.h2.send_data(
            stream, body, end_stream=not how.get("trailers"), pad_length=how.get("pad")
        )
        if how.get("trailers"):
            self.h2.send_headers(stream, [("x-check", "1")], end_stream=True)
        self.streams[stream] = {"body": b""}
        return stream

    def flush(self) -> None:
        self.socket.sendall(self.h2.data_to_send())

    def until(self, done, seconds: float = 5) -> None:
        """Read events until `done()`; fails after `seconds`."""
        deadline = time.monotonic() + seconds
        self.flush()
        while not done() and not self.ended:
            assert time.monotonic() < deadline, self.streams
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                self.ended = True
                return
            for event in self.h2.receive_data(data):
                self.happened(event)
            self.flush()

    def happened(self, event) -> None:
        if isinstance(event, h2.events.ResponseReceived):
            self.streams[event.stream_id]["status"] = dict(event.headers)[":status"]
        elif isinstance(event, h2.events.DataReceived):
            self.streams[event.stream_id]["body"] += event.data
            if self.automatic_windows:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.streams[event.stream_id]["ended"] = True
        elif isinstance(event, h2.events.StreamReset):
            self.streams[event.stream_id]["reset"] = event.error_code
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = event.last_stream_id

    def statuses(self) -> list[str | None]:
        return [each.get("status") for each in self.streams.values()]

    def settled(self) -> bool:
        return all("ended" in each or "reset" in each for each in self.streams.values())


@pytest.fixture
def connection(fcm: Fcm) -> Iterator[Http2]:
    made = Http2(fcm)
    yield made
    made.socket.close()


def test_a_hundred_requests_in_one_breath_are_all_answered(connection: Http2):
    for index in range(100):
        connection.post(f"sbx-one-of-a-hundred-{index}")
    connection.until(connection.settled)

    assert connection.statuses() == ["200"] * 100
    assert connection.fcm.sandbox.stats()["accepted"] == 100


def test_a_goaway_answers_what_came_before_and_nothing_after(connection: Http2):
    connection.fcm.sandbox.set_faults([{"match": {"nth": 37}, "do": "goaway"}])
    connection.until(lambda: connection.h2.remote_settings.max_concurrent_streams == 100)
    for index in range(100):
        connection.post(f"sbx-one-of-a-hundred-{index}")
    connection.until(lambda: False)

    assert connection.goaway == 71  # the 36th request's stream
    assert connection.statuses() == ["200"] * 36 + [None] * 64
    assert connection.ended
    assert connection.fcm.sandbox.stats()["accepted"] == 36


def test_after_a_goaway_curl_gets_the_slow_answer_below_and_asks_anew_above(fcm: Fcm):
    fcm.sandbox.set_faults(
        [
            {"match": {"nth": 1}, "do": "slow", "seconds": 0.3},
            {"match": {"nth": 1}, "do": "goaway"},
        ]
    )

    assert post_with_curl(fcm, count=2) == [200, 200]
    assert fcm.sandbox.stats()["requests"] == 3
    assert fcm.sandbox.stats()["accepted"] == 2


def post_with_curl(fcm: Fcm, *, count: int) -> list[int]:
    """The statuses of as many requests over one HTTP/2 connection, as the sender makes them."""
    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, 1)
    handles = [pycurl.Curl() for _ in range(count)]
    for handle in handles:
        handle.setopt(handle.URL, fcm.url())
        handle.setopt(handle.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
        handle.setopt(handle.HTTPHEADER, [f"Authorization: Bearer {fcm.bearer}"])
        handle.setopt(handle.POSTFIELDS, json.dumps({"message": {"token": TOKEN}}))
        handle.setopt(handle.WRITEFUNCTION, lambda data: None)
        handle.setopt(handle.TIMEOUT, 5)
        handle.setopt(handle.NOPROXY, "*")
        multi.add_handle(handle)
    while multi.perform()[1]:
        multi.select(0.1)
    return [handle.getinfo(pycurl.RESPONSE_CODE) for handle in handles]


def test_a_client_that_goes_on_sending_still_reads_what_was_answered(fcm: Fcm):
    fcm.sandbox.set_faults([{"match": {"nth": 20}, "do": "goaway"}])
    connection = Http2(fcm)
    connection.until(lambda: connection.h2.remote_settings.max_concurrent_streams == 100)
    for index in range(60):
        connection.post(f"sbx-one-of-sixty-phones-{index}")
        connection.flush()
        time.sleep(0.002)
    connection.until(lambda: False)
    connection.socket.close()

    assert connection.goaway == 37
    assert connection.statuses().count("200") == fcm.sandbox.stats()["accepted"] == 19


def test_an_abrupt_goaway_takes_the_slow_ones_along(connection: Http2):
    connection.fcm.sandbox.set_faults(
        [
            {"match": {"nth": 1}, "do": "slow", "seconds": 0.3},
            {"do": "goaway", "connection": True},
        ]
    )
    connection.post()
    connection.post()
    connection.until(lambda: False)

    assert connection.goaway == 1
    assert connection.statuses() == [None, None]
    assert connection.fcm.sandbox.stats()["accepted"] == 1


@pytest.mark.parametrize(
    ("kind", "code", "accepted"),
    [
        ("refused_stream", h2.errors.ErrorCodes.REFUSED_STREAM, 2),
        ("accept_then_reset", h2.errors.ErrorCodes.INTERNAL_ERROR, 3),
        ("reset_before_accept", h2.errors.ErrorCodes.INTERNAL_ERROR, 2),
    ],
)
def test_one_stream_is_reset_and_its_neighbours_are_answered(
    connection: Http2, kind: str, code: int, accepted: int
):
    connection.fcm.sandbox.set_faults([{"match": {"nth": 2}, "do": kind}])
    streams = [connection.post() for _ in range(3)]
    connection.until(connection.settled)

    assert connection.statuses() == ["200", None, "200"]
    assert connection.streams[streams[1]]["reset"] == code
    assert connection.fcm.sandbox.stats()["accepted"] == accepted


def test_more_than_a_hundred_streams_are_refused(connection: Http2):
    connection.fcm.sandbox.set_faults([{"do": "slow", "seconds": 0.3}])
    for _ in range(101):
        connection.post()
    connection.until(connection.settled)

    assert connection.statuses() == ["200"] * 100 + [None]
    assert connection.streams[201]["reset"] == h2.errors.ErrorCodes.REFUSED_STREAM


def test_padding_priorities_and_trailers_are_understood(connection: Http2):
    connection.post(pad=20)
    connection.post(weight=16)
    connection.post(trailers=True)
    connection.until(connection.settled)

    assert connection.statuses() == ["200"] * 3


def test_a_header_block_in_pieces_is_put_together(connection: Http2):
    stream = connection.h2.get_next_available_stream_id()
    long = connection.headers(**{"x-long": "y" * 30_000})
    connection.h2.send_headers(stream, long)
    connection.h2.send_data(stream, b'{"message":{"token":"%s"}}' % TOKEN.encode(), end_stream=True)
    connection.streams[stream] = {"body": b""}
    connection.until(connection.settled)

    assert connection.statuses() == ["200"]


def test_a_small_window_is_respected(fcm: Fcm):
    fcm.sandbox.set_faults([{"do": "huge_body", "bytes": 100_000}])
    connection = Http2(fcm, INITIAL_WINDOW_SIZE=10)
    connection.automatic_windows = False
    connection.post()
    connection.until(lambda: len(connection.streams[1]["body"]) == 10)
    connection.h2.increment_flow_control_window(1000, 1)
    connection.until(lambda: len(connection.streams[1]["body"]) >= 1010)

    assert len(connection.streams[1]["body"]) == 1010
    connection.socket.close()


def test_a_reset_by_the_client_ends_the_waiting_answer(connection: Http2):
    connection.fcm.sandbox.set_faults([{"match": {"nth": 1}, "do": "slow", "seconds": 0.2}])
    first = connection.post()
    connection.flush()
    connection.h2.reset_stream(first)
    del connection.streams[first]
    second = connection.post()
    connection.until(connection.settled)
    time.sleep(0.3)
    connection.h2.ping(b"12345678")
    connection.until(lambda: True)

    assert connection.streams[second]["status"] == "200"
    assert connection.fcm.sandbox.stats()["accepted"] == 2


def test_bodies_are_bounded_over_http2(connection: Http2):
    stream = connection.h2.get_next_available_stream_id()
    connection.h2.send_headers(stream, connection.headers(**{"content-length": str(11 << 20)}))
    connection.streams[stream] = {"body": b""}
    connection.until(connection.settled)

    assert connection.streams[stream]["status"] == "413"


BROKEN = {
    "a frame too long": b"\x00\x40\x01\x00\x00\x00\x00\x00\x01",
    "data before headers": b"\x00\x00\x01\x00\x01\x00\x00\x00\x01x",
    "headers on stream 0": b"\x00\x00\x01\x01\x05\x00\x00\x00\x00\x82",
    "headers on an even stream": b"\x00\x00\x01\x01\x05\x00\x00\x00\x02\x82",
    "an unreadable header block": b"\x00\x00\x01\x01\x05\x00\x00\x00\x01\xff",
    "continuation alone": b"\x00\x00\x01\x09\x04\x00\x00\x00\x01\x82",
    "a push promise": b"\x00\x00\x04\x05\x04\x00\x00\x00\x01\x00\x00\x00\x02",
    "settings of five bytes": b"\x00\x00\x05\x04\x00\x00\x00\x00\x0012345",
    "settings on a stream": b"\x00\x00\x00\x04\x00\x00\x00\x00\x01",
    "a ping of seven bytes": b"\x00\x00\x07\x06\x00\x00\x00\x00\x001234567",
    "a window of nothing": b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    "a reset of an idle stream": b"\x00\x00\x04\x03\x00\x00\x00\x00\x07\x00\x00\x00\x00",
    "more padding than payload": b"\x00\x00\x02\x01\x0d\x00\x00\x00\x01\x09\x82",
}


@pytest.mark.parametrize("frames", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_frame_ends_the_connection_with_a_goaway(sandbox: SandboxProcess, frames: bytes):
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as raw:
        raw.sendall(PREFACE + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + frames)
        said = b"".join(iter(lambda: raw.recv(65536), b""))

    assert b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" in said
    assert sandbox.stats()["requests"] == 0


@pytest.mark.parametrize("seed", range(40))
def test_noise_never_harms_the_others(fcm: Fcm, seed: int):
    noise = random.Random(seed)  # noqa: S311 - not for secrets
    connection = Http2(fcm)
    for index in range(3):
        connection.post(f"sbx-one-of-three-phones-{index}")
    good = connection.h2.data_to_send()
    spoilt = bytearray(good)
    for _ in range(noise.randint(1, 8)):
        spoilt[noise.randrange(len(PREFACE), len(spoilt))] = noise.randrange(256)
    connection.socket.sendall(bytes(spoilt[: noise.randint(30, len(spoilt))]))
    connection.socket.close()

    assert fcm.send().ok


@pytest.mark.parametrize("size", [1, 7, 100])
def test_requests_that_arrive_in_crumbs_are_whole(fcm: Fcm, size: int):
    connection = Http2(fcm)
    connection.post()
    data = connection.h2.data_to_send()
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for start in range(0, len(data), size):
        connection.socket.sendall(data[start : start + size])
    connection.until(connection.settled)
    connection.socket.close()

    assert connection.statuses() == ["200"]


# ------------------------------------------------------------------ HTTP/1.1


def raw_http1(fcm: Fcm, *parts: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", fcm.sandbox.port), timeout=5) as raw:
        for part in parts:
            raw.sendall(part)
            time.sleep(0.01)
        raw.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: raw.recv(65536), b""))


def request(fcm: Fcm, body: bytes = b"", *lines: str) -> bytes:
    body = body or b'{"message":{"token":"%s"}}' % TOKEN.encode()
    head = [
        f"POST /v1/projects/{fcm.project}/messages:send HTTP/1.1",
        "Host: fcm.googleapis.com",
        f"Authorization: Bearer {fcm.bearer}",
        *(lines or (f"Content-Length: {len(body)}",)),
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def test_requests_one_behind_the_other_are_answered_in_turn(fcm: Fcm):
    said = raw_http1(fcm, request(fcm) * 3)

    assert said.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert fcm.sandbox.stats()["accepted"] == 3


def test_a_slow_answer_holds_up_those_behind_it(fcm: Fcm):
    fcm.sandbox.set_faults([{"match": {"nth": 1}, "do": "slow", "seconds": 0.2}])

    with socket.create_connection(("127.0.0.1", fcm.sandbox.port), timeout=5) as raw:
        raw.sendall(request(fcm) * 2)
        said = b""
        while said.count(b"HTTP/1.1 200 OK\r\n") < 2:
            said += raw.recv(65536)

    assert fcm.sandbox.stats()["accepted"] == 2


def test_a_chunked_body_is_put_together(fcm: Fcm):
    body = b'{"message":{"token":"%s"}}' % TOKEN.encode()
    chunks = [b"5\r\n" + body[:5] + b"\r\n", b"%x;x=1\r\n%s\r\n" % (len(body) - 5, body[5:])]

    said = raw_http1(
        fcm, request(fcm, chunks[0], "Transfer-Encoding: chunked"), chunks[1], b"0\r\n\r\n"
    )

    assert said.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_client_that_asks_first_is_told_to_go_on(fcm: Fcm):
    body = b'{"message":{"token":"%s"}}' % TOKEN.encode()
    lines = (f"Content-Length: {len(body)}", "Expect: 100-continue")

    said = raw_http1(fcm, request(fcm, b" ", *lines)[:-1], body)

    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"x" * 70_000,
    ],
    ids=lambda data: data[:20].decode(),
)
def test_what_is_no_http_is_answered_400_and_closed(fcm: Fcm, data: bytes):
    assert raw_http1(fcm, data).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_body_that_says_it_is_too_long_is_refused_at_once(fcm: Fcm):
    said = raw_http1(fcm, request(fcm, b"x", f"Content-Length: {11 << 20}"))

    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in said
