"""The address of the client, the same for lock-outs, rate limits and logs."""

import ipaddress
import logging
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

# The address for a peer without one, at a Unix socket.
UNKNOWN = "0.0.0.0"  # noqa: S104  # Not an address to listen on.
# One customer of a provider has a whole /64, and can use a new address from it for each request.
IPV6_PREFIX = 64
# The prefixes of NAT64 (RFC 6052, RFC 8215): the last 32 bits are an IPv4 address.
NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

log = logging.getLogger(__name__)


def address_of(request: HttpRequest) -> str:
    """Return the client's address in its canonical form.

    Behind n proxies (`PROXY_COUNT`), it is the nth entry of X-Forwarded-For from the right. The client can
    forge everything to the left of it. Without a proxy it is the address of the peer. It is also the address
    of the peer if that entry is missing or not an address; a process logs the first such request.
    """
    return str(_find(request.META))


def network_of(request: HttpRequest) -> str:
    """Return the key that identifies a client: an IPv4 address, or the first address of an IPv6 /64."""
    address = _find(request.META)
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False).network_address)


def parse(text: str) -> Address | None:
    """Return the address in `text`, or None. It may have a port, brackets, quotes or a zone.

    IPv6 addresses that embed an IPv4 address (mapped, NAT64) become that IPv4 address.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if any(address in network for network in NAT64):
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _find(meta: dict[str, Any]) -> Address:
    count = settings.PROXY_COUNT
    if count:
        entries = meta.get("HTTP_X_FORWARDED_FOR", "").split(",")
        found = parse(entries[-count]) if len(entries) >= count else None
        if found is not None:
            return found
        _warn_once()
    return parse(meta.get("REMOTE_ADDR") or "") or ipaddress.ip_address(UNKNOWN)


@cache
def _warn_once() -> None:
    log.warning(
        "A request has no usable X-Forwarded-For although PROXY_COUNT is %d: the address of the peer is "
        "used. Later ones are not logged.",
        settings.PROXY_COUNT,
    )
