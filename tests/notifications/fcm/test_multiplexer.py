"""What only the multiplexer can tell, and what a far side must not be able to do to it."""

import random
import socket
import threading
import time
from collections import Counter
from contextlib import suppress

import h2.settings
import pytest

from notifications.fcm.client import MultiplexClient
from notifications.fcm.multiplexer import frames
from notifications.fcm.outcomes import Kind
from tests.notifications.fcm.asking import (
    Minted,
    all_answers,
    body,
    kinds,
    one_answer,
    requests,
)
from tests.notifications.fcm.far_side import Connection, FarSide, Request, answer
from tests.sandbox_process import free_port


def client(url: str, credentials=None, **how) -> MultiplexClient:
    return MultiplexClient(url, credentials, "demo", **({"request_s": 20} | how))


# ---------------------------------------------------------------- may it be sent again?


def test_a_refused_stream_is_for_later(far):
    def refuse(request: Request, connection: Connection) -> None:
        if request.ordinal == 5:
            return connection.refuse(request.stream)
        answer(request, connection)

    far.script = refuse
    wire = client(far.url).start()
    wire.send(requests(*range(20)))
    answers = all_answers(wire)

    assert kinds(answers) == {"accepted": 19, "retry refused_stream": 1}
    assert max(Counter(far.tokens()).values()) == 1


def test_what_a_leaving_connection_did_not_process_goes_out_on_another(far):
    processed: list[str] = []

    def leave_at_37(request: Request, connection: Connection) -> None:
        if connection.number == 1 and request.ordinal == 37:
            connection.goaway(request.stream)
        if connection.number > 1 or request.ordinal <= 37:
            processed.append(request.token)
            answer(request, connection)

    far.script = leave_at_37
    wire = client(far.url).start()
    wire.send(requests(*range(100)))

    assert kinds(all_answers(wire)) == {"accepted": 100}
    assert sorted(processed) == sorted(f"t{number}" for number in range(100))


def test_draining_says_goaway_twice_and_loses_nothing(far):
    processed: list[str] = []

    def drain(request: Request, connection: Connection) -> None:
        if connection.number == 1 and request.ordinal == 10:
            connection.goaway(frames.STREAM_MAX)
        if connection.number == 1 and request.ordinal == 20:
            connection.goaway(request.stream)
        if connection.number == 1 and request.ordinal > 20:
            return
        processed.append(request.token)
        answer(request, connection)
        if connection.number == 1 and request.ordinal == 20:
            connection.cut()

    far.script = drain
    wire = client(far.url).start()
    wire.send(requests(*range(80)))

    assert kinds(all_answers(wire)) == {"accepted": 80}
    assert Counter(processed) == {f"t{number}": 1 for number in range(80)}


def test_a_far_side_that_wants_calm_gets_it(far):
    def calm(request: Request, connection: Connection) -> None:
        if request.ordinal == 10:
            connection.goaway(request.stream - 2, frames.ENHANCE_YOUR_CALM)
        if request.ordinal < 10:
            answer(request, connection)

    far.script = calm
    wire = client(far.url).start()
    wire.send(requests(*range(30)))

    assert kinds(all_answers(wire)) == {"accepted": 9, "retry refused_stream": 21}
    assert len(far.connections) == 1


def test_a_far_side_that_always_leaves_is_given_up_on(far):
    far.script = lambda request, connection: connection.goaway(0)

    got = one_answer(client(far.url))

    assert (got.kind, got.reason) == (Kind.RETRY, "refused_stream")
    assert len(far.requests) == 3


@pytest.mark.parametrize("code", [frames.NO_ERROR, 0x2, frames.CANCEL, frames.ENHANCE_YOUR_CALM])
def test_any_other_reset_is_unknown(far, code):
    far.script = lambda request, connection: connection.reset(request.stream, code)

    got = one_answer(client(far.url))

    assert (got.kind, got.reason) == (Kind.UNKNOWN, "reset")
    assert len(far.requests) == 1


def test_cut_at_every_byte_on_the_way_there_nothing_is_called_safe_that_arrived():
    size = bytes_of_one_exchange()[0]
    with FarSide() as far:
        for passed in range(size + 1):
            with Sieve(far.port, up=passed) as sieve:
                before = len(far.requests)

                got = one_answer(client(sieve.url, connect_s=1))

                time.sleep(0.001)
                arrived = len(far.requests) - before
                assert arrived <= 1, passed
                if got.kind is Kind.RETRY:
                    assert arrived == 0, passed
                if got.kind is Kind.ACCEPTED:
                    assert arrived == 1, passed


