"""The socket of the API."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from aiohttp import web

# asyncio accepts as many connections in one turn of the loop as its `backlog` says. Few: those that
# are dead already are closed before the next ones take the last descriptors, for which it would
# rest a second more; and a crowd takes no long turn. The kernel may let more of them wait.
_ACCEPTED_A_TURN = 4
_WAITING = 1024


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve the API inside; gives its address, `http://127.0.0.1:8080`. Raises OSError."""
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=15,
        shutdown_timeout=8,
        max_line_size=8190,
        max_field_size=8190,
        auto_decompress=False,
        handler_cancellation=False,
    )
    await runner.setup()
    try:
        server = await asyncio.get_running_loop().create_server(
            cast("web.Server", runner.server), host, port, backlog=_ACCEPTED_A_TURN
        )
        try:
            for listener in server.sockets:
                with socket.socket(fileno=os.dup(listener.fileno())) as same:
                    same.listen(_WAITING)
            bound = server.sockets[0].getsockname()
            name = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
            yield f"http://{name}:{bound[1]}"
        finally:
            server.close()
    finally:
        await runner.cleanup()
