"""Lets a request in only with a token that is known."""

from aiohttp import web

from skybatch.api.context import OWNER, context_of
from skybatch.api.errors import Refusal
from skybatch.api.operation import Handler
from skybatch.api.operations import OPERATIONS

_PAGES = ("/", "/docs", "/openapi.json", "/sign-in")
OPEN = frozenset((*_PAGES, *(call.path for call in OPERATIONS if call.is_open)))
ASSETS = "/assets/"  # files of the page
LONGEST = 4096
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="skybatch"'}


@web.middleware
async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find the owner of the token; 401 for anything that is not exactly one valid bearer token."""
    if request.path in OPEN or request.path.startswith(ASSETS):
        return await handler(request)
    owner = context_of(request).auth.owner_of(_token(request))
    if owner is None:
        raise Refusal("unauthorized", "the token is not known", _CHALLENGE)
    request[OWNER] = owner
    return await handler(request)


def _token(request: web.Request) -> bytes:
    headers = request.headers.getall("Authorization", [])
    if len(headers) != 1:
        detail = "send one Authorization header: Bearer TOKEN"
        raise Refusal("unauthorized", detail, _CHALLENGE)
    scheme, _, token = headers[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refusal("unauthorized", "the header must read: Bearer TOKEN", _CHALLENGE)
    # aiohttp hands over bytes that are no UTF-8 as surrogates.
    return token.strip().encode("utf-8", "surrogateescape")[:LONGEST]
