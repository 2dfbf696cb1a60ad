"""A far side without latency: it accepts every message, over HTTP/2 and HTTP/1.1, in TLS or clear.

    python -m notifications.bench.server --folder FOLDER

Prints its two ports, clear and TLS. It looks at nothing but frames, so it costs as little as can
be; only of messages to a token that begins with `moment-` it keeps when they came.
"""

import argparse
import asyncio
import json
import re
import ssl
import time
from pathlib import Path

from notifications.sending.sandbox import certificates

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
END_STREAM = ACK = 1
HEAD_BYTES = 9
# SETTINGS: 100 streams at once, a roomy window for each; WINDOW_UPDATE: the same for all.
GREETING = (
    bytes.fromhex("00000c040000000000") + bytes.fromhex("000300000064") + bytes.fromhex("00047fffffff")
    + bytes.fromhex("000004080000000000") + (2**31 - 1 - 65_535).to_bytes(4, "big")
)  # fmt: skip
ROOM = 2**30  # bytes taken before the window of the connection is filled up again
NAME = b'{"name":"projects/bench/messages/0:1234567890123456%31abcdef0123456789"}'
# :status 200 and content-type: application/json, from the static table, nothing kept.
BLOCK = b"\x88" + b"\x0f\x10\x10application/json"
TOKEN = json.dumps({"access_token": "bench", "expires_in": 3599, "token_type": "Bearer"}).encode()
MOMENT = re.compile(rb'"token": ?"(moment-[0-9]+)x')

moments: dict[str, float] = {}


def _answer(stream: bytes) -> bytes:
    head = len(BLOCK).to_bytes(3, "big") + b"\x01\x04" + stream + BLOCK
    return head + len(NAME).to_bytes(3, "big") + b"\x00\x01" + stream + NAME


class Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  a stream server
        self.transport = transport
        self.buffer = b""
        self.taken = 0
        self.read = self._first

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.read()

    def _first(self) -> None:
        if self.buffer[:3] == b"PRI":
            if len(self.buffer) < len(PREFACE):
                return
            self.buffer = self.buffer[len(PREFACE) :]
            self.transport.write(GREETING)
            self.read = self._frames
        else:
            self.read = self._requests
        self.read()

    def _frames(self) -> None:
        octets, at, out = self.buffer, 0, []
        end = len(octets)
        while end - at >= HEAD_BYTES:
            length = int.from_bytes(octets[at : at + 3], "big")
            after = at + HEAD_BYTES + length
            if after > end:
                break
            kind, flags = octets[at + 3], octets[at + 4]
            if kind == DATA:
                self.taken += length
                if b"moment-" in octets[at + HEAD_BYTES : after]:
                    _keep(octets[at + HEAD_BYTES : after])
                if flags & END_STREAM:
                    out.append(_answer(octets[at + 5 : at + 9]))
            elif kind == SETTINGS and not flags & ACK:
                out.append(b"\0\0\0\x04\x01\0\0\0\0")
            elif kind == PING and not flags & ACK:
                out.append(b"\0\0\x08\x06\x01\0\0\0\0" + octets[at + HEAD_BYTES : after])
            at = after
        self.buffer = octets[at:]
        if self.taken > ROOM:
            out.append(b"\0\0\x04\x08\0\0\0\0\0" + self.taken.to_bytes(4, "big"))
            self.taken = 0
        if out:
            self.transport.write(b"".join(out))

    def _requests(self) -> None:
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            found = re.search(rb"content-length: *(\d+)", head)
            after = end + 4 + (int(found[1]) if found else 0)
            if len(self.buffer) < after:
                return
            body, self.buffer = self.buffer[end + 4 : after], self.buffer[after:]
            self.transport.write(_plain(head, body))


def _plain(head: bytes, body: bytes) -> bytes:
    path = head.split(b" ", 2)[1]
    if b"/token" in path:
        content = TOKEN
    elif path == b"/moments":
        content = json.dumps(moments).encode()
    else:
        _keep(body)
        content = NAME
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        % len(content)
    ) + content


def _keep(body: bytes) -> None:
    if found := MOMENT.search(body):
        moments[found[1].decode()] = time.time()


async def serve(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    tls: ssl.SSLContext = certificates.context(folder)
    ports = []
    for context in (None, tls):
        server = await loop.create_server(Connection, "127.0.0.1", 0, ssl=context, backlog=1024)
        ports.append(server.sockets[0].getsockname()[1])
    print(*ports, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    asyncio.run(serve(parser.parse_args().folder))
