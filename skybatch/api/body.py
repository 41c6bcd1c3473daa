"""Reading request bodies: within their size, and not for ever."""

import asyncio
import hashlib
from _hashlib import HASH
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

import msgspec
from aiohttp import web

from skybatch.api.errors import Refusal
from skybatch.errors import Fault, Invalid
from skybatch.intake.submission import pointer

CHUNK = 64 * 1024
DIGEST = web.RequestKey("digest", HASH)  # of the body, as far as it was read
MOST_MEMBERS = 1_000
CLOSE = {"Connection": "close"}  # what is left of the body is not read


async def chunks(request: web.Request, silence_seconds: float) -> AsyncIterator[bytes]:
    """The body as it comes. Raises Refusal after too long a silence, ConnectionError at a reset."""
    digest = request.setdefault(DIGEST, hashlib.sha256())
    while True:
        try:
            async with asyncio.timeout(silence_seconds):
                chunk = await request.content.read(CHUNK)
        except TimeoutError:
            detail = f"no byte came for {silence_seconds:g} seconds"
            raise Refusal("body_timeout", detail, CLOSE) from None
        except ConnectionError as error:
            # The stream keeps its error. With a traceback, the two and all lines that were read
            # would hold each other, until the oldest objects are looked through.
            raise ConnectionResetError("the client has left") from error.with_traceback(None)
        if not chunk:
            return
        digest.update(chunk)
        yield chunk


async def json_object(
    request: web.Request, *, limit: int, silence_seconds: float
) -> dict[str, object]:
    """The body as a JSON object. Raises Refusal, or Invalid when it is JSON but no object."""
    body = bytearray()
    _check_size(request.content_length or 0, limit)
    async for chunk in chunks(request, silence_seconds):
        body += chunk
        _check_size(len(body), limit)
    try:
        value = _decoded(body)
        _check_names(body, value)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Refusal("bad_request", f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Invalid((Fault("", "invalid", "the body must be a JSON object"),))
    return value


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        detail = f"a JSON body has at most {limit:,} bytes; longer lists are streamed as text"
        raise Refusal("body_too_large", detail, CLOSE)


class _Name(str):
    """The name of a member, before equal ones fall together."""

    __slots__ = ()


def _check_names(body: bytes | bytearray | msgspec.Raw, value: object, *, levels: int = 2) -> None:
    """Raise Refusal when an object names a member twice: one of the two would be lost.

    RFC 7493, section 2.3. Looked at are the body and the objects that are its members; one with
    more members than anything of ours has is refused for that anyway.
    """
    if not isinstance(value, dict) or levels == 0 or len(value) > MOST_MEMBERS:
        return
    seen: set[str] = set()

    def note(_kind: type, name: str) -> _Name:
        if name in seen:
            raise Refusal("bad_request", f"the member {name!r} is given twice")
        seen.add(name)
        return _Name(name)

    members = msgspec.json.decode(body, type=dict[_Name, msgspec.Raw], dec_hook=note)
    for name, inner in members.items():
        _check_names(inner, value[name], levels=levels - 1)


def _decoded(body: bytearray) -> object:
    """The JSON of the body. Raises Invalid when it is JSON, but holds a number beyond ours."""
    try:
        return msgspec.json.decode(body)
    except msgspec.ValidationError as error:
        msgspec.json.decode(body, type=msgspec.Raw)  # raises when what follows is no JSON
        fault = Fault(_beyond(body), "out_of_range", "it holds a number that is too large")
        raise Invalid((fault,)) from error


def _beyond(body: bytes | bytearray | msgspec.Raw, *, levels: int = 2) -> str:
    """Where the first number stands that is too large: a JSON pointer, no deeper than our names."""
    for name, inner in _members(body) if levels else ():
        try:
            msgspec.json.decode(inner)
        except msgspec.ValidationError:
            return pointer(name) + _beyond(inner, levels=levels - 1)
    return ""


def _members(body: bytes | bytearray | msgspec.Raw) -> Iterable[tuple[str | int, msgspec.Raw]]:
    """The members of an object or a list, not decoded; nothing else has any."""
    with suppress(msgspec.ValidationError):
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw]).items()
    with suppress(msgspec.ValidationError):
        return enumerate(msgspec.json.decode(body, type=list[msgspec.Raw]))
    return ()


def media_type(request: web.Request, *known: str) -> str:
    """The media type of the body. Raises Refusal for others, and for compressed bodies."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal("unsupported_media_type", "send the body without Content-Encoding")
    if request.content_type not in known:
        raise Refusal("unsupported_media_type", f"send one of {', '.join(known)}")
    return request.content_type
