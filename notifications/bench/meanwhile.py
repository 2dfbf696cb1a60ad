"""What else goes on while triggers come in: a broadcast, and somebody who looks at pages."""

import http.client
import time
from importlib import import_module
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

PAGES = ("/", "/notifications/", "/people/", "/devices/", "/triggers/", "/health/")
EVERY_S = 0.5


def begin_broadcast(phones: int) -> Any:
    """To so many iPhones that nobody owns; beat's tick takes it up. The triggers' are Android."""
    from notifications.bench import engine

    engine.prepare(2 * phones)  # every other one is an iPhone
    return engine.begun(target_os="ios")


def session_of(username: str) -> dict[str, str]:
    """The cookie of somebody who is signed in."""
    from django.conf import settings
    from django.contrib import auth

    user = auth.get_user_model().objects.get(username=username)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[auth.SESSION_KEY] = str(user.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"}


class Visitor:
    """Opens one page after the other, two a second, while it is entered."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.host, self.headers = urlsplit(url).netloc, headers
        self.took: list[float] = []
        self.refused: list[tuple[str, int]] = []
        self._ended = Event()
        self._thread = Thread(target=self._walk, daemon=True)

    def __enter__(self) -> "Visitor":
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._ended.set()
        self._thread.join()

    def _walk(self) -> None:
        number = 0
        while not self._ended.wait(EVERY_S):
            page = PAGES[number % len(PAGES)]
            number += 1
            connection = http.client.HTTPConnection(self.host, timeout=60)
            began = time.monotonic()
            connection.request("GET", page, headers=self.headers)
            answer = connection.getresponse()
            answer.read()
            self.took.append(time.monotonic() - began)
            if answer.status != 200:
                self.refused.append((page, answer.status))
            connection.close()
