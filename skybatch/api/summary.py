"""GET /batch/{id}/summary: what a batch has found, and what was in the way."""

from aiohttp import web

from skybatch.api import cursor
from skybatch.api.answers import answer
from skybatch.api.batches import batch_id_of
from skybatch.api.context import context_of
from skybatch.api.shapes import ReasonShape, ShareShape, SummaryShape
from skybatch.model.reason import MEANING
from skybatch.model.summary import KINDS
from skybatch.store import batches
from skybatch.store.summary import summary


async def show(request: web.Request) -> web.Response:
    """Domains with an e-mail address, a phone, …; reasons and diagnoses counted, with advice."""
    context, batch_id = context_of(request), batch_id_of(request)
    cursor.Query(request).check()
    batch = await context.store.read(lambda db: batches.find(db, batch_id))
    found = await summary(context.store, batch.seq)
    return answer(
        SummaryShape(
            batch_id=batch_id,
            status=batch.state.value,
            domains=found.domains,
            found={kind: ShareShape(found.found[kind], found.share(kind)) for kind in KINDS},
            reasons=[
                ReasonShape(reason.value, count, MEANING[reason].sentence, MEANING[reason].advice)
                for reason, count in found.reasons.items()
            ],
            diagnoses=dict(found.diagnoses),
        )
    )
