"""Jobs: those of a batch, and one by its id."""

import msgspec
from aiohttp import web

from skybatch.api import cursor
from skybatch.api.answers import answer
from skybatch.api.batches import batch_id_of
from skybatch.api.context import context_of
from skybatch.api.shaping import job_shape
from skybatch.errors import NotFound
from skybatch.model.ids import is_uuid
from skybatch.model.reason import Reason
from skybatch.model.record import DomainRecord, domain_record
from skybatch.model.state import JobState
from skybatch.store import batches, jobs, standings
from skybatch.store.reader import Snapshot
from skybatch.store.results import domain_results


def job_id_of(request: web.Request) -> str:
    """The id in the path. Raises NotFound for what cannot be one."""
    job_id = request.match_info["job_id"].lower()
    if not is_uuid(job_id):
        raise NotFound("there is no such job: an id is a UUID")
    return job_id


async def listing(request: web.Request) -> web.Response:
    """GET /batch/{id}/jobs: in submission order."""
    query = cursor.Query(request)
    states, reasons = query.words("status", JobState), query.words("reason", Reason)
    domain, limit, after = query.domain("domain"), query.limit(), query.cursor()
    query.check()
    batch_id = batch_id_of(request)

    def page(db: Snapshot) -> standings.Listed:
        return standings.listing(
            db,
            batches.find(db, batch_id).seq,
            states=states,
            reasons=reasons,
            domain=domain,
            after=after or 0,
            limit=limit,
        )

    found = await context_of(request).store.read(page)
    last = msgspec.json.encode(cursor.encode(found.last) if found.count == limit else None)
    return web.Response(
        body=b'{"items":%s,"next_cursor":%s}' % (found.items, last), content_type="application/json"
    )


async def result(request: web.Request) -> web.Response:
    """GET /job/{job_id}/result: what was found, as in the results of its batch."""
    job_id = job_id_of(request)
    cursor.Query(request).check()

    def read(db: Snapshot) -> DomainRecord:
        job = jobs.find(db, job_id)
        batch = batches.find(db, job.batch_id)
        ((found, profile),) = domain_results(db, batch.seq, after=job.seq - 1, limit=1)
        return domain_record(found, profile)

    return answer(await context_of(request).store.read(read))


async def status(request: web.Request) -> web.Response:
    """GET /status/{job_id}."""
    job_id = job_id_of(request)
    cursor.Query(request).check()
    return answer(job_shape(await context_of(request).store.read(lambda db: jobs.find(db, job_id))))
