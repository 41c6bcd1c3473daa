"""The socket of the API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


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
        await web.TCPSite(runner, host, port).start()
        bound = runner.addresses[0]
        name = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        yield f"http://{name}:{bound[1]}"
    finally:
        await runner.cleanup()
