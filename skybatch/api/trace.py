"""GET /job/{job_id}/trace: the life of a job, from the database and the flight recorder."""

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
from aiohttp import web

from skybatch.api import cursor
from skybatch.api.context import context_of
from skybatch.api.jobs import job_id_of
from skybatch.model.clock import rfc3339
from skybatch.model.job import Job
from skybatch.model.trace import AttemptRow, AttemptTrace, Happening, Source, merge
from skybatch.recorder import lines
from skybatch.store import jobs, tracing
from skybatch.store.reader import Snapshot
from skybatch.store.tracing import LONGEST


async def trace(request: web.Request) -> web.Response:
    """Every attempt, also of a job that runs; what only the recorder saw is marked so."""
    context, job_id = context_of(request), job_id_of(request)
    cursor.Query(request).check()
    life = await context.store.read(partial(_life, context.data_dir, job_id))
    body = await asyncio.to_thread(life.told)  # millions of lines to look through, perhaps
    return web.Response(body=body, content_type="application/json")


@dataclass(frozen=True, slots=True)
class _Life:
    """What the database knows of a job, and where the recorder is."""

    job: Job
    rows: tuple[AttemptRow, ...]
    stored: tuple[Happening, ...]
    data_dir: Path

    def told(self) -> bytes:
        """The whole answer."""
        recorded = _recorded(self.data_dir, self.job.job_id)
        merged = merge(self.rows, self.stored, recorded)
        return msgspec.json.encode(
            {
                "job_id": self.job.job_id,
                "batch_id": self.job.batch_id,
                "domain": self.job.domain,
                "status": self.job.state.value,
                "attempts": [_attempt(attempt) for attempt in merged.attempts],
                "events": [_happening(happening) for happening in merged.events],
            }
        )


def _life(data_dir: Path, job_id: str, db: Snapshot) -> _Life:
    job = jobs.find(db, job_id)
    rows = tracing.attempts(db, job.seq)
    return _Life(job, rows, tracing.happenings(db, job.seq, job_id), data_dir)


def _recorded(data_dir: Path, job_id: str) -> tuple[Happening, ...]:
    """The last of what the recorder saw of a job."""
    found = (line for line in lines.read(data_dir, about=job_id) if line.job_id == job_id)
    return tuple(
        Happening(line.at, line.type, Source.RECORDER, line.event, line.attempt, line.data)
        for line in deque(found, maxlen=LONGEST)
    )


def _attempt(attempt: AttemptTrace) -> dict[str, object]:
    row = attempt.row
    return {
        "attempt": row.attempt,
        "started_at": rfc3339(row.started_at),
        "ended_at": rfc3339(row.ended_at),
        "outcome": row.outcome,
        "error": row.error,
        "stack": row.stack,
        "events": [_happening(happening) for happening in attempt.events],
    }


def _happening(happening: Happening) -> dict[str, object]:
    return {
        **happening.data,
        "id": happening.id,
        "type": happening.type,
        "at": rfc3339(happening.at),
        "source": happening.source.value,
    }
