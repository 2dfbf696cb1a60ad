"""What the multiplexer makes of the frames that a far side sends: good ones, broken ones, floods."""

import time
from struct import pack

import pytest
from hpack import Encoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.fcm.multiplexer import frames
from notifications.fcm.multiplexer.connection import Connection as Ours
from notifications.fcm.multiplexer.connection import State
from notifications.fcm.outcomes import Failure
from tests.examples import examples
from tests.notifications.fcm.bare_side import (
    OK_BODY,
    OK_HEAD,
    BareSide,
    answer_frames,
)


@pytest.fixture
def bare():
    with BareSide() as side:
        yield side


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return frames.frame(kind, flags, stream, payload)


def ends_of(ours: Ours) -> list[tuple[int, str]]:
    """(key, how it ended), "ok" with an answer, "again" where it was not processed."""
    ended = [
        (exchange.key, failure[0].value if failure else "ok") for exchange, failure in ours.ended
    ]
    return ended + [(exchange.key, "again") for exchange, _ in ours.again]


# ---------------------------------------------------------------- frames, one by one


def test_nothing_but_the_greeting_is_said_before_the_far_side_said_its_settings(bare):
    bare.settle()
    heard = bare.heard()
    assert heard.startswith(frames.PREFACE)
    assert bare.ours.room == 0

    bare.greet()

    assert bare.ours.room == 100
    assert bare.heard() == frame(frames.SETTINGS, frames.ACK, 0)


def test_an_ordinary_answer(bare):
    bare.greet()
    (exchange,) = bare.begin()

    bare.says(answer_frames(1))

    assert ends_of(bare.ours) == [(0, "ok")]
    assert exchange.reply == OK_BODY
    assert exchange.head is not None
    assert exchange.head.status == 200


@pytest.mark.parametrize("step", [1, 2, 3, 5, 8, 13])
def test_an_answer_in_crumbs(bare, step):
    bare.greet()
    bare.begin(2)
    octets = answer_frames(1) + answer_frames(3)

    for at in range(0, len(octets), step):
        bare.says(octets[at : at + step])

    assert ends_of(bare.ours) == [(0, "ok"), (1, "ok")]


def test_padding_priority_continuation_interim_heads_and_trailers(bare):
    bare.greet()
    (exchange,) = bare.begin()
    head = Encoder().encode([(":status", "503"), ("retry-after", "7"), ("x", "y" * 300)])

    bare.says(frame(frames.HEADERS, frames.END_HEADERS, 1, Encoder().encode([(":status", "103")])))
    flags = frames.PADDED | frames.WITH_PRIORITY
    bare.says(frame(frames.HEADERS, flags, 1, b"\x03" + bytes(5) + head[:9] + bytes(3)))
    bare.says(frame(frames.CONTINUATION, 0, 1, head[9:11]))
    bare.says(frame(frames.CONTINUATION, frames.END_HEADERS, 1, head[11:]))
    bare.says(frame(frames.DATA, frames.PADDED, 1, b"\x02" + OK_BODY[:5] + bytes(2)))
    bare.says(frame(frames.DATA, 0, 1, OK_BODY[5:]))
    bare.says(frame(0xEE, 0xFF, 1, b"of the future"))
    trailers = Encoder().encode([("grpc-status", "0")])
    bare.says(frame(frames.HEADERS, frames.END_HEADERS | frames.END_STREAM, 1, trailers))

    assert ends_of(bare.ours) == [(0, "ok")]
    assert exchange.reply == OK_BODY
    assert exchange.head.headers["retry-after"] == "7"


def test_pings_are_answered_and_never_asked(bare):
    bare.greet()
    bare.heard()

    bare.says(frame(frames.PING, 0, 0, b"12345678"))
    assert bare.heard() == frame(frames.PING, frames.ACK, 0, b"12345678")
    bare.says(frame(frames.PING, frames.ACK, 0, b"12345678"))
    assert bare.heard() == b""


def test_a_goaway_that_contradicts_an_answer_is_not_believed(bare):
    bare.greet()
    bare.begin(2)
    bare.says(frame(frames.HEADERS, frames.END_HEADERS, 3, OK_HEAD))

    bare.says(frame(frames.GOAWAY, 0, 0, pack(">LL", 0, 0)))

    assert sorted(ends_of(bare.ours)) == [(0, "again"), (1, "reset")]


