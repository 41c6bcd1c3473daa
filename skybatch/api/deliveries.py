"""Messages to webhooks: what became of them, and once more."""

from functools import partial

from aiohttp import web

from skybatch.api import cursor
from skybatch.api.answers import answer
from skybatch.api.context import context_of
from skybatch.api.shapes import DeliveriesShape
from skybatch.api.shaping import delivery_shape
from skybatch.errors import NotFound
from skybatch.model.ids import is_uuid
from skybatch.model.message import DeliveryState
from skybatch.store import deliveries


async def listing(request: web.Request) -> web.Response:
    """GET /deliveries: newest first."""
    query = cursor.Query(request)
    states, limit, before = query.words("status", DeliveryState), query.limit(), query.cursor()
    batch_id = query.text("batch_id")
    if batch_id is not None and not is_uuid(batch_id.lower()):
        query.fault("batch_id", "must be a UUID")
    query.check()
    read = partial(
        deliveries.listing,
        states=states,
        batch_id=batch_id.lower() if batch_id else None,
        before=before,
        limit=limit,
    )
    found = await context_of(request).store.read(read)
    last = cursor.encode(found[-1].seq) if len(found) == limit else None
    return answer(DeliveriesShape([delivery_shape(each) for each in found], last))


async def send_again(request: web.Request) -> web.Response:
    """POST /deliveries/{id}/send: now, or once the earlier ones of its batch are through."""
    cursor.Query(request).check()
    delivery_id = request.match_info["delivery_id"].lower()
    if not is_uuid(delivery_id):
        raise NotFound("there is no such delivery: an id is a UUID")
    context = context_of(request)
    found = await context.store.write(partial(deliveries.send_again, delivery_id=delivery_id))
    context.wake_deliverer()
    return answer(delivery_shape(found))
