"""Batches to fill a database with."""

from collections.abc import Sequence

from skybatch.model.batch import Accepted, Rejected, Submission
from skybatch.model.ids import uuid7
from skybatch.model.options import Options
from skybatch.model.target import Entry, Target
from skybatch.store import submissions
from skybatch.store.database import Store


def accepted(row: int, domain: str) -> Accepted:
    return Accepted(Entry(row, domain), Target(domain, domain))


async def slices_of(*slices: Sequence[Accepted | Rejected]):
    for lines in slices:
        yield lines


def submission(*, batch_id: str = "", max_concurrent_jobs: int = 200, **options) -> Submission:
    return Submission(
        batch_id=batch_id or uuid7(1_800_000_000.0),
        owner="test",
        max_pages=10,
        max_concurrent_jobs=max_concurrent_jobs,
        options=Options(**options),
    )


async def submit(store: Store, *domains: str, **kwargs) -> str:
    """Submit a batch of these domains; returns its id."""
    wanted = submission(**kwargs)
    lines = [accepted(row, domain) for row, domain in enumerate(domains)]
    await submissions.submit(store, wanted, slices_of(lines))
    return wanted.batch_id