def test_what_comes_late_on_a_stream_that_is_over_is_ignored(bare):
    bare.greet()
    bare.begin(2)
    bare.says(answer_frames(1))

    bare.says(frame(frames.RST_STREAM, 0, 1, pack(">L", 0)))
    bare.says(frame(frames.WINDOW_UPDATE, 0, 1, pack(">L", 5)))
    bare.says(answer_frames(1) + answer_frames(3))

    assert ends_of(bare.ours) == [(0, "ok"), (1, "ok")]
    assert bare.ours.state is State.OPEN


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (frame(frames.DATA, 0, 0, b"x"), "stream"),
        (frame(frames.HEADERS, 4, 2, OK_HEAD), "never opened"),
        (frame(frames.HEADERS, 4, 99, OK_HEAD), "never opened"),
        (frame(frames.HEADERS, 4, 1, b"\xbe"), "header block"),
        (frame(frames.HEADERS, 4, 1, b"\x82\xff"), "header block"),
        (frame(frames.HEADERS, 0, 1, OK_HEAD) + answer_frames(1), "interrupted"),
        (frame(frames.HEADERS, 0, 1, OK_HEAD) + frame(frames.CONTINUATION, 4, 3, b""), "continues"),
        (frame(frames.CONTINUATION, 4, 1, OK_HEAD), "continues nothing"),
        (frame(frames.HEADERS, 0xC, 1, b"\x05\x88"), "padding"),
        (frame(frames.HEADERS, 0x24, 1, b"\x00\x00"), "priority"),
        (frame(frames.DATA, 8, 1, b""), "padding"),
        (frame(frames.SETTINGS, 0, 0, b"12345"), "pairs"),
        (frame(frames.SETTINGS, 1, 0, bytes(6)), "ACK"),
        (frame(frames.SETTINGS, 0, 1), "stream"),
        (frames.settings({frames.INITIAL_WINDOW_SIZE: 2**31}), "2^31-1"),
        (frames.settings({frames.MAX_FRAME_SIZE: 100}), "range"),
        (frame(frames.PING, 0, 0, b"1234567"), "8 bytes"),
        (frame(frames.GOAWAY, 0, 0, b"1234567"), "8 bytes"),
        (frame(frames.RST_STREAM, 0, 1, b"123"), "4 bytes"),
        (frame(frames.WINDOW_UPDATE, 0, 0, bytes(4)), "by nothing"),
        (frame(frames.WINDOW_UPDATE, 0, 0, pack(">L", 2**31 - 1)), "2^31-1"),
        (frame(frames.PUSH_PROMISE, 4, 1, bytes(4)), "PUSH_PROMISE"),
        (b"\x00\x40\x01\x00\x00\x00\x00\x00\x01", "longer"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "longer"),
    ],
)
def test_a_broken_protocol_ends_the_connection_and_what_was_asked_is_unknown(bare, octets, why):
    bare.greet()
    bare.begin(2)

    bare.says(octets)

    assert bare.ours.state is State.CLOSED
    assert ends_of(bare.ours) == [(0, "reset"), (1, "reset")]
    assert why in bare.ours.why_closed[1]


