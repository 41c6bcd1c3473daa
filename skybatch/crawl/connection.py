"""The connections of the client: what aiohttp makes of a server, with one limit more."""

import asyncio
import functools
import re
from collections.abc import Callable
from contextvars import ContextVar

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.tracing import Trace

# Interim answers (RFC 9110, section 15.2) in a row. aiohttp reads as many as a server sends, a
# quarter of a million in a second, and nobody else has his turn meanwhile.
_FLOOD = re.compile(rb"\s*(?:HTTP/1\.\d 1\d\d[^\n]*\n(?:[^\r\n][^\n]*\n)*(?:\r?\n)+){20}")
_BEGINNING = re.compile(rb"\s*HTTP/1\.")
# A body in chunks of a byte or two costs 20 us for each: a fifth of its bytes are ends of lines.
_CRUMBS, _MANY = 5, 4_096


class _Handler(ResponseHandler):
    """Ends a connection that comes with a flood of interim answers, or in crumbs."""

    def data_received(self, data: bytes) -> None:
        if _BEGINNING.match(data) and _FLOOD.match(data):
            self._refuse("a flood of interim answers")
        elif len(data) >= _MANY and _CRUMBS * data.count(b"\r\n") >= len(data):
            self._refuse("a body in crumbs")
        else:
            super().data_received(data)

    def _refuse(self, why: str) -> None:
        self.set_exception(BadHttpMessage(why))
        self.close()


# What is to be called when the request that the present task makes goes out: once it has a
# connection. aiohttp's tracing tells as much, and takes a twentieth of the time of a request.
going_out: ContextVar[Callable[[], None]] = ContextVar("going_out")


class Connector(aiohttp.TCPConnector):
    """A connector whose connections are ours."""

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]  # they are those of the base
        loop = asyncio.get_running_loop()
        self._factory = functools.partial(_Handler, loop=loop)  # type: ignore[assignment]

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - of the base
    ) -> Connection:
        """As that of aiohttp, which sends the request in the same turn of the loop."""
        connection = await super().connect(req, traces, timeout)
        going_out.get()()
        return connection
