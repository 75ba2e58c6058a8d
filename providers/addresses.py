"""Which network addresses the public may be sent to.

A document, or the person who names one, may point anywhere; a service that follows such pointers must not
become a way into the network it stands in (OWASP, Server-Side Request Forgery Prevention Cheat Sheet).
"""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052, section 2.1: the last 32 bits are an IPv4 address."""
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NOT_FOR_THE_PUBLIC = (
    ipaddress.IPv4Network("0.0.0.0/8"),
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
    # The host that serves secrets to machines of one large cloud has a public address.
    ipaddress.IPv4Network("168.63.129.16/32"),
)


def is_public(address: Address) -> bool:
    """Whether anybody on the internet reaches the same machine under this address.

    Addresses that carry an IPv4 address inside (mapped, 6to4, NAT64) are judged by that one.
    """
    inner = _embedded(address) if isinstance(address, ipaddress.IPv6Address) else address
    if isinstance(inner, ipaddress.IPv4Address):
        return not any(inner in network for network in _NOT_FOR_THE_PUBLIC) and _is_plain(inner)
    return inner in _GLOBAL_UNICAST and inner.teredo is None and _is_plain(inner)


def _embedded(address: ipaddress.IPv6Address) -> Address:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_plain(address: Address) -> bool:
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )


def literal(host: str) -> Address | None:
    """The address that `host` spells out, or `None` when it is a name.

    Raises ValueError for the shapes that some resolvers take for IPv4 and others for a name (`2130706433`,
    `0x7f.1`, `0177.0.0.1`): nobody can say to whom they lead.
    """
    if ":" in host:
        return ipaddress.IPv6Address(host)
    last = host.rstrip(".").rpartition(".")[2]
    if last.isdigit() or last.lower().startswith("0x"):
        return ipaddress.IPv4Address(host)
    return None
