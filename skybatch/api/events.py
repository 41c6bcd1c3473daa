"""GET /events and GET /batch/{id}/events: what has happened, as a list or as a stream."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

import structlog
from aiohttp import web

from skybatch.api import cursor, sse
from skybatch.api.answers import answer
from skybatch.api.batches import batch_id_of
from skybatch.api.context import OWNER, Context, context_of
from skybatch.api.errors import Refusal
from skybatch.api.shapes import EventsShape
from skybatch.api.shaping import event_shape
from skybatch.api.stream import Stream, Wanted
from skybatch.api.streams import STREAMS, Connection
from skybatch.errors import Fault, Invalid, StoreUnavailable
from skybatch.model.event import Event, EventType, PageEventType
from skybatch.store import batches, events
from skybatch.store.reader import Snapshot

log = structlog.get_logger()

LOOKS = 20  # slices that a list looks through for events of rare types, some 0.2 s
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request asks for."""

    wanted: Wanted
    after: int | None  # the id behind which it begins
    limit: int
    is_stream: bool


async def of_all(request: web.Request) -> web.StreamResponse:
    """GET /events. A list begins with the oldest; a stream now, unless told where."""
    return await _answer(request, _asked(request, None))


async def of_batch(request: web.Request) -> web.StreamResponse:
    """GET /batch/{id}/events. Both begin with the oldest."""
    return await _answer(request, _asked(request, batch_id_of(request)))


def _asked(request: web.Request, batch_id: str | None) -> _Asked:
    """Raises Invalid, and Refusal when neither form is wanted."""
    is_stream = sse.is_asked_for(", ".join(request.headers.getall("Accept", [])))
    if is_stream is None:
        detail = f"events come as application/json or {sse.CONTENT_TYPE}"
        raise Refusal("not_acceptable", detail)
    query = cursor.Query(request)
    types = query.words("type", EventType, PageEventType)
    since = query.time("since") if batch_id is None else None
    if is_stream and query.text("limit") is not None:
        query.fault("limit", "is for the list: a stream has no end")
    limit = query.limit()
    after = query.cursor()
    given = query.text("last_event_id")
    try:
        after = sse.event_id(given) if given else after
    except ValueError as error:
        query.fault("last_event_id", str(error))
    query.check()
    return _Asked(Wanted(batch_id, types, since), _last_of(request, after), limit, is_stream)


def _last_of(request: web.Request, given: int | None) -> int | None:
    """The header goes before the query, which an EventSource sends unchanged when it reconnects."""
    header = request.headers.get("Last-Event-ID", "")
    try:
        return sse.event_id(header) if header else given
    except ValueError as error:
        fault = Fault("Last-Event-ID", "invalid", f"the header {error}")
        raise Invalid((fault,)) from error


async def _answer(request: web.Request, asked: _Asked) -> web.StreamResponse:
    context = context_of(request)
    start = await context.store.read(partial(_start, asked))
    if not asked.is_stream:
        return answer(await _list(context, asked, start.after))
    if start.is_at_end:  # the one answer that tells an EventSource to stop asking
        return web.Response(status=204)
    return await _stream(request, asked.wanted, start.after)


@dataclass(frozen=True, slots=True)
class _Start:
    """Where to begin."""

    after: int
    is_at_end: bool  # the client has all of a batch that is over


def _start(asked: _Asked, db: Snapshot) -> _Start:
    """Raises NotFound."""
    wanted, newest = asked.wanted, events.newest(db)
    if wanted.batch_id is not None:
        batches.find(db, wanted.batch_id)
    if asked.after is None:
        return _Start(_beginning(asked, newest, db), is_at_end=False)
    # An id that is none of ours yet is of a database before this one was restored.
    after = min(asked.after, newest)
    if wanted.since is not None:
        after = max(after, events.before(db, wanted.since))
    if wanted.batch_id is None or not asked.is_stream or not events.is_over(db, wanted.batch_id):
        return _Start(after, is_at_end=False)
    rest = events.after(db, after, batch_id=wanted.batch_id, types=wanted.stored, limit=1)
    return _Start(after, is_at_end=rest.is_last and not rest.events)


def _beginning(asked: _Asked, newest: int, db: Snapshot) -> int:
    if asked.wanted.since is not None:
        return events.before(db, asked.wanted.since)
    return newest if asked.is_stream and asked.wanted.batch_id is None else 0


async def _list(context: Context, asked: _Asked, after: int) -> EventsShape:
    """Oldest first, so that the cursor of the last part is the place to go on from. A part may be
    short, or empty, where events of rare types are asked for."""
    found: list[Event] = []
    is_last = False
    for _ in range(LOOKS):
        part = await context.store.read(
            partial(
                events.after,
                position=after,
                batch_id=asked.wanted.batch_id,
                types=asked.wanted.stored,
                since=asked.wanted.since,
                limit=asked.limit - len(found),
            )
        )
        found += part.events
        after, is_last = part.position, part.is_last
        if is_last or len(found) == asked.limit:
            break
    shapes = [event_shape(event) for event in found]
    return EventsShape(shapes, None if is_last else cursor.encode(after))


async def _stream(request: web.Request, wanted: Wanted, after: int) -> web.StreamResponse:
    context, streams = context_of(request), request.app[STREAMS]
    connection = Connection(
        request[OWNER],
        wanted.batch_id,
        transport=lambda: request.transport,
        abort=partial(_abort, request),
    )
    with streams.opened(connection, context.limits):
        response = web.StreamResponse(headers=_HEADERS)
        response.content_type = sse.CONTENT_TYPE
        response.force_close()  # at the end the client connects anew, if at all
        await response.prepare(request)
        stream = Stream(context, streams, connection, wanted, after=after)
        async with aclosing(stream.chunks()) as chunks:
            try:
                await _send(response, chunks, connection, context.limits.stall_seconds)
            except TimeoutError:
                log.warning("api.stream_dropped", path=request.path, detail="it takes nothing")
                connection.abort()
            except StoreUnavailable as error:
                # Nothing after the last event was sent: the client resumes behind it.
                log.warning("api.stream_cut_off", path=request.path, detail=str(error))
        return response


async def _send(
    response: web.StreamResponse,
    chunks: AsyncGenerator[bytes, None],
    connection: Connection,
    seconds: float,
) -> None:
    """Send all of it. Raises TimeoutError when the client takes nothing for so long: what waits
    for it is bounded, by one chunk here and by the buffers below."""
    async for chunk in chunks:
        connection.is_writing = True
        async with asyncio.timeout(seconds):
            await response.write(chunk)
        connection.is_writing = False
    connection.is_writing = True
    async with asyncio.timeout(seconds):
        await response.write_eof()


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
