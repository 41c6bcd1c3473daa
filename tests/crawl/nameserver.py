"""A name server on loopback that answers what it is told to, and counts the questions."""

import asyncio
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Self, TypeAlias

NXDOMAIN, SERVFAIL = 3, 2

# Addresses in the order of the answer (none = the name has none), a code, or None = no answer.
Answer: TypeAlias = tuple[str, ...] | int | None
Zone: TypeAlias = Mapping[str, Answer]

_TYPES = {4: 1, 6: 28}  # IP version -> A, AAAA


class NameServer(asyncio.DatagramProtocol):
    """`async with NameServer({"a.test": ("192.0.2.1",)}) as dns: … dns.address`."""

    def __init__(self, zone: Zone) -> None:
        self.zone = dict(zone)
        self.questions: list[str] = []
        self._transport: asyncio.DatagramTransport | None = None
        self._closed = asyncio.Event()

    @property
    def address(self) -> str:
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")
        return f"{host}:{port}"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        place = ("127.0.0.1", 0)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, place)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._transport is not None
        self._transport.close()
        await self._closed.wait()

    def answer_to(self, name: str) -> Answer:
        """What the zone has for a name."""
        return self.zone.get(name, NXDOMAIN)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        name, end = _name(data)
        self.questions.append(name)
        answer = self.answer_to(name)
        if answer is None:
            return
        kind = int.from_bytes(data[end : end + 2], "big")
        question = data[12 : end + 4]
        code, records = (answer, b"") if isinstance(answer, int) else (0, b"")
        count = 0
        if not isinstance(answer, int):
            for address in map(ip_address, answer):
                if _TYPES[address.version] == kind:
                    records += _record(kind, address.packed)
                    count += 1
        head = data[:2] + bytes([0x81, 0x80 | code]) + b"\0\1" + count.to_bytes(2, "big") + bytes(4)
        assert self._transport is not None
        self._transport.sendto(head + question + records, addr)


def _name(data: bytes) -> tuple[str, int]:
    labels, at = [], 12
    while length := data[at]:
        labels.append(data[at + 1 : at + 1 + length].decode("ascii").lower())
        at += length + 1
    return ".".join(labels), at + 1


def _record(kind: int, packed: bytes) -> bytes:
    pointer, internet = b"\xc0\x0c", 1
    seconds = 0  # so that nobody but us remembers the answer
    head = pointer + kind.to_bytes(2, "big") + internet.to_bytes(2, "big")
    return head + seconds.to_bytes(4, "big") + len(packed).to_bytes(2, "big") + packed
