"""Names into addresses, asked of a real name server on loopback."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from skybatch.crawl.guard import Guard, NotDialled
from skybatch.crawl.resolver import Resolver
from skybatch.model.clock import SystemClock
from skybatch.model.reason import Reason
from tests.crawl.nameserver import NXDOMAIN, SERVFAIL, NameServer, Zone


class MovedClock(SystemClock):
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.forward_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.forward_s


class Bench:
    def __init__(self, resolver: Resolver, dns: NameServer, guard: Guard, clock: MovedClock):
        self.resolver, self.dns, self.guard, self.clock = resolver, dns, guard, clock

    async def addresses(self, host: str, port: int = 80) -> list[tuple[str, int]]:
        return [(each["host"], each["port"]) for each in await self.resolver.resolve(host, port)]

    async def reason(self, host: str, port: int = 80) -> Reason:
        with pytest.raises(NotDialled) as caught:
            await self.resolver.resolve(host, port)
        return caught.value.reason


@asynccontextmanager
async def resolving(
    zone: Zone, connect_to: Mapping[str, str] | None = None, allow: tuple[str, ...] = ()
) -> AsyncIterator[Bench]:
    clock, guard = MovedClock(), Guard(allow)
    async with NameServer(zone) as dns:
        resolver = Resolver(guard, clock, connect_to=connect_to or {}, servers=[dns.address])
        try:
            yield Bench(resolver, dns, guard, clock)
        finally:
            await resolver.close()


async def test_a_name_has_addresses_of_both_families() -> None:
    async with resolving({"a.test": ("1.1.1.1", "2606:4700::1")}) as bench:
        found = await bench.addresses("A.test.", 8080)
    assert sorted(found) == [("1.1.1.1", 8080), ("2606:4700::1", 8080)]


async def test_the_ways_to_have_no_address_are_told_apart() -> None:
    zone: Zone = {"gone.test": NXDOMAIN, "mail.test": (), "broken.test": SERVFAIL}
    async with resolving(zone) as bench:
        assert await bench.reason("gone.test") is Reason.NXDOMAIN
        assert await bench.reason("mail.test") is Reason.NO_ADDRESS
        assert await bench.reason("broken.test") is Reason.DNS_ERROR
        assert await bench.reason("a" * 64 + ".test") is Reason.NXDOMAIN


async def test_a_name_server_that_does_not_answer_is_a_dns_error() -> None:
    async with resolving({"silent.test": None}) as bench:
        async with asyncio.timeout(9.0):
            assert await bench.reason("silent.test") is Reason.DNS_ERROR


async def test_private_answers_are_dropped_and_the_public_ones_used() -> None:
    zone: Zone = {"mixed.test": ("10.0.0.1", "1.1.1.1", "::1"), "inside.test": ("127.0.0.1",)}
    async with resolving(zone) as bench:
        assert await bench.addresses("mixed.test") == [("1.1.1.1", 80)]
        assert await bench.reason("inside.test") is Reason.BLOCKED_ADDRESS


async def test_an_allowed_network_may_be_answered() -> None:
    async with resolving({"inside.test": ("127.1.0.1",)}, allow=("127.1.0.0/16",)) as bench:
        assert await bench.addresses("inside.test") == [("127.1.0.1", 80)]


async def test_an_answer_is_remembered_for_a_while() -> None:
    async with resolving({"a.test": ("1.1.1.1",)}) as bench:
        await bench.addresses("a.test")
        asked = len(bench.dns.questions)
        bench.dns.zone["a.test"] = ("8.8.8.8",)
        assert await bench.addresses("a.test") == [("1.1.1.1", 80)]
        assert len(bench.dns.questions) == asked
        bench.clock.forward_s = 61.0
        assert await bench.addresses("a.test") == [("8.8.8.8", 80)]


async def test_a_failure_of_the_server_is_forgotten_before_a_missing_name_is() -> None:
    async with resolving({"gone.test": NXDOMAIN, "broken.test": SERVFAIL}) as bench:
        assert await bench.reason("gone.test") is Reason.NXDOMAIN
        assert await bench.reason("broken.test") is Reason.DNS_ERROR
        bench.dns.zone.update({"gone.test": ("1.1.1.1",), "broken.test": ("1.1.1.1",)})
        bench.clock.forward_s = 4.0
        assert await bench.reason("gone.test") is Reason.NXDOMAIN
        assert await bench.addresses("broken.test") == [("1.1.1.1", 80)]


async def test_a_rebound_name_is_filtered_at_every_answer() -> None:
    async with resolving({"evil.test": ("1.1.1.1",)}) as bench:
        await bench.addresses("evil.test")
        bench.dns.zone["evil.test"] = ("127.0.0.1",)
        bench.clock.forward_s = 61.0
        assert await bench.reason("evil.test") is Reason.BLOCKED_ADDRESS


MAP = {
    "*:80": "127.0.0.1:8080",
    "shop.test:80": "127.0.0.5:8443",
    "door.invalid:80": "127.0.0.6:80",
    "named.test:80": "origin.test:8000",
    "six.test:80": "[::1]:8000",
}


async def test_the_map_replaces_the_dns_for_its_name_and_port() -> None:
    async with resolving({}, MAP) as bench:
        assert await bench.addresses("any.test") == [("127.0.0.1", 8080)]
        assert await bench.addresses("Shop.test") == [("127.0.0.5", 8443)]
        assert await bench.addresses("six.test") == [("::1", 8000)]
        assert not bench.dns.questions
        assert await bench.reason("any.test", 443) is Reason.NXDOMAIN


async def test_the_star_of_the_map_is_not_for_invalid_names_which_are_not_asked_for() -> None:
    async with resolving({"x.invalid": ("1.1.1.1",)}, MAP) as bench:
        assert await bench.reason("x.invalid") is Reason.NXDOMAIN
        assert await bench.reason("invalid") is Reason.NXDOMAIN
        assert await bench.addresses("door.invalid") == [("127.0.0.6", 80)]
        assert not bench.dns.questions


async def test_a_name_may_be_mapped_to_a_name_wherever_that_is() -> None:
    async with resolving({"origin.test": ("127.0.0.9",)}, MAP) as bench:
        assert await bench.addresses("named.test") == [("127.0.0.9", 8000)]
        assert await bench.reason("origin.test", 8000) is Reason.BLOCKED_ADDRESS


async def test_a_dns_answer_does_not_profit_from_the_map() -> None:
    async with resolving({"evil.test": ("127.0.0.1",)}, {"a.test:80": "127.0.0.1:80"}) as bench:
        assert await bench.addresses("a.test") == [("127.0.0.1", 80)]
        assert await bench.reason("evil.test") is Reason.BLOCKED_ADDRESS
