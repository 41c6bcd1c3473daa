"""Batches: the list, the status of one, cancelling."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import msgspec
from aiohttp import web

from skybatch.api import cursor
from skybatch.api.answers import answer
from skybatch.api.context import Context, context_of
from skybatch.api.schemas import (
    JobShape,
    ListShape,
    RereadShape,
    batch_shape,
    job_shape,
    status_shape,
)
from skybatch.bus import Subscription
from skybatch.errors import NotFound
from skybatch.model.ids import is_uuid
from skybatch.model.reason import Reason
from skybatch.model.state import BATCH_TERMINAL, BatchState
from skybatch.store import batches, bodies, jobs, pausing, retrying, staging
from skybatch.store.reader import snapshot
from skybatch.store.tx import Tx

DOMAINS_SHOWN = 1_000
POLL_SECONDS = 1.0  # pages move counters without an event
SETTLE_SECONDS = 0.2  # not a look for each event of a job, of which there may be hundreds a second
REST = 20  # and not more than a twentieth of our time for looks
SLICE = 200  # domains that are read at a time


def batch_id_of(request: web.Request) -> str:
    """The id in the path. Raises NotFound for what cannot be one."""
    batch_id = request.match_info["batch_id"].lower()
    if not is_uuid(batch_id):
        raise NotFound("there is no such batch: an id is a UUID")
    return batch_id


async def listing(request: web.Request) -> web.Response:
    """GET /batch: newest first."""
    query = cursor.Query(request)
    states = query.words("status", BatchState)
    label, since = query.text("label"), query.time("since")
    limit, before = query.limit(), query.cursor()
    query.check()
    async with context_of(request).store.read() as db:
        found = await batches.listing(
            db, states=states, label=label, since=since, before=before, limit=limit
        )
    last = cursor.encode(found[-1].seq) if len(found) == limit else None
    return answer(ListShape([batch_shape(batch) for batch in found], last))


async def status(request: web.Request) -> web.Response:
    """GET /batch/{id}/status: with `wait`, answers once something has changed, or it is over."""
    context = context_of(request)
    query = cursor.Query(request)
    wait = query.number("wait", low=0, high=context.limits.wait_seconds, default=0)
    query.check()
    batch_id = batch_id_of(request)
    known = {tag.value for tag in request.if_none_match or ()}
    look = await (_changed(context, batch_id, known, wait) if wait else _look(context, batch_id))
    headers = {"ETag": f'"{look.tag}"', "Cache-Control": "no-cache"}
    if look.tag in known:
        return web.Response(status=304, headers=headers)
    return web.Response(body=look.body, content_type="application/json", headers=headers)


@dataclass(frozen=True, slots=True)
class _Look:
    """The status of a batch at one moment."""

    body: bytes
    tag: str  # of the ETag: the same as long as the body is
    is_over: bool
    took_s: float


async def _look(context: Context, batch_id: str) -> _Look:
    """In slices: a thousand domains take 100 ms."""
    began = context.clock.monotonic()
    shapes: dict[str, JobShape] = {}
    async with context.store.read() as db, snapshot(db):
        batch, after = await batches.find(db, batch_id), 0
        while len(shapes) < min(batch.total, DOMAINS_SHOWN):
            found = await jobs.listing(db, batch.seq, after=after, limit=SLICE)
            if not found:
                break
            shapes.update((job.domain, job_shape(job)) for job in found)
            after = found[-1].seq
    body = msgspec.json.encode(status_shape(batch, shapes))
    tag = hashlib.sha256(body).hexdigest()[:32]
    is_over = batch.state in BATCH_TERMINAL
    return _Look(body, tag, is_over, context.clock.monotonic() - began)


async def _changed(context: Context, batch_id: str, known: Set[str], wait: float) -> _Look:
    """The first look that is not known, or the last one when the time is up. Where none is known,
    the first one is."""
    with context.bus.subscribe() as events:
        look = await _look(context, batch_id)
        known = known or {look.tag}
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while look.tag in known and not look.is_over and not events.is_ended:
                    await _event_of(events, batch_id, POLL_SECONDS)
                    rest = max(SETTLE_SECONDS, look.took_s * REST)
                    await _event_of(events, batch_id, rest, is_of_all=True)
                    look = await _look(context, batch_id)
    return look


async def _event_of(
    events: Subscription, batch_id: str, seconds: float, *, is_of_all: bool = False
) -> None:
    """Until something happens to the batch, or to all of it; not longer than some seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for event in events:
                if event.batch_id == batch_id and not (is_of_all and event.job_id):
                    return


async def cancel(request: web.Request) -> web.Response:
    """POST /batch/{id}/cancel: idempotent."""
    return await _change(request, batches.cancel)


async def delete(request: web.Request) -> web.Response:
    """DELETE /batch/{id}: forgets a batch that has ended. Gone for everybody when this answers;
    its rows are deleted in slices behind."""
    context, batch_id = context_of(request), batch_id_of(request)
    cursor.Query(request).check()
    await context.store.write_freeing(lambda tx: staging.hide(tx, batch_id))
    context.wake()
    return web.Response(status=204)


async def pause(request: web.Request) -> web.Response:
    """POST /batch/{id}/pause: idempotent."""
    return await _change(request, pausing.pause)


async def resume(request: web.Request) -> web.Response:
    """POST /batch/{id}/resume: idempotent."""
    return await _change(request, pausing.resume)


async def retry(request: web.Request) -> web.Response:
    """POST /batch/{id}/retry: failed and partial jobs, or those with `?reason=`, once more."""
    context, batch_id = context_of(request), batch_id_of(request)
    query = cursor.Query(request)
    reasons = query.words("reason", Reason)
    query.check()
    back, after = None, 0
    while back is None or back.jobs == retrying.SLICE:
        back = await context.store.write(partial(_retry, batch_id, reasons, after))
        after = back.last
        context.wake()
    async with context.store.read() as db:
        return answer(batch_shape(await batches.find(db, batch_id)))


def _retry(batch_id: str, reasons: Sequence[Reason], after: int, tx: Tx) -> retrying.PutBack:
    return retrying.retry(tx, batch_id, reasons, after=after)


async def reextract(request: web.Request) -> web.Response:
    """POST /batch/{id}/reextract: 202; the bodies that were kept are read again, behind this."""
    context, batch_id = context_of(request), batch_id_of(request)
    cursor.Query(request).check()
    count = await context.store.write(lambda tx: bodies.ask(tx, batch_id))
    context.wake()
    return answer(RereadShape(batch_id, count), status=202)


async def _change(request: web.Request, change: Callable[[Tx, str], None]) -> web.Response:
    """Change a batch, and answer with what it is then."""
    context, batch_id = context_of(request), batch_id_of(request)
    cursor.Query(request).check()
    await context.store.write(lambda tx: change(tx, batch_id))
    async with context.store.read() as db:
        return answer(batch_shape(await batches.find(db, batch_id)))
