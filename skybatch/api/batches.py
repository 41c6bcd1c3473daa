"""Batches: the list, and what is done to one."""

from collections.abc import Callable, Sequence
from functools import partial

from aiohttp import web

from skybatch.api import cursor
from skybatch.api.answers import answer
from skybatch.api.context import Context, context_of
from skybatch.api.shapes import BatchesShape, BatchShape, RereadShape
from skybatch.api.shaping import batch_shape
from skybatch.api.streams import STREAMS
from skybatch.errors import NotFound
from skybatch.model.ids import is_uuid
from skybatch.model.reason import Reason
from skybatch.model.state import BatchState
from skybatch.store import batches, bodies, pausing, retrying, staging
from skybatch.store.tx import Tx


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
    found = await context_of(request).store.read(
        lambda db: batches.listing(
            db, states=states, label=label, since=since, before=before, limit=limit
        )
    )
    last = cursor.encode(found[-1].seq) if len(found) == limit else None
    return answer(BatchesShape([batch_shape(batch) for batch in found], last))


async def show(request: web.Request) -> web.Response:
    """GET /batch/{id}: as it stands in the list."""
    batch_id = batch_id_of(request)
    cursor.Query(request).check()
    read = partial(batches.find, batch_id=batch_id)
    return answer(batch_shape(await context_of(request).store.read(read)))


async def cancel(request: web.Request) -> web.Response:
    """POST /batch/{id}/cancel: idempotent."""
    return await _change(request, batches.cancel)


async def delete(request: web.Request) -> web.Response:
    """DELETE /batch/{id}: forgets a batch that has ended. Gone for everybody when this answers;
    its rows are deleted in slices behind."""
    context, batch_id = context_of(request), batch_id_of(request)
    cursor.Query(request).check()
    await context.store.write_freeing(lambda tx: staging.hide(tx, batch_id))
    request.app[STREAMS].end_of(batch_id)
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
    return answer(await _shape(context, batch_id))


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
    return answer(await _shape(context, batch_id))


async def _shape(context: Context, batch_id: str) -> BatchShape:
    return batch_shape(await context.store.read(lambda db: batches.find(db, batch_id)))
