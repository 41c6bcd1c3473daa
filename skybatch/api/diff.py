"""GET /batch/{id}/diff: what changed since another batch of the same domains."""

from collections.abc import AsyncIterator

import msgspec
from aiohttp import web

from skybatch.api import cursor
from skybatch.api.batches import batch_id_of
from skybatch.api.context import Context, context_of
from skybatch.errors import Fault, Invalid
from skybatch.model.diff import DomainDiff, diff
from skybatch.model.job import Job
from skybatch.model.profile import Profile
from skybatch.model.record import domain_record
from skybatch.store import batches
from skybatch.store.results import domain_results, results_of_domains

_SLICE = 200  # domains of one read


async def show(request: web.Request) -> web.StreamResponse:
    """A document, or lines, with an item for each domain that is not as it was."""
    query = cursor.Query(request)
    against = query.text("against")
    form = query.one_of("format", "json", "ndjson")
    query.check()
    context, batch_id = context_of(request), batch_id_of(request)
    async with context.store.read() as db:
        newer = (await batches.find(db, batch_id)).seq
        repeated = await batches.repeated_by(db, newer)
        older = (await batches.find(db, against)).seq if against else repeated
    if older is None:
        told = "against is needed: this batch repeats no other one that is still there"
        raise Invalid((Fault("?against", "missing", told),))
    response = web.StreamResponse()
    response.content_type = "application/x-ndjson" if form == "ndjson" else "application/json"
    await response.prepare(request)
    separator, between = (b"", b"\n") if form == "ndjson" else (b"", b",")
    if form == "json":
        await response.write(b'{"items":[')
    async for found in _diffs(context, older, newer):
        encoded = between.join(map(msgspec.json.encode, found))
        await response.write(separator + encoded)
        separator = between
    await response.write(b"]}" if form == "json" else separator)
    await response.write_eof()
    return response


async def _diffs(context: Context, older: int, newer: int) -> AsyncIterator[list[DomainDiff]]:
    """Those of the newer batch in its order, then those that only the older one has."""
    async for jobs, others in _paired(context, newer, older):
        pairs = ((others.get(job.domain), (job, profile)) for job, profile in jobs)
        if found := [each for before, after in pairs if (each := _diff(before, after))]:
            yield found
    async for jobs, others in _paired(context, older, newer):
        gone = [(job, profile) for job, profile in jobs if job.domain not in others]
        if found := [each for one in gone if (each := _diff(one, None))]:
            yield found


async def _paired(
    context: Context, batch: int, other: int
) -> AsyncIterator[tuple[list[tuple[Job, Profile]], dict[str, tuple[Job, Profile]]]]:
    """Slices of a batch, each with what the other one knows of the same domains."""
    after, is_more = 0, True
    while is_more:
        async with context.store.read() as db:
            jobs = await domain_results(db, batch, after=after, limit=_SLICE)
            others = await results_of_domains(db, other, [job.domain for job, _ in jobs])
        is_more = len(jobs) == _SLICE
        if jobs:
            after = jobs[-1][0].seq
            yield jobs, {job.domain: (job, profile) for job, profile in others}


def _diff(
    before: tuple[Job, Profile] | None, after: tuple[Job, Profile] | None
) -> DomainDiff | None:
    return diff(
        domain_record(*before) if before else None, domain_record(*after) if after else None
    )
