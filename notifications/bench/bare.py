"""The senders alone, without a database: `python -m notifications.bench.bare SIDE COUNT URL FOLDER`.

SIDE is `firebase` (firebase-admin's send_each, 500 at a time), `pycurl` or `multiplexer` (ours, a
window of 500 on the wire).
"""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from notifications.bench.cost import measured

WINDOW = 500
TITLE, BODY = "First snow", "12 huts still have beds."


def token(number: int) -> str:
    return f"bench-{number:010d}:APA91b" + "x" * 120


def firebase(count: int, url: str, folder: Path) -> None:
    import firebase_admin
    from firebase_admin import credentials, messaging

    messaging._MessagingService.FCM_URL = url + "/v1/projects/{0}/messages:send"
    certificate = credentials.Certificate(str(folder / "service-account.json"))
    firebase_admin.initialize_app(certificate)

    def some(start: int, many: int) -> list[Any]:
        text = messaging.Notification(TITLE, BODY)
        return [messaging.Message(token=token(start + n), notification=text) for n in range(many)]

    messaging.send_each(some(0, 10))
    with measured(count) as cost:
        for start in range(0, count, WINDOW):
            found = messaging.send_each(some(start, min(WINDOW, count - start)))
            assert not found.failure_count, found.responses[0].exception  # noqa: S101
    cost.say()


def ours(kind: str, count: int, url: str, folder: Path) -> None:
    from notifications.fcm.client import MultiplexClient, PycurlClient
    from notifications.fcm.credentials import Credentials
    from notifications.fcm.message import template
    from notifications.fcm.outcomes import Kind

    known = Credentials(folder / "service-account.json")
    make: Any = PycurlClient if kind == "pycurl" else MultiplexClient
    client = make(url, known, known.project_id, ca_file=str(folder / "ca.pem"))
    message = template(content(), "android")

    def send(start: int, many: int) -> None:
        wire = client.start()
        rest: Iterator[tuple[int, bytes]] = (
            (number, message.body(token(number))) for number in range(start, start + many)
        )
        out = accepted = 0
        while True:
            more = list(islice(rest, WINDOW - out))
            if more:
                wire.send(more)
            out += len(more)
            if not out:
                break
            answers = wire.answers(1.0, min(out, WINDOW // 2))
            out -= len(answers)
            accepted += sum(answer.kind is Kind.ACCEPTED for _, answer in answers)
        wire.close()
        assert accepted == many, f"{accepted} of {many} accepted"  # noqa: S101

    send(0, 1_000)
    with measured(count) as cost:
        send(0, count)
    cost.say()


def content() -> Any:
    from notifications.fcm.message import Content

    data = {"initialPageName": "", "parameterData": "{}", "notificationId": "bench"}
    return Content(
        title=TITLE, body=BODY, image=None, data=data, sound=True, channel_id=None, thread="bench",
        ttl_s=3_600, expires_at=2_000_000_000,
    )  # fmt: skip


if __name__ == "__main__":
    side, many, address, place = sys.argv[1:5]
    if side == "firebase":
        firebase(int(many), address, Path(place))
    else:
        ours(side, int(many), address, Path(place))
