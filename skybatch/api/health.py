"""Whether the daemon lives, is ready, and how it is."""

import msgspec
from aiohttp import web

from skybatch.api.answers import answer
from skybatch.api.context import context_of
from skybatch.errors import StoreUnavailable


async def livez(_request: web.Request) -> web.Response:
    """GET /livez: the loop turns."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """GET /readyz: submissions are taken, which a commit proves."""
    try:
        await context_of(request).store.write(lambda tx: tx.execute("SELECT 1").fetchone())
    except StoreUnavailable as error:
        return web.Response(text=f"store: {error}\n", status=503)
    return web.Response(text="store: ok\napi: ok\n" if "verbose" in request.query else "ok\n")


async def health(request: web.Request) -> web.Response:
    """GET /health: the store, the pool, versions, the last recovery."""
    context = context_of(request)
    async with context.store.read() as db:
        rows = list(await db.execute_fetchall("SELECT sqlite_version()"))
    report = {"status": "ok", "store": {"ok": True, "sqlite": rows[0][0]}}
    return answer(msgspec.to_builtins({**report, **context.health.report()}))