def test_who_does_not_begin_with_settings_gets_no_request(bare):
    bare.says(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    assert bare.ours.state is State.CLOSED
    assert bare.ours.why_closed[0] is Failure.CONNECT


@pytest.mark.parametrize(
    "flood",
    [
        frame(frames.PING, 0, 0, b"12345678"),
        frame(frames.SETTINGS, 0, 0),
        frame(frames.PRIORITY, 0, 1, bytes(5)),
        frame(frames.DATA, 0, 1),
        frame(0xEE, 0, 0),
    ],
)
def test_floods_end_the_connection(bare, flood):
    bare.greet()
    bare.begin()
    bare.says(frame(frames.HEADERS, 4, 1, OK_HEAD))

    for _ in range(60):
        bare.says(flood * 200)
        bare.heard()

    assert bare.ours.state is State.CLOSED
    assert "answer nothing" in bare.ours.why_closed[1]


def test_a_header_block_without_end_ends_the_connection(bare):
    bare.greet()
    bare.begin()
    bare.says(frame(frames.HEADERS, 0, 1, OK_HEAD))

    for _ in range(10):
        bare.says(frame(frames.CONTINUATION, 0, 1, bytes(16_000)))

    assert bare.ours.state is State.CLOSED
    assert "too long" in bare.ours.why_closed[1]


def test_answers_without_a_head_or_status_or_with_two_are_unusable(bare):
    bare.greet()
    bare.begin(4)

    bare.says(frame(frames.DATA, frames.END_STREAM, 1, OK_BODY))
    bare.says(frame(frames.HEADERS, 4, 3, Encoder().encode([("x", "y")])))
    bare.says(frame(frames.HEADERS, 4, 5, OK_HEAD) + frame(frames.HEADERS, 4, 5, OK_HEAD))
    bare.says(frame(frames.HEADERS, 5, 7, Encoder().encode([(":status", "100")])))

    assert ends_of(bare.ours) == [(number, "bad_body") for number in range(4)]
    assert bare.ours.state is State.OPEN


def test_the_window_for_answers_is_opened_again(bare):
    bare.greet()
    bare.begin(100)
    bare.heard()

    for stream in range(1, 200, 2):  # 6.4 MB, and again
        octets = frame(frames.HEADERS, 4, stream, OK_HEAD)
        octets += frame(frames.DATA, 0, stream, bytes(16_384)) * 4 + frame(frames.DATA, 1, stream)
        bare.says(octets)
    assert bare.heard() == b""
    bare.begin(100)
    bare.heard()
    for stream in range(201, 400, 2):
        octets = frame(frames.HEADERS, 4, stream, OK_HEAD)
        octets += frame(frames.DATA, 0, stream, bytes(16_384)) * 4 + frame(frames.DATA, 1, stream)
        bare.says(octets)

    (size, kind) = bare.heard()[2:4]
    assert (size, kind) == (4, frames.WINDOW_UPDATE)
    assert [failure for _, failure in bare.ours.ended] == [None] * 200


# ---------------------------------------------------------------- whatever it says


GOOD = [
    answer_frames(1),
    answer_frames(3),
    frame(frames.HEADERS, 4, 5, OK_HEAD),
    frame(frames.DATA, 1, 5, OK_BODY),
    frame(frames.SETTINGS, 0, 0),
    frames.settings({frames.INITIAL_WINDOW_SIZE: 10}),
    frame(frames.PING, 0, 0, bytes(8)),
    frame(frames.WINDOW_UPDATE, 0, 0, pack(">L", 9)),
    frame(frames.WINDOW_UPDATE, 0, 7, pack(">L", 9)),
    frame(frames.RST_STREAM, 0, 7, pack(">L", 7)),
    frame(frames.RST_STREAM, 0, 9, pack(">L", 2)),
    frame(frames.GOAWAY, 0, 0, pack(">LL", 5, 0)),
    frame(frames.GOAWAY, 0, 0, pack(">LL", 3, 11)),
    frame(frames.HEADERS, 0, 7, OK_HEAD),
    frame(frames.CONTINUATION, 4, 7, b""),
]
headed = st.builds(
    lambda kind, flags, stream, payload: frame(kind, flags, stream, payload),
    st.integers(0, 11),
    st.integers(0, 255),
    st.sampled_from([0, 1, 3, 5, 7, 9, 11, 2, 2**31 - 1, 2**31 + 1]),
    st.binary(max_size=40),
)
speech = st.lists(st.sampled_from(GOOD) | headed | st.binary(max_size=20), max_size=12)


@settings(deadline=None, max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(parts=speech, cut=st.integers(1, 50), flip=st.integers(0, 10_000))
def test_each_request_ends_exactly_once_whatever_the_far_side_says(parts, cut, flip):
    octets = bytearray(b"".join(parts))
    if octets and flip < 5_000:
        octets[flip % len(octets)] ^= 1 << flip % 8
    with BareSide() as bare:
        bare.greet()
        bare.begin(5)

        for at in range(0, len(octets), cut):
            if bare.ours.state is not State.CLOSED:
                bare.theirs.sendall(octets[at : at + cut])
        bare.settle()
        bare.ours.expire(time.monotonic())
        bare.ends()
        bare.ours.close(Failure.RESET, "The end.")

        assert sorted(key for key, _ in ends_of(bare.ours)) == [0, 1, 2, 3, 4]
