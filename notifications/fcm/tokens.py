"""Access tokens as the clients need them: whose failures are answers."""

from typing import Protocol

from notifications.fcm.credentials import MintFailed
from notifications.fcm.outcomes import Answer, Failure, failed, says_token_expired


class Minter(Protocol):
    """What is needed of `credentials.Credentials`."""

    def bearer(self) -> str: ...

    def mint_again(self, stale: str) -> str: ...


class Tokens:
    """`credentials` may be None: then nothing is said about who we are."""

    def __init__(self, credentials: Minter | None) -> None:
        self._credentials = credentials

    def bearer(self) -> str | Answer:
        """The token to send with, or what every message without one ends as."""
        try:
            return self._credentials.bearer() if self._credentials else ""
        except MintFailed as failure:
            why = Failure.CREDENTIALS if failure.permanent else Failure.CREDENTIALS_UNREACHABLE
            return failed(why, str(failure))

    def replaced(self, status: int, body: bytes, sent_with: str) -> bool:
        """Whether this answer was about the age of the token, and there is a newer one: a 401 was
        not accepted, so the message may go out once more."""
        if self._credentials is None or not says_token_expired(status, body):
            return False
        try:
            return self._credentials.mint_again(sent_with) != sent_with
        except MintFailed:
            return True  # what is wrong is said where the new one is fetched
