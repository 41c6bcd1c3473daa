"""Which addresses are dialled: public ones, and those that the operator vouches for."""

import socket
from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from aiohappyeyeballs import AddrInfoType

from skybatch.model.reason import Reason

_GLOBAL_UNICAST = IPv6Network("2000::/3")  # https://www.iana.org/assignments/ipv6-address-space
_SIX_TO_FOUR = IPv6Network("2002::/16")  # RFC 3056
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
# Not (always) known as special to the `ipaddress` of Python 3.11.
_SPECIAL_V4 = (
    IPv4Network("192.0.0.0/24"),  # RFC 6890
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, RFC 7526
)
_SPECIAL_V6 = (
    IPv6Network("2001::/23"),  # Teredo, ORCHID, benchmarking … RFC 2928
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
)
BLOCKED = "the address is not a public one"  # never says which: that would be a map of our network


class NotDialled(OSError):
    """There is no address to connect to, or none that may be."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Guard:
    """The last word on every connection, asked when its socket is made."""

    def __init__(self, allow_networks: Iterable[str] = ()) -> None:
        self._allowed = tuple(ip_network(network, strict=False) for network in allow_networks)
        self._vouched: set[tuple[str, int]] = set()
        self._own: set[tuple[str, int]] = set()

    def vouch(self, address: str, port: int) -> None:
        """Let this very address be dialled: the operator has mapped a name to it.

        Whoever hands out addresses must not give this one for any other name.
        """
        self._vouched.add((address, port))

    def open(self, address: str, port: int) -> None:
        """Let a site of our own be dialled, also by whoever writes its address."""
        self._own.add((address, port))

    def shut(self, address: str, port: int) -> None:
        """Our own site is gone."""
        self._own.discard((address, port))

    def is_own(self, address: str, port: int) -> bool:
        """Whether a site of our own is there."""
        return (address, port) in self._own

    def may_dial(self, address: str) -> bool:
        """Whether a literal address, or one that the DNS gave, may be connected to."""
        try:
            found = _embedded(ip_address(address.partition("%")[0]))
        except ValueError:
            return False
        return is_public(found) or self.is_excepted(address)

    def is_excepted(self, address: str) -> bool:
        """Whether the operator has listed a network that a literal address is in."""
        found = _embedded(ip_address(address.partition("%")[0]))
        return any(
            found.version == network.version and found in network for network in self._allowed
        )

    def make_socket(self, info: AddrInfoType) -> socket.socket:
        """`socket_factory` of the connector; raises NotDialled instead of making a socket."""
        family, kind, protocol, _, place = info
        address, port = str(place[0]), int(place[1])
        is_known = (address, port) in self._vouched or self.is_own(address, port)
        if not is_known and not self.may_dial(address):
            raise NotDialled(Reason.BLOCKED_ADDRESS, BLOCKED)
        return socket.socket(family, kind, protocol)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address belongs to the internet at large, whatever form it is written in."""
    address = _embedded(address)
    if isinstance(address, IPv4Address):
        return (
            address.is_global
            and not address.is_multicast
            and not any(address in network for network in _SPECIAL_V4)
        )
    return (
        address in _GLOBAL_UNICAST
        and address.is_global
        and not any(address in network for network in _SPECIAL_V6)
    )


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address leads to, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _SIX_TO_FOUR:
        return IPv4Address(address.packed[2:6])
    if address in _NAT64:
        return IPv4Address(address.packed[12:16])
    return address
