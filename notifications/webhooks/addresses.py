"""Where a call may go: to public addresses over https, unless this installation allows more.

`check` looks at what a person typed. `resolve` is asked before each call and gives the one
address to connect to, so that a name can't mean one machine here and another there.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from notifications.sending import channel

URL_MAX = 500
NO_ADDRESS = "This is no address. It looks like https://api.example.com/hooks"
NEAR = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
NAT64 = IPv6Network("64:ff9b::/96")
GLOBAL6 = IPv6Network("2000::/3")  # outside it is_global also passes old site-local addresses


class Refused(Exception):
    """Nothing may be sent there. The text says why."""


def check(url: str) -> str:
    """The address as it is kept. Raises ValidationError with one sentence."""
    parts = parts_of(url)
    host = parts.hostname or ""
    if parts.scheme == "http" and not channel.in_sandbox():
        raise ValidationError("Use https://. What is sent names people, so it must be encrypted.")
    if parts.username or parts.password:
        raise ValidationError("Leave name and password out of the address. The signature is proof.")
    if parts.fragment:
        raise ValidationError("Leave out the # and what follows: no server sees it.")
    if allows_private():
        return url
    near = host == "localhost" or host.endswith(NEAR)
    if near or any(not is_public(one) for one in _numeric(host)):
        raise ValidationError(private(host))
    return url


def parts_of(url: str) -> SplitResult:
    if len(url) > URL_MAX:
        raise ValidationError(f"An address has at most {URL_MAX} characters.")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValidationError("Write the address in plain letters, without spaces.")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises for a port that is none
    except ValueError:
        raise ValidationError(NO_ADDRESS) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError(NO_ADDRESS)
    return parts


def _numeric(host: str) -> list[str]:
    """The address that `host` spells in any of the ways numbers can; none for a name."""
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []
    return [str(one[4][0]) for one in found]


def resolve(host: str, port: int) -> str:
    """One address of `host`. Raises `Refused` when any of its addresses is private: a name that
    means both is not to be trusted."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused(f"The name {host} is not known.") from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not addresses:
        raise Refused(f"The name {host} is not known.")
    if not allows_private() and any(not is_public(one) for one in addresses):
        raise Refused(private(host))
    return addresses[0]


def private(host: str) -> str:
    return (
        f"{host} is an address inside this network. Calls go to public addresses only; "
        "WEBHOOKS_TO_PRIVATE=on allows others."
    )


def allows_private() -> bool:
    return bool(settings.WEBHOOKS_TO_PRIVATE)


def is_public(text: str) -> bool:
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and (inner := _embedded(address)) is not None:
        return is_public(str(inner))
    if isinstance(address, IPv6Address) and address not in GLOBAL6:
        return False
    return address.is_global and not address.is_multicast


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one only wraps."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
