"""A web on loopback: one server that plays many hosts, well and badly, and logs every request.

    async with Site({"shop.example": {"/": Page("<a href=/a>A</a>"), "/a": Redirect("/")}}) as site:
        settings = FetchSettings("skybatch-test", connect_to=site.connect_to)

Plain HTTP of every name comes here; HTTPS is refused unless there is a TLS context. A path that
its host does not have is a 404.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self, TypeAlias


@dataclass(frozen=True)
class Asked:
    """A request that has reached the server."""

    host: str  # as in the Host header
    path: str  # with its query
    at: float  # of the event loop's clock
    headers: Mapping[str, str]  # names in lower case
    is_tls: bool


class Answer(Protocol):
    """What the server does about a request."""

    async def send(self, writer: asyncio.StreamWriter) -> bool:
        """Answer; whether the connection is good for another request."""


@dataclass(frozen=True)
class Page:
    """An answer as it should be; text is sent as UTF-8."""

    body: str | bytes = ""
    status: int = 200
    content_type: str | None = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, writer: asyncio.StreamWriter) -> bool:
        body = self.body.encode("utf-8") if isinstance(self.body, str) else self.body
        headers = {"Content-Length": str(len(body)), **self.headers}
        if self.content_type is not None:
            headers["Content-Type"] = self.content_type
        lines = [f"HTTP/1.1 {self.status} Some Reason"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        await writer.drain()
        return True


@dataclass(frozen=True)
class Redirect:
    """A redirect to anywhere."""

    location: str
    status: int = 302

    async def send(self, writer: asyncio.StreamWriter) -> bool:
        headers = {"Location": self.location}
        return await Page(status=self.status, content_type=None, headers=headers).send(writer)


@dataclass(frozen=True)
class Raw:
    """These bytes as they are, and then the end of the connection."""

    data: bytes = b""

    async def send(self, writer: asyncio.StreamWriter) -> bool:
        writer.write(self.data)
        await writer.drain()
        return False


@dataclass(frozen=True)
class Silence:
    """These bytes, and then nothing: the connection stays open."""

    data: bytes = b""

    async def send(self, writer: asyncio.StreamWriter) -> bool:
        writer.write(self.data)
        await writer.wait_closed()
        return False


_HEAD_WITHOUT_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"


@dataclass(frozen=True)
class Drip:
    """A page whose body comes byte by byte, and does not end."""

    interval_s: float = 0.02

    async def send(self, writer: asyncio.StreamWriter) -> bool:
        writer.write(_HEAD_WITHOUT_LENGTH)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(self.interval_s)


@dataclass(frozen=True)
class Endless:
    """A page whose body comes as fast as it is read, and does not end."""

    piece: bytes = b"<a href=/x>x</a>" * 512

    async def send(self, writer: asyncio.StreamWriter) -> bool:
        writer.write(_HEAD_WITHOUT_LENGTH)
        while True:
            writer.write(self.piece)
            await writer.drain()


@dataclass(frozen=True)
class Gate:
    """An answer that is given only when somebody opens the gate."""

    answer: Answer
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, writer: asyncio.StreamWriter) -> bool:
        await self.opened.wait()
        return await self.answer.send(writer)


Paths: TypeAlias = Mapping[str, "Answer | Callable[[Asked], Answer]"]

NOT_FOUND = Page("<title>Not found</title>", status=404)


class Site:
    """The server. An answer may be a function of the request, to count or to change its mind.

    A path is looked up with its query, then without; then `"*"` is any other path of a host, and
    a host `"*"` any other host.
    """

    def __init__(self, hosts: Mapping[str, Paths], *, tls: ssl.SSLContext | None = None) -> None:
        self.hosts = {name: dict(paths) for name, paths in hosts.items()}
        self.log: list[Asked] = []
        self.connections = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self._tls = tls
        self._servers: list[asyncio.Server] = []
        self._refusing = socket.socket()  # bound, but not listening
        self._handlers: set[asyncio.Task[None]] = set()

    @property
    def connect_to(self) -> dict[str, str]:
        """For `FetchSettings`: every name leads here."""
        return {"*:80": f"127.0.0.1:{self.port}", "*:443": f"127.0.0.1:{self.tls_port}"}

    @property
    def port(self) -> int:
        return int(self._servers[0].sockets[0].getsockname()[1])

    @property
    def tls_port(self) -> int:
        """Where HTTPS is spoken, or refused."""
        if self._tls is None:
            return self.refusing_port
        return int(self._servers[1].sockets[0].getsockname()[1])

    @property
    def refusing_port(self) -> int:
        """A port of 127.0.0.1 where every connection is refused."""
        return int(self._refusing.getsockname()[1])

    @property
    def paths(self) -> list[str]:
        """The paths of all requests in order, without those of robots.txt."""
        return [asked.path for asked in self.log if asked.path != "/robots.txt"]

    def asked(self, path: str) -> list[Asked]:
        """The requests for a path, of whatever host."""
        return [asked for asked in self.log if asked.path == path]

    async def __aenter__(self) -> Self:
        self._refusing.bind(("127.0.0.1", 0))
        self._servers.append(await asyncio.start_server(self._plain, "127.0.0.1", 0))
        if self._tls is not None:
            server = await asyncio.start_server(self._secure, "127.0.0.1", 0, ssl=self._tls)
            self._servers.append(server)
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        await asyncio.sleep(0)  # a connection just accepted gets its handler
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()
        self._refusing.close()

    async def _plain(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, is_tls=False)

    async def _secure(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, is_tls=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_tls: bool
    ) -> None:
        self.connections += 1
        handler = asyncio.current_task()
        assert handler is not None
        self._handlers.add(handler)
        try:
            is_open = True
            while is_open:
                asked = await _read_request(reader, is_tls=is_tls)
                is_open = await self._reply(asked, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # the client has left, or does not speak HTTP
        except asyncio.CancelledError:
            return  # the site is closed; StreamReaderProtocol would log it as an error
        finally:
            writer.transport.abort() if handler.cancelling() else writer.close()
            self._handlers.discard(handler)

    async def _reply(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        self.log.append(asked)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._answer(asked).send(writer)
        finally:
            self.in_flight -= 1

    def _answer(self, asked: Asked) -> Answer:
        paths = self.hosts.get(asked.host) or self.hosts.get("*") or {}
        answer = paths.get(asked.path) or paths.get(asked.path.partition("?")[0])
        if answer is None and asked.path != "/robots.txt":
            answer = paths.get("*")
        if answer is None:
            return NOT_FOUND
        return answer(asked) if callable(answer) else answer


async def _read_request(reader: asyncio.StreamReader, *, is_tls: bool) -> Asked:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    now = asyncio.get_running_loop().time()
    return Asked(headers.get("host", ""), first.split(" ")[1], now, headers, is_tls)
