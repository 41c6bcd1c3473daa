"""What a status tells of jobs is, to the byte, what they tell of themselves."""

import random

import msgspec
import pytest

from skybatch.api.shapes import JobShape, StatusShape
from skybatch.api.shaping import job_shape
from skybatch.model.reason import Reason
from skybatch.model.state import JobState, SkipReason
from skybatch.store import batches, jobs, standings

NAMES = [f"company-{number}.example" for number in range(120)]
ODD_TEXT = 'a "quoted" \\ line\nwith\ttabs, \x01, ü, 漢, 😀, null and </script>'


def spread(tx):
    """Jobs of every kind, with times that lie where rounding and cutting differ."""
    dice = random.Random(1)  # noqa: S311 - not for secrets
    edges = (0.0, 1_800_000_000.9999996, 1_800_000_000.1229999, 1_800_000_000.0005, 1.5)

    def moment():
        return dice.choice((*edges, dice.uniform(1.7e9, 1.9e9), dice.uniform(1.7e9, 1.9e9)))

    for (seq,) in tx.execute("SELECT seq FROM jobs").fetchall():
        counts = {f"skipped_{reason}": dice.randrange(90) for reason in SkipReason}
        row = {
            **counts,
            "pages_fetched": dice.randrange(9),
            "pages_failed": dice.randrange(9),
            "pages_queued": dice.randrange(9),
            "state": dice.choice(list(JobState)),
            "reason": dice.choice([None, *Reason]),
            "detail": dice.choice([None, ODD_TEXT]),
            "start_url": dice.choice([None, "https://www.example/ä?b=1&c"]),
            "stage_at": moment(),
            "run_after": dice.choice([0.0, moment()]),
            "started_at": dice.choice([None, moment()]),
            "finished_at": dice.choice([None, moment()]),
            "attempt": dice.randrange(4),
        }
        names = ", ".join(f"{name} = :{name}" for name in row)
        tx.execute(f"UPDATE jobs SET {names} WHERE seq = :seq", {**row, "seq": seq})
    tx.execute("INSERT INTO hosts (host, ready_at) VALUES (?, 4e9)", (NAMES[5],))
    tx.execute("UPDATE jobs SET input = ? WHERE seq = 3", (ODD_TEXT,))


@pytest.mark.parametrize("limit", [1, 70, 1_000])
async def test_a_standing_is_told_as_its_job(api, limit):
    batch_id = await api.submit(NAMES)
    await api.store.write(spread)

    def both(db):
        batch, shown = standings.of_batch(db, batch_id, limit=limit)
        assert batch == batches.find(db, batch_id)
        listed = jobs.first(db, batch.seq, limit=limit)
        return shown, {job.domain: job_shape(job) for job in listed}

    shown, expected = await api.store.read(both)
    assert len(expected) == min(limit, len(NAMES))
    told = msgspec.json.decode(shown)
    assert list(told.items()) == list(msgspec.json.decode(msgspec.json.encode(expected)).items())
    assert list(told[NAMES[0]]) == list(JobShape.__struct_fields__)
    status = (await api.get(f"/batch/{batch_id}/status")).body
    assert msgspec.json.decode(status, type=StatusShape).domain_statuses.keys() == set(NAMES)


async def test_a_batch_shows_the_first_thousand_jobs_in_order(api):
    batch_id = await api.submit([f"{number}.example" for number in range(1_003)])
    shown = (await api.get(f"/batch/{batch_id}/status")).json["domain_statuses"]
    assert list(shown) == [f"{number}.example" for number in range(1_000)]


SOME = ("nxdomain", "timeout", "internal")
FILTERS = {
    "": lambda _: True,
    "&status=failed,running": lambda job: job.state in ("failed", "running"),
    f"&reason={','.join(SOME)}": lambda job: job.reason in SOME,
    "&status=failed&domain=COMPANY-7.example": lambda job: (
        job.domain == NAMES[7] and job.state == "failed"
    ),
}


@pytest.mark.parametrize(("query", "fits"), FILTERS.items())
async def test_a_list_tells_jobs_as_they_are_told_one_by_one(api, query, fits):
    batch_id = await api.submit(NAMES)
    await api.store.write(spread)
    every = await api.store.read(
        lambda db: jobs.first(db, batches.find(db, batch_id).seq, limit=1_000)
    )
    expected = [job_shape(job) for job in every if fits(job)]
    found, cursor = [], ""
    while cursor is not None:
        part = (await api.get(f"/batch/{batch_id}/jobs?limit=7&cursor={cursor}{query}")).json
        found += part["items"]
        cursor = part["next_cursor"]
    assert found == msgspec.json.decode(msgspec.json.encode(expected))
