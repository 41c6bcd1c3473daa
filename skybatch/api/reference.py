"""The reference of the API: as a document for programs, and as a page for people."""

import asyncio
import hashlib
from dataclasses import dataclass
from functools import cache

import msgspec
from aiohttp import web

from skybatch.api import dashboard
from skybatch.api.answers import kept
from skybatch.api.operation import JSON
from skybatch.api.operations import OPERATIONS


@dataclass(frozen=True, slots=True)
class _Document:
    """As it is sent."""

    body: bytes
    tag: str  # of its ETag


@cache
def _document() -> _Document:
    from skybatch.api.openapi import document

    body = msgspec.json.encode(document(OPERATIONS))
    return _Document(body, hashlib.sha256(body).hexdigest()[:32])


async def openapi(request: web.Request) -> web.Response:
    """GET /openapi.json."""
    found = await asyncio.to_thread(_document)
    return kept(request, found.body, found.tag, content_type=JSON)


async def docs(request: web.Request) -> web.StreamResponse:
    """GET /docs."""
    return await dashboard.show(request, "docs.html")
