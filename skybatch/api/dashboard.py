"""The dashboard: its files, and the link that signs in once."""

import asyncio

from aiohttp import web

from skybatch.api.answers import answer, kept
from skybatch.api.body import json_object
from skybatch.api.context import context_of
from skybatch.api.errors import Refusal
from skybatch.errors import NotFound
from skybatch.web.assets import assets, is_whole

# Nothing of others, nothing inline, no styles in attributes; templates are made by lit-html only.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types lit-html",
    )
)
_MISSING = """The dashboard is not here: its two libraries come from npm.

In a checkout, `make setup` brings them (Node.js or network was missing then);
a wheel has them inside. Everything else works without: see `skybatch --help`.
"""
_CODE_BYTES = 1_000


async def page(request: web.Request) -> web.StreamResponse:
    """GET /: the page itself, or how to get it."""
    return await show(request, "index.html")


async def show(request: web.Request, name: str) -> web.StreamResponse:
    """A page, or how to get what it needs."""
    if not is_whole():
        return web.Response(status=503, text=_MISSING)
    return await _file(request, name)


async def asset(request: web.Request) -> web.StreamResponse:
    """GET /assets/...: a file of the page."""
    return await _file(request, request.match_info["path"])


async def _file(request: web.Request, path: str) -> web.StreamResponse:
    found = (await asyncio.to_thread(assets)).get(path)
    if found is None:
        raise NotFound("there is no such file")
    charset = "utf-8" if found.content_type.startswith("text/") else None
    return kept(
        request,
        found.body,
        found.tag,
        content_type=found.content_type,
        charset=charset,
        headers={"Content-Security-Policy": POLICY},
    )


async def sign_in(request: web.Request) -> web.Response:
    """POST /sign-in: the token for the code of a link, once."""
    context = context_of(request)
    members = await json_object(
        request, limit=_CODE_BYTES, silence_seconds=context.limits.silence_seconds
    )
    token = context.links.exchange(str(members.get("code", "")))
    if token is None:
        raise Refusal("unauthorized", "the link has been used, or is too old")
    return answer({"token": token})
