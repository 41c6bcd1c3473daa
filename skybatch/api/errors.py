"""Failures as problem documents (RFC 9457), every fault of a body at once."""

from collections.abc import Mapping

import msgspec
import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from skybatch.api.context import REQUEST_ID
from skybatch.errors import Fault, Invalid, SkybatchError

log = structlog.get_logger()

PROBLEM = "application/problem+json"

# The one table from the code of an error to its status. A code that is not here is a bug: 500.
STATUS: Mapping[str, int] = {
    "bad_request": 400,
    "unauthorized": 401,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "body_timeout": 408,
    "conflict": 409,
    "idempotency_mismatch": 409,
    "in_progress": 409,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "invalid": 422,
    "too_many_streams": 429,
    "store_unavailable": 503,
    "storage_full": 507,
}
_TITLES: Mapping[int, str] = {
    400: "The request cannot be read",
    401: "A valid token is needed",
    404: "Not found",
    405: "Method not allowed",
    406: "There is no such form",
    408: "The body stopped coming",
    409: "Conflict with what is stored",
    413: "The body is too large",
    415: "The media type is not supported",
    422: "The request has faults",
    429: "Too much at once",
    500: "A bug of skybatch",
    503: "The database cannot be used right now",
    507: "The disk is full",
}
_RETRY = {
    "in_progress": "1",
    "store_unavailable": "5",
    "storage_full": "30",
    "too_many_streams": "10",
}
FAULTS_LISTED = 1_000
LONGEST = 2_000  # characters of a sentence


class Refusal(SkybatchError):
    """The request is refused."""

    def __init__(self, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.headers = dict(headers or {})


class FaultShape(msgspec.Struct):
    """One fault, and where it is: a JSON pointer, `?name` of the query, or a header."""

    pointer: str
    code: str
    detail: str


class Problem(msgspec.Struct, omit_defaults=True):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FaultShape] = []


def problem(
    request: web.Request,
    code: str,
    detail: str,
    *,
    faults: tuple[Fault, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """The answer to a request that failed."""
    status = STATUS.get(code, 500)
    shapes = [
        FaultShape(_clean(f.pointer), f.code, _clean(f.detail)) for f in faults[:FAULTS_LISTED]
    ]
    body = Problem(
        f"urn:skybatch:problem:{code}",
        _TITLES[status],
        status,
        _clean(detail),
        request.get(REQUEST_ID, ""),
        shapes,
    )
    sent = dict(headers or {})
    if code in _RETRY:
        sent["Retry-After"] = _RETRY[code]
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type=PROBLEM, headers=sent
    )


def answer_of(request: web.Request, error: Exception) -> web.Response:
    """The problem document for whatever a handler raised; an unknown error is logged in full."""
    match error:
        case Refusal():
            return problem(request, error.code, str(error), headers=error.headers)
        case Invalid():
            return problem(request, error.code, str(error), faults=error.faults)
        case SkybatchError() if error.code in STATUS:
            return problem(request, error.code, str(error))
        case web.HTTPException():
            return _http(request, error)
        case web.RequestPayloadError() | HttpProcessingError():
            return problem(request, "bad_request", "the body breaks the rules of HTTP")
        case _:
            log.exception("api.failed", path=request.path, request_id=request.get(REQUEST_ID))
            return problem(request, "internal", "an unexpected error; the log has the traceback")


def _http(request: web.Request, error: web.HTTPException) -> web.Response:
    codes = {status: code for code, status in STATUS.items()}
    code = codes.get(error.status, "bad_request" if 400 <= error.status < 500 else "internal")
    headers = {}
    if isinstance(error, web.HTTPMethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return problem(request, code, f"{error.method} is not possible here", headers=headers)
    if isinstance(error, web.HTTPNotFound):
        return problem(request, code, "there is nothing at this address")
    return problem(request, code, error.text or error.reason, headers=headers)


def _clean(text: str) -> str:
    """Text that JSON can carry and that ends: what came in is not sent back at any length."""
    return text[:LONGEST].encode("utf-8", "replace").decode()
