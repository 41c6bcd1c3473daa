"""Answers: as JSON, and those that a client may keep."""

from collections.abc import Mapping

import msgspec
from aiohttp import web


def answer(
    shape: object, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """A JSON answer; the shape is a struct, a dataclass, or built-in values."""
    return web.Response(
        body=msgspec.json.encode(shape),
        status=status,
        content_type="application/json",
        headers=headers,
    )


def kept(
    request: web.Request,
    body: bytes,
    tag: str,
    *,
    content_type: str,
    charset: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """An answer that a client may keep and ask for anew: 304 when its copy is this one."""
    sent = {"ETag": f'"{tag}"', "Cache-Control": "no-cache", **(headers or {})}
    if any(known.value == tag for known in request.if_none_match or ()):
        return web.Response(status=304, headers=sent)
    return web.Response(body=body, content_type=content_type, charset=charset, headers=sent)
