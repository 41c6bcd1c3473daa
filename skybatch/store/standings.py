"""How the jobs of a batch stand, read at a fraction of what whole jobs cost.

A status shows a thousand of them, and is asked for again and again. SQLite gives the interpreter
away for each row that it returns and for each query, and beside a busy loop it comes back 5 ms
later: 200 rows have taken 2 s where both cores were busy. So all come as one row, and as the JSON
that is shown, made where nobody else waits for the interpreter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from skybatch.errors import NotFound
from skybatch.model.batch import Batch
from skybatch.model.reason import Reason
from skybatch.model.state import JobState
from skybatch.store import batches
from skybatch.store.reader import Snapshot

# Rounded to microseconds, then cut to milliseconds, as Python does it.
_TIME = """
strftime('%Y-%m-%dT%H:%M:%fZ', CAST({0} AS INTEGER)
  + CAST(round(({0} - CAST({0} AS INTEGER)) * 1e6) AS INTEGER) / 1000 / 1e3, 'unixepoch')
"""
# Members and their order are those of the shape of a job.
_JOB = f"""
json_object(
  'job_id', j.id, 'batch_id', b.id, 'domain', j.domain, 'input', j.input,
  'input_row', j.input_row, 'status', j.state, 'reason', j.reason, 'detail', j.detail,
  'stage', j.stage, 'stage_at', {_TIME.format("j.stage_at")},
  'paused', json(iif(b.paused, 'true', 'false')),
  'attempt', j.attempt,
  'next_attempt_at',
    iif(j.state = 'pending' AND j.waits_until > 0, {_TIME.format("j.waits_until")}, NULL),
  'pages', json_object(
    'discovered', j.pages_fetched + j.pages_failed + j.pages_queued + j.skipped,
    'fetched', j.pages_fetched, 'failed', j.pages_failed,
    'skipped', json_object(
      'robots', j.skipped_robots, 'scope', j.skipped_scope, 'budget', j.skipped_budget,
      'duplicate', j.skipped_duplicate, 'type', j.skipped_type, 'trap', j.skipped_trap,
      'goal', j.skipped_goal),
    'queued', j.pages_queued),
  'pages_found', j.pages_fetched + j.pages_failed + j.pages_queued + j.skipped,
  'pages_processed', j.pages_fetched + j.pages_failed,
  'start_url', j.start_url,
  'started_at', {_TIME.format("j.started_at")},
  'finished_at', {_TIME.format("j.finished_at")})
"""
_ROWS = """
SELECT j.*, max(j.run_after, coalesce(h.ready_at, 0)) AS waits_until,
  skipped_robots + skipped_scope + skipped_budget + skipped_duplicate + skipped_type
    + skipped_trap + skipped_goal AS skipped
FROM jobs j INDEXED BY jobs_of_batch
  LEFT JOIN hosts h ON h.host = j.host AND h.ready_at > j.created_at
"""
_FOUND = f"""
SELECT {batches.COLUMNS}, (
  SELECT json_group_object(j.domain, {_JOB})
  FROM ({_ROWS} WHERE j.batch = b.seq ORDER BY j.seq LIMIT ?) AS j) AS standings
FROM batches b WHERE {batches.IS_CALLED}
"""  # noqa: S608 - only names of columns are put in
_LISTED = f"""
SELECT json_group_array({_JOB}) AS items, count(*) AS count, max(j.seq) AS last
FROM (
    {_ROWS} WHERE j.batch = :batch AND j.seq > :after
      AND (:states = '[]' OR j.state IN (SELECT value FROM json_each(:states)))
      AND (:reasons = '[]' OR j.reason IN (SELECT value FROM json_each(:reasons)))
      AND (:domain IS NULL OR j.domain = :domain)
    ORDER BY j.seq LIMIT :limit) AS j
  JOIN batches b ON b.seq = j.batch
"""  # noqa: S608 - likewise


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of the jobs of a batch."""

    items: bytes  # a JSON list
    count: int
    last: int  # the `seq` of the last of them; 0 when there is none


def of_batch(db: Snapshot, batch_id: str, *, limit: int) -> tuple[Batch, bytes]:
    """A batch, and as JSON its first jobs by domain, in submission order. One query. Raises
    NotFound."""
    row = db.execute(_FOUND, (limit, batch_id)).fetchone()
    if row is None:
        raise NotFound(f"there is no batch {batch_id}")
    return batches.of_row(row), row["standings"].encode()


def listing(  # noqa: PLR0913 - the filters of the public API
    db: Snapshot,
    batch: int,
    *,
    states: Sequence[JobState] = (),
    reasons: Sequence[Reason] = (),
    domain: str | None = None,
    after: int = 0,
    limit: int,
) -> Listed:
    """Jobs in submission order; `after` is the `seq` of the last one seen. One query."""
    wanted = {
        "batch": batch,
        "after": after,
        "states": msgspec.json.encode(states).decode(),
        "reasons": msgspec.json.encode(reasons).decode(),
        "domain": domain,
        "limit": limit,
    }
    row = db.execute(_LISTED, wanted).fetchone()
    return Listed(row["items"].encode(), row["count"], row["last"] or 0)
