"""The same submission again: one batch and one answer, however often a client asks.

The answer is kept in the transaction that makes the batch visible. A client that lost it, because
the connection broke or the daemon was killed after the commit, sends the same again and gets it.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import msgspec
from aiohttp import web

from skybatch.api import body
from skybatch.api.context import OWNER, context_of
from skybatch.api.errors import Refusal
from skybatch.errors import InProgress
from skybatch.model.batch import Submission
from skybatch.store import idempotency
from skybatch.store.idempotency import Remembered
from skybatch.store.tx import Tx

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
STATUS = 202
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def key_of(request: web.Request, submission: Submission, *, has_own_id: bool) -> str | None:
    """What names the submission: the header, else a batch id that the client has chosen."""
    keys = request.headers.getall(HEADER, [])
    if len(keys) > 1 or not all(map(_KEY.fullmatch, keys)):
        detail = f"send one {HEADER} of 1 to 255 printable ASCII characters, without spaces"
        raise Refusal("bad_request", detail)
    if keys:
        return f"key:{keys[0]}"
    return f"batch_id:{submission.batch_id}" if has_own_id else None


async def once(
    request: web.Request, key: str | None, take: Callable[[], Awaitable[web.Response]]
) -> web.Response:
    """What `take` answers; the same again under the same key gets the first answer.

    Raises Refusal for another request under the key, and InProgress while the first is taken in.
    """
    if key is None:
        return await take()
    with under_way(request, key):
        return await answered(request, key) or await take()


@contextmanager
def under_way(request: web.Request, key: str) -> Iterator[None]:
    """One request with a key at a time. Raises InProgress for the others."""
    held = context_of(request).under_way
    place = (request[OWNER], key)
    if place in held:
        detail = "the first submission with this key is still being taken in"
        raise InProgress(detail)
    held.add(place)
    try:
        yield
    finally:
        held.discard(place)


async def answered(request: web.Request, key: str) -> web.Response | None:
    """The first answer to this key, given again; `None` when there is none.

    Raises Refusal when body or query are not those that it was given to.
    """
    context = context_of(request)
    now = context.clock.now()
    first = await context.store.read(
        lambda db: idempotency.recall(db, request[OWNER], key, now=now)
    )
    if first is None:
        return None
    async for _ in body.chunks(request, context.limits.silence_seconds):
        pass  # a stream is known by its fingerprint only at its end
    if fingerprint(request) != first.fingerprint:
        detail = f"this key belongs to another submission, batch {first.batch_id}"
        raise Refusal("idempotency_mismatch", detail)
    again = response(first.answer, status=first.status)
    again.headers[REPLAYED] = "true"
    return again


def remember(
    tx: Tx, request: web.Request, submission: Submission, key: str | None, encoded: bytes
) -> None:
    """Keep the answer to a request that has a key, in the transaction of its batch."""
    if key is not None:
        first = Remembered(fingerprint(request), submission.batch_id, STATUS, encoded)
        idempotency.remember(tx, submission.owner, key, first)


class _Located(msgspec.Struct):
    """What an answer says of where to look."""

    status_url: str


def response(encoded: bytes, *, status: int = STATUS) -> web.Response:
    """The answer to a submission, now or again."""
    return web.Response(
        body=encoded,
        status=status,
        content_type="application/json",
        headers={"Location": msgspec.json.decode(encoded, type=_Located).status_url},
    )


def fingerprint(request: web.Request) -> bytes:
    """SHA-256 of query and body; the body must have been read to its end."""
    digest = hashlib.sha256()
    for name, text in sorted(request.query.items()):
        digest.update(f"{len(name)}:{name}{len(text)}:{text}".encode("utf-8", "replace"))
    digest.update(request[body.DIGEST].digest())
    return digest.digest()
