"""Who is believed about where a request came from: `TRUSTED_PROXIES`, and nobody else."""

import logging
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

log = logging.getLogger(__name__)
WORDS_OF_A_PROXY = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")
NAMED_AT_MOST = 20
_named: set[str] = set()


def address(request: HttpRequest) -> str:
    """Where the request came from. Each proxy adds whom it saw at the end, so the caller is the
    last one named that is no trusted proxy itself."""
    seen = remote(request)
    for said in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if not is_trusted(seen) or parsed(said) is None:
            break
        seen = said.strip()
    return seen


def strip(request: HttpRequest) -> None:
    """Take what only a proxy may say out of a request that did not come through a trusted one."""
    if not is_trusted(remote(request)):
        said = [request.META.pop(name, None) for name in WORDS_OF_A_PROXY]
        if any(said):
            name_once(remote(request))


def name_once(stranger: str) -> None:
    """A proxy that somebody forgot to name must be found; it is in a network of ours."""
    found = parsed(stranger)
    if found and found.is_private and stranger not in _named and len(_named) < NAMED_AT_MOST:
        _named.add(stranger)
        log.warning(
            "%s says for whom it asks, and is not believed. If it is your proxy, "
            "add it to TRUSTED_PROXIES.",
            stranger,
        )


def remote(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR") or "")


def is_trusted(text: str) -> bool:
    found = parsed(text)
    return found is not None and any(found in each for each in settings.TRUSTED_PROXIES)


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
