"""Whether the daemon lives, is ready, and how it is."""

import msgspec
from aiohttp import web

from skybatch.api.answers import answer
from skybatch.api.context import context_of
from skybatch.errors import StoreUnavailable
from skybatch.model.clock import rfc3339
from skybatch.store import opening


async def livez(_request: web.Request) -> web.Response:
    """GET /livez: the loop turns."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """GET /readyz: submissions are taken, which a commit proves."""
    try:
        await context_of(request).store.probe()
    except StoreUnavailable as error:
        return web.Response(text=f"store: {error}\n", status=503)
    return web.Response(text="store: ok\napi: ok\n" if "verbose" in request.query else "ok\n")


async def health(request: web.Request) -> web.Response:
    """GET /health: the store, the pool, the monitor, versions, the last recovery.

    Told also when the database is broken; that is when one wants to know the rest.
    """
    context = context_of(request)
    store: dict[str, object] = {
        "ok": context.store.damage is None,
        "sqlite": None,
        "detail": context.store.damage,
        "inspected_at": rfc3339(context.store.inspected_at),  # the whole file, for damage
    }
    try:
        store["sqlite"] = await context.store.read(opening.version)
    except StoreUnavailable as error:
        store = {**store, "ok": False, "detail": str(error)}
    report = context.health.report()
    is_ok = store["ok"] and context.health.is_well
    members = {"status": "ok" if is_ok else "degraded", "store": store, **report}
    return answer(msgspec.to_builtins(members))
