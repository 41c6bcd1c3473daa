"""The application: its routes, and what happens around every request."""

import structlog
from aiohttp import web

from skybatch.api import dashboard, metrics, reference
from skybatch.api.auth import authenticate
from skybatch.api.context import CONTEXT, REQUEST_ID, STARTED, Context
from skybatch.api.errors import answer_of
from skybatch.api.operation import Handler
from skybatch.api.operations import OPERATIONS
from skybatch.api.streams import STREAMS, Streams
from skybatch.model.ids import uuid7

log = structlog.get_logger()

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
            web.get("/docs", reference.docs),
            web.get("/openapi.json", reference.openapi),
            *(operation.route for operation in OPERATIONS),
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
