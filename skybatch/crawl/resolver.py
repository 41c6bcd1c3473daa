"""Names into addresses: the operator's map first, then the DNS, remembered for a while."""

import socket
from collections.abc import Mapping, Sequence

import aiodns
import pycares
from aiohttp.abc import AbstractResolver, ResolveResult

from skybatch.crawl.cache import Cache
from skybatch.crawl.guard import BLOCKED, Guard, NotDialled
from skybatch.crawl.scope import is_address
from skybatch.model.clock import Clock
from skybatch.model.reason import Reason

_MAX_NAMES = 20_000
_FOUND_S, _MISSING_S, _FAILED_S = 60.0, 60.0, 3.0  # how long an answer is remembered
_TIMEOUT_S, _TRIES = 2.0, 2  # c-ares doubles the time for the second try

# What a name server says about the name itself; everything else says something about the server.
_REASONS = {
    aiodns.error.ARES_ENOTFOUND: Reason.NXDOMAIN,
    aiodns.error.ARES_ENONAME: Reason.NXDOMAIN,
    aiodns.error.ARES_EBADNAME: Reason.NXDOMAIN,
    aiodns.error.ARES_ENODATA: Reason.NO_ADDRESS,
}
_DETAILS = {
    Reason.NXDOMAIN: "the name does not exist",
    Reason.NO_ADDRESS: "the name has no address",
    Reason.BLOCKED_ADDRESS: BLOCKED,
}


class Resolver(AbstractResolver):
    """The resolver of the connector; every failure is a NotDialled with its reason.

    The connector does not ask for literal addresses, so these are checked elsewhere.
    """

    def __init__(
        self, guard: Guard, clock: Clock, *, connect_to: Mapping[str, str], servers: Sequence[str]
    ) -> None:
        self._guard = guard
        self._clock = clock
        self._map = {name.lower(): _place(place) for name, place in connect_to.items()}
        for host, port in self._map.values():
            if is_address(host):
                guard.vouch(host, port)
        self._answers: Cache[tuple[str, ...] | NotDialled] = Cache(_MAX_NAMES)
        self._dns = aiodns.DNSResolver(
            nameservers=list(servers) or None,
            timeout=_TIMEOUT_S,
            tries=_TRIES,
            # A name is what was written: never `example.com.our-office.local`.
            flags=pycares.ARES_FLAG_NOSEARCH,
        )

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a host that may be dialled."""
        host = host.lower().removesuffix(".")
        if place := self._mapped(host, port):
            return [_result(host, *found) for found in await self._vouched(*place)]
        if _is_invalid(host):
            raise NotDialled(Reason.NXDOMAIN, _DETAILS[Reason.NXDOMAIN])
        found = [address for address in await self._ask(host) if self._guard.may_dial(address)]
        if not found:
            raise NotDialled(Reason.BLOCKED_ADDRESS, BLOCKED)
        return [_result(host, address, port) for address in found]

    async def shared_address(self, host: str, port: int) -> str | None:
        """The public address that a host shares with others; `None` when the operator has said
        where it is, or when there is none (whoever connects will be told why)."""
        host = host.lower().removesuffix(".")
        if self._mapped(host, port) or _is_invalid(host):
            return None
        try:
            address = host if is_address(host) else (await self._ask(host))[0]
        except NotDialled:
            return None
        return None if self._guard.is_excepted(address) else address

    async def close(self) -> None:
        await self._dns.close()

    def _mapped(self, host: str, port: int) -> tuple[str, int] | None:
        place = self._map.get(f"{host}:{port}")
        if place is None and not _is_invalid(host) and not is_address(host):
            place = self._map.get(f"*:{port}")
        return place

    async def _vouched(self, host: str, port: int) -> list[tuple[str, int]]:
        """The addresses of a place that the operator named; the guard lets them pass."""
        if is_address(host):
            return [(host, port)]
        addresses = await self._ask(host)
        for address in addresses:
            self._guard.vouch(address, port)
        return [(address, port) for address in addresses]

    async def _ask(self, host: str) -> tuple[str, ...]:
        """What the DNS says, now or a short while ago."""
        answer = self._answers.get(host, self._clock.monotonic())
        if answer is None:
            answer, seconds = await self._query(host)
            self._answers.put(host, answer, expires_at=self._clock.monotonic() + seconds)
        if isinstance(answer, NotDialled):
            raise NotDialled(answer.reason, answer.detail)
        return answer

    async def _query(self, host: str) -> tuple[tuple[str, ...] | NotDialled, float]:
        try:
            result = await self._dns.getaddrinfo(
                host, family=socket.AF_UNSPEC, type=socket.SOCK_STREAM
            )
        except aiodns.error.DNSError as error:
            code, text = error.args
            reason = _REASONS.get(code, Reason.DNS_ERROR)
            seconds = _FAILED_S if reason is Reason.DNS_ERROR else _MISSING_S
            return NotDialled(reason, _DETAILS.get(reason, str(text))), seconds
        addresses = tuple(dict.fromkeys(node.addr[0].decode("ascii") for node in result.nodes))
        if not addresses:
            return NotDialled(Reason.NO_ADDRESS, _DETAILS[Reason.NO_ADDRESS]), _MISSING_S
        return addresses, _FOUND_S


def _is_invalid(host: str) -> bool:
    """Whether a name is made to be none (RFC 6761, section 6.4)."""
    return host == "invalid" or host.endswith(".invalid")


def _place(text: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8080`, `[::1]:8080` or `name:8080`."""
    host, _, port = text.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _result(hostname: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=hostname,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
