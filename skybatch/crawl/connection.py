"""The connections of the client: what aiohttp makes of a server, with one limit more."""

import asyncio
import functools
import re

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import BadHttpMessage

# Interim answers (RFC 9110, section 15.2) in a row. aiohttp reads as many as a server sends, a
# quarter of a million in a second, and nobody else has his turn meanwhile.
_FLOOD = re.compile(rb"(?:HTTP/1\.\d 1\d\d[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n){20}")


class _Handler(ResponseHandler):
    """Ends a connection that begins with a flood of interim answers."""

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.") and _FLOOD.match(data):
            self.set_exception(BadHttpMessage("a flood of interim answers"))
            self.close()
            return
        super().data_received(data)


class Connector(aiohttp.TCPConnector):
    """A connector whose connections are ours."""

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]  # they are those of the base
        loop = asyncio.get_running_loop()
        self._factory = functools.partial(_Handler, loop=loop)  # type: ignore[assignment]
