"""Answers as JSON."""

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
