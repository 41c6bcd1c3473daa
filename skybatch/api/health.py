"""Whether the daemon lives, is ready, how it is, and what it does inside."""

import asyncio

from aiohttp import web

from skybatch.api import cursor
from skybatch.api.answers import answer
from skybatch.api.context import context_of
from skybatch.api.shapes import HostsShape
from skybatch.errors import StoreUnavailable
from skybatch.model.clock import rfc3339
from skybatch.model.vitals import StorePart
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
    is_verbose = request.query.get("verbose", "0") != "0"
    return web.Response(text="store: ok\napi: ok\n" if is_verbose else "ok\n")


async def health(request: web.Request) -> web.Response:
    """GET /health: the store, the pool, the monitor, versions, the last recovery.

    Told also when the database is broken; that is when one wants to know the rest.
    """
    context = context_of(request)
    cursor.Query(request).check()
    version, damage = None, context.store.damage
    try:
        version = await context.store.read(opening.version)
    except StoreUnavailable as error:
        damage = str(error)
    inspected_at = rfc3339(context.store.inspected_at)
    return answer(context.vitals.health(StorePart(damage is None, version, damage, inspected_at)))


async def system(request: web.Request) -> web.Response:
    """GET /system: workers, findings, configuration without secrets, versions."""
    context = context_of(request)
    cursor.Query(request).check()
    return answer(context.vitals.system(opening.LIBRARY))


async def hosts(request: web.Request) -> web.Response:
    """GET /hosts: those that ask to be left alone, fail or are slow come first."""
    query = cursor.Query(request)
    limit, behind = query.limit(), query.cursor() or 0
    query.check()
    found = await asyncio.to_thread(context_of(request).vitals.hosts)  # there may be thousands
    end = behind + limit
    last = cursor.encode(end) if end < len(found) else None
    return answer(HostsShape(list(found[behind:end]), last))
