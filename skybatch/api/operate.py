"""The daemon as a whole: pausing it, its monitor, and the check that it makes of itself."""

from aiohttp import web

from skybatch.api import cursor
from skybatch.api.answers import answer
from skybatch.api.context import context_of
from skybatch.api.shapes import FindingsShape, PausedShape
from skybatch.model.finding import Finding, told


async def pause(request: web.Request) -> web.Response:
    """POST /pause: nothing is claimed any more, what runs is given back; survives a restart."""
    cursor.Query(request).check()
    await context_of(request).control.pause()
    return answer(PausedShape(paused=True))


async def resume(request: web.Request) -> web.Response:
    """POST /resume."""
    cursor.Query(request).check()
    await context_of(request).control.resume()
    return answer(PausedShape(paused=False))


async def look(request: web.Request) -> web.Response:
    """GET /monitor: what is wrong now, without touching it."""
    cursor.Query(request).check()
    return _findings(await context_of(request).control.look())


async def round_(request: web.Request) -> web.Response:
    """POST /monitor: a round of the monitor now, in which what is found is mended."""
    cursor.Query(request).check()
    return _findings(await context_of(request).control.round())


def _findings(found: tuple[Finding, ...]) -> web.Response:
    return answer(FindingsShape(not found, list(map(told, found))))


async def test_background_task(request: web.Request) -> web.Response:
    """GET /test_background_task: a real job from end to end, each stage told by itself."""
    cursor.Query(request).check()
    return answer(await context_of(request).control.check())
