"""The application: its routes, and what happens around every request."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from skybatch.api import (
    again,
    batches,
    dashboard,
    deliveries,
    diff,
    events,
    explain,
    health,
    jobs,
    metrics,
    operate,
    results,
    scan,
    status,
    submit,
    summary,
    trace,
)
from skybatch.api.auth import authenticate
from skybatch.api.context import CONTEXT, PREFIX, REQUEST_ID, STARTED, Context
from skybatch.api.errors import answer_of
from skybatch.api.streams import STREAMS, Streams
from skybatch.model.ids import uuid7

log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Server": "skybatch",
}
DEFAULTS = {  # where an answer has none of its own
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def build_app(context: Context) -> web.Application:
    """The API over the parts of a daemon."""
    app = web.Application(
        middlewares=[metrics.measure, identify, catch, authenticate],
    )
    app[CONTEXT] = context
    app[STREAMS] = streams = Streams()
    app.on_shutdown.append(streams.end_all)
    app.on_response_prepare.append(_add_headers)
    app.add_routes(
        [
            web.get("/", dashboard.page),
            web.get("/assets/{path:.+}", dashboard.asset),
            web.post("/sign-in", dashboard.sign_in),
            web.get("/livez", health.livez),
            web.get("/readyz", health.readyz),
            web.get("/metrics", metrics.show),
            web.get(f"{PREFIX}/health", health.health),
            web.get(f"{PREFIX}/monitor", operate.look, allow_head=False),
            web.post(f"{PREFIX}/monitor", operate.round_),
            web.get(
                f"{PREFIX}/test_background_task", operate.test_background_task, allow_head=False
            ),
            web.post(f"{PREFIX}/pause", operate.pause),
            web.post(f"{PREFIX}/resume", operate.resume),
            web.post(f"{PREFIX}/batch", submit.submit),
            web.get(f"{PREFIX}/batch", batches.listing),
            web.get(f"{PREFIX}/batch/{{batch_id}}", batches.show),
            web.get(f"{PREFIX}/batch/{{batch_id}}/status", status.show),
            web.get(f"{PREFIX}/batch/{{batch_id}}/jobs", jobs.listing),
            web.get(f"{PREFIX}/batch/{{batch_id}}/results", results.results, allow_head=False),
            web.get(f"{PREFIX}/batch/{{batch_id}}/summary", summary.show),
            web.get(f"{PREFIX}/batch/{{batch_id}}/events", events.of_batch, allow_head=False),
            web.get(f"{PREFIX}/events", events.of_all, allow_head=False),
            web.get(f"{PREFIX}/batch/{{batch_id}}/diff", diff.show, allow_head=False),
            web.get(f"{PREFIX}/batch/{{batch_id}}/explain", explain.explain),
            web.delete(f"{PREFIX}/batch/{{batch_id}}", batches.delete),
            web.post(f"{PREFIX}/batch/{{batch_id}}/cancel", batches.cancel),
            web.post(f"{PREFIX}/batch/{{batch_id}}/retry", batches.retry),
            web.post(f"{PREFIX}/batch/{{batch_id}}/again", again.again),
            web.post(f"{PREFIX}/batch/{{batch_id}}/reextract", batches.reextract),
            web.post(f"{PREFIX}/batch/{{batch_id}}/pause", batches.pause),
            web.post(f"{PREFIX}/batch/{{batch_id}}/resume", batches.resume),
            web.post(f"{PREFIX}/scan", scan.scan),
            web.get(f"{PREFIX}/deliveries", deliveries.listing),
            web.post(f"{PREFIX}/deliveries/{{delivery_id}}/send", deliveries.send_again),
            web.get(f"{PREFIX}/status/{{job_id}}", jobs.status),
            web.get(f"{PREFIX}/job/{{job_id}}/result", jobs.result),
            web.get(f"{PREFIX}/job/{{job_id}}/trace", trace.trace),
        ]
    )
    return app


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, in the log lines and in the answer."""
    request[REQUEST_ID] = uuid7(request.app[CONTEXT].clock.now())
    with structlog.contextvars.bound_contextvars(request_id=request[REQUEST_ID]):
        return await handler(request)


@web.middleware
async def catch(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever goes wrong into a problem document."""
    try:
        return await handler(request)
    except ConnectionError:
        return _cut_off(request)  # the client has left
    except Exception as error:
        if STARTED in request:
            log.exception("api.cut_off", path=request.path)
            return _cut_off(request)
        return answer_of(request, error)


def _cut_off(request: web.Request) -> web.StreamResponse:
    """Break the connection: an answer that has begun cannot become another, nor look complete."""
    if request.transport is not None:
        request.transport.abort()
    return request[STARTED] if STARTED in request else web.Response(status=400)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers[name] = value
    for name, value in DEFAULTS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = request.get(REQUEST_ID, "")
    request[STARTED] = response
