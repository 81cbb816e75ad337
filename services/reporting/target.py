"""Where a webhook may go: to the public internet, by https, and nowhere inside.

A name may come to mean another address after it was looked at. So addresses are checked when a
connection is made, and the connection is made to the very address that was checked.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

import httpx

LONGEST_URL = 500

_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class NotAllowed(Exception):
    """A place that webhooks must not reach. Its text is why, a slug."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be reached. Without `ports` it is every port; `networks` are inner ones that may
    be reached all the same.
    """

    http: bool = False
    ports: tuple[int, ...] = (443, 8443)
    networks: tuple[Network, ...] = ()

    def checked(self, url: str) -> str:
        """The address in its plain form. Raises NotAllowed; what a name means is not looked at."""
        if len(url) > LONGEST_URL:
            raise NotAllowed("url-too-long")
        try:
            found = httpx.URL(url)
            host = found.raw_host.decode("ascii")
        except (httpx.InvalidURL, ValueError, TypeError):
            raise NotAllowed("url-invalid") from None
        if not found.is_absolute_url or not host or found.userinfo or found.fragment:
            raise NotAllowed("url-invalid")
        if found.scheme != "https" and not (found.scheme == "http" and self.http):
            raise NotAllowed("url-not-https")
        self.check_port(found.port or (443 if found.scheme == "https" else 80))
        with suppress(ValueError):  # a name is looked at when it is called
            self.check_address(ip_address(host.strip("[]")))
        return str(found)

    def check_port(self, port: int) -> None:
        """Raise NotAllowed for a port that is not one of ours."""
        if not 0 < port < 65536 or (self.ports and port not in self.ports):
            raise NotAllowed("port-not-allowed")

    def check_address(self, address: Address) -> None:
        """Raise NotAllowed for what is not on the public internet."""
        if isinstance(address, IPv6Address):
            address = _inner(address)
        if any(address in network for network in self.networks):
            return
        if not _is_public(address):
            raise NotAllowed("address-not-public")


def _inner(address: IPv6Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and (
        address not in _UNICAST or address.sixtofour is not None or address.teredo is not None
    ):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