def test_cut_at_every_byte_on_the_way_back_only_a_whole_answer_counts():
    size = bytes_of_one_exchange()[1]
    with FarSide() as far:
        for passed in range(size + 1):
            with Sieve(far.port, down=passed) as sieve:
                before = len(far.requests)

                got = one_answer(client(sieve.url, connect_s=1))

                arrived = len(far.requests) - before
                assert arrived <= 1, passed
                if got.kind is Kind.RETRY:
                    assert arrived == 0, passed
                if got.kind is Kind.ACCEPTED:
                    assert (arrived, passed) == (1, size)


class Sieve:
    """Passes so many bytes each way, then cuts both."""

    def __init__(self, port: int, up: int = 1 << 30, down: int = 1 << 30) -> None:
        self._port, self._left = port, {"up": up, "down": down}
        self.passed = {"up": 0, "down": 0}

    def __enter__(self) -> "Sieve":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            beyond = socket.create_connection(("127.0.0.1", self._port))
            for way, source, sink in (("up", near, beyond), ("down", beyond, near)):
                threading.Thread(target=self._pass, args=(way, source, sink), daemon=True).start()

    def _pass(self, way: str, source: socket.socket, sink: socket.socket) -> None:
        try:
            while self._left[way] and (octets := source.recv(min(65536, self._left[way]))):
                self._left[way] -= len(octets)
                self.passed[way] += len(octets)
                sink.sendall(octets)
        except OSError:
            pass
        for sock in (source, sink):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def bytes_of_one_exchange() -> tuple[int, int]:
    with FarSide() as far, Sieve(far.port) as sieve:
        assert one_answer(client(sieve.url)).kind is Kind.ACCEPTED
        return sieve.passed["up"], sieve.passed["down"]


def test_what_a_deaf_far_side_did_not_take_comes_back_whole():
    """The rest of a request that was half written must never follow."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    wire = client(
        f"http://127.0.0.1:{listener.getsockname()[1]}", connections=1, request_s=1.5
    ).start()
    sent = [(number, body(f"<{number:03d}>" + "x" * 100_000)) for number in range(150)]
    wire.send(sent, not_after=time.monotonic() + 0.5)
    deaf, _ = listener.accept()
    wide = {frames.INITIAL_WINDOW_SIZE: 1 << 20, frames.MAX_CONCURRENT_STREAMS: 1000}
    deaf.sendall(frames.settings(wide) + frames.window_update(0, 1 << 30))

    wire.answers(0.7)
    withdrawn = set(wire.withdraw())

    deaf.settimeout(0.3)
    heard = b""
    try:
        while more := deaf.recv(1 << 20):
            heard += more
    except TimeoutError:
        pass
    bodies = bodies_in(heard)
    whole = {key for key, content in sent if content in bodies}
    assert len(withdrawn) > 50
    assert whole
    assert whole.isdisjoint(withdrawn)
    assert kinds(all_answers(wire)) <= Counter({"unknown timeout": 100, "unknown reset": 100})
    listener.close()


def bodies_in(octets: bytes) -> list[bytes]:
    """The request bodies that are whole in what a far side heard."""
    at, parts, whole = len(frames.PREFACE), {}, []
    while len(octets) - at >= 9:
        high, low, kind, flags, stream = frames.HEAD.unpack_from(octets, at)
        end = at + 9 + (high << 8 | low)
        if end > len(octets):
            break
        if kind == frames.DATA:
            parts[stream] = parts.get(stream, b"") + octets[at + 9 : end]
            if flags & frames.END_STREAM:
                whole.append(parts.pop(stream))
        at = end
    return whole


def test_what_flow_control_held_back_was_never_sent(far):
    """The far side never opens the connection's window of 65,535 bytes again."""
    silent = lambda flow, stream=None: None  # noqa: E731
    far.on_connect = lambda connection: setattr(connection.h2, "acknowledge_received_data", silent)
    wire = client(far.url, connections=1, request_s=1).start()
    wire.send([(number, body(f"{number}" + "x" * 3000)) for number in range(50)])

    answers = all_answers(wire)

    assert kinds(answers) == {"accepted": 48, "retry connect": 2}
    accepted = [key for key, got in answers.items() if got.kind is Kind.ACCEPTED]
    assert sorted(int(token.rstrip("x")) for token in far.tokens()) == sorted(accepted)


def test_bodies_larger_than_a_frame_go_in_parts(far):
    wire = client(far.url).start()
    wire.send([(number, body(f"{number}" + "x" * 40_000)) for number in range(12)])

    assert kinds(all_answers(wire)) == {"accepted": 12}
    assert Counter(len(token) for token in far.tokens()) == {40_001: 10, 40_002: 2}


