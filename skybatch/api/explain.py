"""GET /batch/{id}/explain: why a batch stands where it stands."""

from aiohttp import web

from skybatch.api import cursor
from skybatch.api.answers import answer
from skybatch.api.batches import batch_id_of
from skybatch.api.context import context_of
from skybatch.api.shapes import ExplanationShape
from skybatch.model.explain import explain as account
from skybatch.store import situation


async def explain(request: web.Request) -> web.Response:
    """In sentences; `problems` are those of them that somebody should look at."""
    context, batch_id = context_of(request), batch_id_of(request)
    cursor.Query(request).check()
    now = context.clock.now()
    found = await context.store.read(lambda db: situation.find(db, batch_id, now=now))
    told = account(found, context.live(batch_id))
    return answer(
        ExplanationShape(
            batch_id, found.batch.state.value, list(told.sentences), list(told.problems)
        )
    )
