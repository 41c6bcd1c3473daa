"""A site of one page, built in, for a daemon to try itself on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

ADDRESS = "127.0.0.1"
TITLE = "skybatch tries itself"
_PAGE = f"""<!doctype html><html lang="en"><head><title>{TITLE}</title></head>
<body><h1>{TITLE}</h1><p>If you can read this, a page was fetched.</p></body></html>"""


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    """The site on a loopback port of its own, as long as the block lasts."""
    app = web.Application()
    app.router.add_get("/", _page)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, ADDRESS, 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _page(_request: web.Request) -> web.Response:
    return web.Response(text=_PAGE, content_type="text/html")
