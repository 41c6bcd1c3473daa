"""GET /batch/{id}/diff: what changed since another batch of the same domains."""

from collections.abc import AsyncIterator
from functools import partial

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
from skybatch.store.reader import Snapshot
from skybatch.store.results import domain_results, results_of_domains

_SLICE = 200  # domains of one read
Results = list[tuple[Job, Profile]]


async def show(request: web.Request) -> web.StreamResponse:
    """A document, or lines, with an item for each domain that is not as it was."""
    query = cursor.Query(request)
    against = query.text("against")
    form = query.one_of("format", "json", "ndjson")
    query.check()
    context, batch_id = context_of(request), batch_id_of(request)
    newer, older = await context.store.read(partial(_both, batch_id, against))
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


def _both(batch_id: str, against: str | None, db: Snapshot) -> tuple[int, int | None]:
    """The row of the batch, and that of the other one. Raises NotFound."""
    newer = batches.find(db, batch_id).seq
    return newer, batches.find(db, against).seq if against else batches.repeated_by(db, newer)


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
) -> AsyncIterator[tuple[Results, dict[str, tuple[Job, Profile]]]]:
    """Slices of a batch, each with what the other one knows of the same domains."""
    after, is_more = 0, True
    while is_more:
        jobs, others = await context.store.read(partial(_slice, batch, other, after))
        is_more = len(jobs) == _SLICE
        if jobs:
            after = jobs[-1][0].seq
            yield jobs, {job.domain: (job, profile) for job, profile in others}


def _slice(batch: int, other: int, after: int, db: Snapshot) -> tuple[Results, Results]:
    jobs = domain_results(db, batch, after=after, limit=_SLICE)
    return jobs, results_of_domains(db, other, [job.domain for job, _ in jobs])


def _diff(
    before: tuple[Job, Profile] | None, after: tuple[Job, Profile] | None
) -> DomainDiff | None:
    return diff(
        domain_record(*before) if before else None, domain_record(*after) if after else None
    )
