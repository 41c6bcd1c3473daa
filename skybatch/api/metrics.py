"""What the daemon counts of itself, for Prometheus."""

import time

from aiohttp import web

from skybatch.api.context import context_of
from skybatch.api.operation import Handler

UNMATCHED = "unmatched"


async def show(request: web.Request) -> web.Response:
    """GET /metrics."""
    metrics = context_of(request).metrics
    body = await metrics.text()
    return web.Response(body=body, headers={"Content-Type": metrics.content_type})


@web.middleware
async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the answer, and how long it took; one that is cut off is not counted."""
    began = time.perf_counter()
    response = await handler(request)
    context_of(request).answered(
        _route(request), request.method, response.status, time.perf_counter() - began
    )
    return response


def _route(request: web.Request) -> str:
    """Its template, of which there is a fixed number: what a client asks for may be anything."""
    resource = request.match_info.route.resource
    return UNMATCHED if resource is None else resource.canonical
