"""GET /batch/{id}/status: how a batch stands, now or once that has changed."""

import asyncio
import hashlib
import time
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from skybatch.api import cursor
from skybatch.api.answers import kept
from skybatch.api.batches import batch_id_of
from skybatch.api.context import Context, context_of
from skybatch.api.shaping import status_json
from skybatch.bus import Subscription
from skybatch.model.state import BATCH_TERMINAL
from skybatch.store import standings
from skybatch.store.reader import Snapshot

DOMAINS_SHOWN = 1_000
POLL_SECONDS = 1.0  # pages move counters without an event
SETTLE_SECONDS = 0.2  # not a look for each event of a job, of which there may be hundreds a second
REST = 20  # and not more than a twentieth of our time for looks


async def show(request: web.Request) -> web.Response:
    """With `wait`, answers once something has changed, or it is over."""
    context = context_of(request)
    query = cursor.Query(request)
    wait = query.number("wait", low=0, high=context.limits.wait_seconds, default=0)
    query.check()
    batch_id = batch_id_of(request)
    known = {tag.value for tag in request.if_none_match or ()}
    look = await (_changed(context, batch_id, known, wait) if wait else _look(context, batch_id))
    return kept(request, look.body, look.tag, content_type="application/json")


@dataclass(frozen=True, slots=True)
class _Look:
    """The status of a batch at one moment."""

    body: bytes
    tag: str  # of the ETag: the same as long as the body is
    is_over: bool
    took_s: float  # of a processor


async def _look(context: Context, batch_id: str) -> _Look:
    return await context.store.query(partial(_looked, batch_id))


def _looked(batch_id: str, db: Snapshot) -> _Look:
    """All of the answer, made in the thread that reads: the loop goes on meanwhile."""
    began = time.thread_time()
    batch, domains = standings.of_batch(db, batch_id, limit=DOMAINS_SHOWN)
    body = status_json(batch, domains)
    tag = hashlib.sha256(body).hexdigest()[:32]
    return _Look(body, tag, batch.state in BATCH_TERMINAL, time.thread_time() - began)


async def _changed(context: Context, batch_id: str, known: Set[str], wait: float) -> _Look:
    """The first look that is not known, or the last one when the time is up. Where none is known,
    the first one is."""
    # What is known comes from a look a moment ago: nobody is answered as fast as he can ask.
    settle = min(wait, SETTLE_SECONDS) if known else 0.0
    with context.bus.subscribe() as events:
        await _event_of(events, batch_id, settle, is_of_all=True)
        look = await _look(context, batch_id)
        known = known or {look.tag}
        with suppress(TimeoutError):
            async with asyncio.timeout(wait - settle):
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
