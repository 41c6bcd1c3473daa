"""POST /batch/{id}/again: a new batch of the same domains, asked only for what has changed."""

from aiohttp import web

from skybatch.api import body, cursor, once
from skybatch.api.batches import batch_id_of
from skybatch.api.context import OWNER, context_of
from skybatch.api.errors import Refusal
from skybatch.api.submit import take_once
from skybatch.model.ids import uuid7
from skybatch.store import again as store_again


async def again(request: web.Request) -> web.Response:
    """202 with the new batch, as for a submission."""
    context = context_of(request)
    cursor.Query(request).check()
    batch_id, new_id = batch_id_of(request), uuid7(context.clock.now())
    submission = await context.store.read(
        lambda db: store_again.repeated(db, batch_id, new_id=new_id, owner=request[OWNER])
    )
    async for piece in body.chunks(request, context.limits.silence_seconds):
        if piece.strip(b"{} \r\n"):
            raise Refusal("bad_request", "again takes no body: the new batch is as the old one")
    lines = store_again.domains(context.store, submission.again or 0)
    key = once.key_of(request, submission, has_own_id=False)
    return await take_once(request, submission, lines, key and f"{key} again {batch_id}")