def test_a_connection_that_went_silent_gets_nothing_new(far):
    def fall_silent(request: Request, connection: Connection) -> None:
        if request.ordinal != 2:
            answer(request, connection)

    far.script = fall_silent
    sender = client(far.url, request_s=1)

    kinds_in_a_row = [one_answer(sender).kind for _ in range(3)]

    assert kinds_in_a_row == [Kind.ACCEPTED, Kind.UNKNOWN, Kind.ACCEPTED]
    assert len(far.connections) == 2


def test_a_name_with_several_addresses_is_tried_on_each_and_the_good_one_remembered(
    far, monkeypatch
):
    closed = free_port()
    (found,) = socket.getaddrinfo("127.0.0.1", far.port, type=socket.SOCK_STREAM)
    names = [(*found[:4], ("127.0.0.1", closed)), found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **how: names)
    sender = client(far.url)

    assert [one_answer(sender).kind for _ in range(2)] == [Kind.ACCEPTED] * 2
    assert sender._route.addresses()[0][1] == ("127.0.0.1", far.port)


def test_where_no_address_answers_it_is_said_at_once(monkeypatch):
    (found,) = socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
    names = [(*found[:4], ("127.0.0.1", free_port())) for _ in range(3)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **how: names)
    wire = client("http://fcm.test").start()
    wire.send(requests(*range(700)))

    assert kinds(all_answers(wire)) == {"retry connect": 700}


def test_a_far_side_that_accepts_and_says_nothing_costs_no_attempt():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        got = one_answer(client(url, connect_s=0.3))

        assert (got.kind, got.reason, got.counts_attempt) == (Kind.RETRY, "connect", False)
        assert "SETTINGS" in got.detail


# ---------------------------------------------------------------- header compression


@pytest.mark.parametrize("table", [0, 100, 4096, 65536])
def test_whatever_the_table_of_the_far_side_each_request_says_it_all(table):
    with FarSide(settings={h2.settings.SettingCodes.HEADER_TABLE_SIZE: table}) as far:
        credentials = Minted()
        sender = client(far.url, credentials, connections=1)
        for _ in range(3):  # rotations
            wire = sender.start()
            wire.send([(n, body(f"t{credentials.number}-{n}" + "x" * (n % 7))) for n in range(40)])
            assert kinds(all_answers(wire)) == {"accepted": 40}
            wire.close()
            credentials.number += 1

        for request in far.requests:
            assert request.headers == {
                ":method": "POST",
                ":scheme": "http",
                ":authority": f"127.0.0.1:{far.port}",
                ":path": "/v1/projects/demo/messages:send",
                "content-type": "application/json",
                "content-length": str(len(request.body)),
                "authorization": f"Bearer token-{request.token[1]}",
            }
        assert len(far.requests) == 120
        assert len(far.connections) == 1


def test_a_token_too_long_for_the_table_is_spelled_out(far):
    class Long(Minted):
        def bearer(self) -> str:
            return "y" * 5000

    wire = client(far.url, Long()).start()
    wire.send(requests(*range(30)))

    assert kinds(all_answers(wire)) == {"accepted": 30}
    assert {request.headers["authorization"] for request in far.requests} == {
        "Bearer " + "y" * 5000
    }


def test_a_far_side_that_does_all_kinds_of_things_at_random_never_gets_a_message_twice(far):
    """A soak: what was processed is processed once, and every message ends once."""
    chance = random.Random(7)  # noqa: S311
    processed: Counter[str] = Counter()
    leaving: dict[int, int] = {}

    def whim(request: Request, connection: Connection) -> None:
        if request.stream > leaving.get(connection.number, frames.STREAM_MAX):
            return
        dice = chance.random()
        if dice < 0.004:
            leaving[connection.number] = request.stream
            connection.goaway(request.stream)
        elif dice < 0.006:
            processed[request.token] += 1
            return connection.cut(abruptly=dice < 0.005)
        elif dice < 0.02:
            return connection.refuse(request.stream)
        elif dice < 0.03:
            processed[request.token] += 1
            return connection.reset(request.stream, 2)
        processed[request.token] += 1
        answer(request, connection)

    far.script = whim
    sender = client(far.url, request_s=20)
    answers = {}
    for start in range(0, 3000, 500):
        wire = sender.start()
        wire.send(requests(*range(start, start + 500)))
        answers |= all_answers(wire, within_s=60)
        wire.close()

    assert len(answers) == 3000
    assert max(processed.values()) == 1
    for key, got in answers.items():
        if got.kind is Kind.RETRY:
            assert f"t{key}" not in processed
        if got.kind is Kind.ACCEPTED:
            assert processed[f"t{key}"] == 1
