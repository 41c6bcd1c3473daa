"""Reading request bodies: within their size, and not for ever."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from aiohttp import web

from skybatch.api.errors import Refusal
from skybatch.errors import Fault, Invalid

CHUNK = 64 * 1024


async def chunks(request: web.Request, silence_seconds: float) -> AsyncIterator[bytes]:
    """The body as it comes. Raises Refusal after too long a silence."""
    while True:
        try:
            async with asyncio.timeout(silence_seconds):
                chunk = await request.content.read(CHUNK)
        except TimeoutError:
            detail = f"no byte came for {silence_seconds:g} seconds"
            raise Refusal("body_timeout", detail, {"Connection": "close"}) from None
        if not chunk:
            return
        yield chunk


async def json_object(
    request: web.Request, *, limit: int, silence_seconds: float
) -> dict[str, object]:
    """The body as a JSON object. Raises Refusal, or Invalid when it is JSON but no object."""
    body = bytearray()
    async for chunk in chunks(request, silence_seconds):
        body += chunk
        if len(body) > limit:
            detail = f"a JSON body has at most {limit:,} bytes; longer lists are streamed as text"
            raise Refusal("body_too_large", detail, {"Connection": "close"})
    try:
        value = msgspec.json.decode(bytes(body))
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise Refusal("bad_request", f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Invalid((Fault("", "invalid", "the body must be a JSON object"),))
    return value


def media_type(request: web.Request, *known: str) -> str:
    """The media type of the body. Raises Refusal for others, and for compressed bodies."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal("unsupported_media_type", "send the body without Content-Encoding")
    if request.content_type not in known:
        raise Refusal("unsupported_media_type", f"send one of {', '.join(known)}")
    return request.content_type
