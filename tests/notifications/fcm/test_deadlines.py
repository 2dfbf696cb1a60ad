"""Time runs out, connections end, nobody is there: nothing is sent twice, nothing is lost."""

import resource
import threading
import time
from collections import Counter

import h2.settings
import pytest

from notifications.fcm.outcomes import Kind
from tests.notifications.fcm.asking import Minted, all_answers, kinds, one_answer, requests
from tests.notifications.fcm.certificates import server_context
from tests.notifications.fcm.far_side import Connection, FarSide, Request, answer
from tests.sandbox_process import free_port

# ---------------------------------------------------------------- the deadline


def test_past_the_deadline_nothing_is_sent_and_all_comes_back(make, far):
    wire = make(far.url).start()

    wire.send(requests(*range(50)), not_after=time.monotonic() - 1)

    assert wire.answers(0.2) == []
    assert sorted(wire.withdraw()) == list(range(50))
    assert wire.unanswered == 0
    assert far.requests == []


def test_when_the_deadline_passes_what_was_not_sent_comes_back(make):
    def late(request: Request, connection: Connection) -> None:
        threading.Timer(0.4, answer, (request, connection)).start()

    limit = {h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 10}
    with FarSide(late, settings=limit) as far:
        client = make(far.url, connections=1, request_s=20)
        one_answer(client)
        wire = client.start()
        wire.send(requests(*range(100, 200)), not_after=time.monotonic() + 0.2)

        answers = dict(wire.answers(2, min_count=100))
        withdrawn = wire.withdraw()
        answers |= all_answers(wire)

        assert kinds(answers) == {"accepted": 10}
        assert sorted([*answers, *withdrawn]) == list(range(100, 200))
        assert set(far.tokens()) == {"t1", *(f"t{key}" for key in answers)}


def test_a_slow_mint_does_not_carry_requests_past_the_deadline(make, far):
    class Slow(Minted):
        def bearer(self) -> str:
            time.sleep(0.3)
            return "late"

    wire = make(far.url, Slow()).start()
    wire.send(requests(1, 2), not_after=time.monotonic() + 0.1)

    assert wire.answers(0.2) == []
    assert sorted(wire.withdraw()) == [1, 2]
    assert far.requests == []


def test_closing_abandons_what_is_unanswered(make, far):
    far.script = lambda request, connection: None
    client = make(far.url, request_s=20)
    wire = client.start()
    wire.send(requests(*range(10)))
    wire.answers(0.2)
    wire.close()
    wire.close()

    far.script = None
    assert one_answer(client).kind is Kind.ACCEPTED
    with pytest.raises(ValueError, match="closed"):
        wire.send(requests(11))


# ---------------------------------------------------------------- never resent, never lost


def test_a_reused_connection_that_ends_never_resends(make, far):
    """libcurl alone would send these again without a word."""

    def end_at_20(request: Request, connection: Connection) -> None:
        if request.ordinal == 20:
            return connection.cut()
        if request.ordinal == 1 or connection.number > 1:
            answer(request, connection)

    far.script = end_at_20
    client = make(far.url)
    assert one_answer(client).kind is Kind.ACCEPTED
    wire = client.start()
    wire.send(requests(*range(100, 150)))

    answers = all_answers(wire)

    assert max(Counter(far.tokens()).values()) == 1
    arrived = set(far.tokens())
    for key, got in answers.items():
        if got.kind is Kind.ACCEPTED:
            assert f"t{key}" in arrived
        if got.kind is Kind.RETRY:
            assert f"t{key}" not in arrived
    assert set(kinds(answers)) <= {"accepted", "unknown reset", "retry connect"}
    assert kinds(answers)["unknown reset"] >= 19


@pytest.mark.parametrize("abruptly", [True, False])
def test_an_end_after_the_whole_request_is_unknown(make, far, abruptly):
    far.script = lambda request, connection: connection.cut(abruptly)

    got = one_answer(make(far.url))

    assert (got.kind, got.reason) == (Kind.UNKNOWN, "reset")
    assert len(far.requests) == 1


def test_an_idle_connection_that_was_closed_is_replaced_unnoticed(make, far):
    client = make(far.url)
    for round_ in range(4):
        assert one_answer(client).kind is Kind.ACCEPTED
        far.connections[-1].cut(abruptly=bool(round_ % 2))
        time.sleep(0.05)

    assert len(far.requests) == 4
    assert len(far.connections) == 4


def test_no_answer_is_unknown_after_the_time_for_a_request(make, far):
    far.script = lambda request, connection: None

    began = time.monotonic()
    got = one_answer(make(far.url, request_s=1.5))

    assert (got.kind, got.reason) == (Kind.UNKNOWN, "timeout")
    assert 1.3 < time.monotonic() - began < 5
    assert len(far.requests) == 1


def test_an_answer_that_trickles_ends_with_the_time_for_a_request(make, far):
    def trickle(request: Request, connection: Connection) -> None:
        connection.h2.send_headers(request.stream, [(":status", "200")])
        for octet in b'{"name": "projects/demo/messages/1"}':
            connection.h2.send_data(request.stream, bytes([octet]))
            connection.flush()
            time.sleep(0.1)

    far.script = trickle

    began = time.monotonic()
    got = one_answer(make(far.url, request_s=1.5))

    assert (got.kind, got.reason) == (Kind.UNKNOWN, "timeout")
    assert time.monotonic() - began < 5


def test_a_huge_answer_is_cut_off(make, far):
    def flood(request: Request, connection: Connection) -> None:
        connection.h2.send_headers(request.stream, [(":status", "200")])
        try:
            for _ in range(6400):
                with connection.lock:
                    window = connection.h2.local_flow_control_window(request.stream)
                    if window >= 16384:
                        connection.h2.send_data(request.stream, b"x" * 16384)
                        connection.flush()
                        continue
                threading.Event().wait(0.005)
        except Exception:  # the client has gone away, as it should
            return

    far.script = lambda request, connection: threading.Thread(
        target=flood, args=(request, connection), daemon=True
    ).start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    got = one_answer(make(far.url, request_s=20))

    assert (got.kind, got.reason) == (Kind.UNKNOWN, "bad_body")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000  # kB


# ---------------------------------------------------------------- before anything was sent


def test_a_refused_connection_costs_no_attempt(make):
    got = one_answer(make(f"http://127.0.0.1:{free_port()}"))

    assert (got.kind, got.reason, got.counts_attempt) == (Kind.RETRY, "connect", False)


def test_an_unknown_name_costs_no_attempt(make):
    got = one_answer(make("http://nowhere.invalid", request_s=20))

    assert (got.kind, got.reason, got.counts_attempt) == (Kind.RETRY, "dns", False)


def test_a_far_side_without_tls_costs_no_attempt(make, far):
    got = one_answer(make(far.url.replace("http:", "https:")))

    assert (got.kind, got.reason, got.counts_attempt) == (Kind.RETRY, "tls", False)


def test_a_certificate_nobody_vouches_for_is_refused(make, tmp_path):
    context, _ = server_context(tmp_path, ["h2"])
    with FarSide(tls=context) as far:
        got = one_answer(make(far.url))

        assert (got.kind, got.reason, got.counts_attempt) == (Kind.RETRY, "tls", False)
        assert far.requests == []
