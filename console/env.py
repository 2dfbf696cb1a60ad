"""Text from the environment → a value, or one line that says what is allowed.

Every reader takes the variable's name and a default and raises `BadSetting`, whose text is the
whole message: `PORT="abc": must be a whole number from 1 to 65535`.
"""

import os
import secrets
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


class BadSetting(ValueError):
    """A variable of the environment has a value that cannot be used; ends the start with 2."""

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f'{name}="{value}": {allowed}')


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def switch(name: str, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise BadSetting(name, value, "must be on or off")


def whole(name: str, default: int, least: int, most: int) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise BadSetting(name, value, f"must be a whole number from {least} to {most}")
    return int(value)


def seconds(name: str, default: float, least: float, most: float) -> float:
    """Seconds, with or without a fraction: `0.5` is half a second."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise BadSetting(name, value, f"must be a number of seconds from {least:g} to {most:g}")
    return number


def url(name: str, default: str, schemes: tuple[str, ...] = ("http", "https")) -> str:
    value = text(name, default)
    parts = urlsplit(value)
    if parts.scheme not in schemes or not (parts.hostname or parts.path.strip("/")):
        raise BadSetting(name, value, f"must be an address that starts with {schemes[0]}://")
    return value


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False


MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}


def mail_server(name: str) -> MailServer:
    """`smtp+tls://user:password@host:587`; no host when the variable is unset."""
    value = text(name)
    if not value:
        return MailServer()
    parts = urlsplit(value)
    try:
        port = parts.port or MAIL_PORTS[parts.scheme]
    except (KeyError, ValueError):
        port = 0
    if not port or not parts.hostname:
        allowed = "must be smtp://, smtp+tls:// or smtp+ssl://user:password@host:port"
        raise BadSetting(name, f"{parts.scheme}://…", allowed)
    return MailServer(
        parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""),
        starttls=parts.scheme == "smtp+tls", tls=parts.scheme == "smtp+ssl",
    )  # fmt: skip


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in allowed:
        raise BadSetting(name, value, f"must be one of {', '.join(allowed)}")
    return value


def words(name: str, default: list[str]) -> list[str]:
    value = text(name)
    return [word.strip() for word in value.split(",") if word.strip()] if value else default


def networks(name: str, default: list[str]) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks: `10.0.0.2, 192.168.0.0/16`."""
    try:
        return [ip_network(word) for word in words(name, default)]
    except ValueError as error:
        allowed = "must be addresses or networks with commas, such as 10.0.0.2, 192.168.0.0/16"
        raise BadSetting(name, text(name), allowed) from error


def existing_file(name: str) -> Path | None:
    value = text(name)
    if value and not Path(value).is_file():
        raise BadSetting(name, value, "no such file. Unset it to use the sandbox")
    return Path(value) if value else None


def kept_secret(name: str, folder: Path, length: int = 50) -> str:
    """The variable, or a random text made once and kept in `folder`, readable by us alone."""
    if value := text(name):
        return value
    path = folder / name.lower().replace("_", "-")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        if kept := path.read_text().strip():
            return kept
        descriptor = os.open(path, os.O_WRONLY)
    with os.fdopen(descriptor, "w") as file:
        file.write(made := secrets.token_urlsafe(length))
    return made
