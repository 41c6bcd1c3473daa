"""How the jobs of a batch stand, read at a fraction of what whole jobs cost.

A status shows a thousand of them, and is asked for again and again. SQLite gives the interpreter
away for each row that it returns and for each query, and beside a busy loop it comes back 5 ms
later: 200 rows have taken 2 s where both cores were busy. So all come as one row, and as the JSON
that is shown, made where nobody else waits for the interpreter.
"""

from skybatch.errors import NotFound
from skybatch.model.batch import Batch
from skybatch.store import batches
from skybatch.store.reader import Snapshot

# Rounded to microseconds, then cut to milliseconds, as Python does it.
_TIME = """
strftime('%Y-%m-%dT%H:%M:%fZ', CAST({0} AS INTEGER)
  + CAST(round(({0} - CAST({0} AS INTEGER)) * 1e6) AS INTEGER) / 1000 / 1e3, 'unixepoch')
"""
# Members and their order are those of the shape of a job.
_FOUND = f"""
SELECT {batches.COLUMNS}, (
  SELECT json_group_object(domain, json_object(
    'job_id', id, 'batch_id', b.id, 'domain', domain, 'input', input, 'input_row', input_row,
    'status', state, 'reason', reason, 'detail', detail,
    'stage', stage, 'stage_at', {_TIME.format("stage_at")},
    'paused', json(iif(b.paused, 'true', 'false')),
    'attempt', attempt,
    'next_attempt_at',
      iif(state = 'pending' AND waits_until > 0, {_TIME.format("waits_until")}, NULL),
    'pages', json_object(
      'discovered', pages_fetched + pages_failed + pages_queued + skipped,
      'fetched', pages_fetched, 'failed', pages_failed,
      'skipped', json_object(
        'robots', skipped_robots, 'scope', skipped_scope, 'budget', skipped_budget,
        'duplicate', skipped_duplicate, 'type', skipped_type, 'trap', skipped_trap,
        'goal', skipped_goal),
      'queued', pages_queued),
    'pages_found', pages_fetched + pages_failed + pages_queued + skipped,
    'pages_processed', pages_fetched + pages_failed,
    'start_url', start_url,
    'started_at', {_TIME.format("started_at")},
    'finished_at', {_TIME.format("finished_at")}))
  FROM (
    SELECT j.*, max(j.run_after, coalesce(h.ready_at, 0)) AS waits_until,
      skipped_robots + skipped_scope + skipped_budget + skipped_duplicate + skipped_type
        + skipped_trap + skipped_goal AS skipped
    FROM jobs j INDEXED BY jobs_of_batch
      LEFT JOIN hosts h ON h.host = j.host AND h.ready_at > j.created_at
    WHERE j.batch = b.seq ORDER BY j.seq LIMIT ?)) AS standings
FROM batches b WHERE {batches.IS_CALLED}
"""  # noqa: S608 - only names of columns are put in


def of_batch(db: Snapshot, batch_id: str, *, limit: int) -> tuple[Batch, bytes]:
    """A batch, and as JSON its first jobs by domain, in submission order. One query. Raises
    NotFound."""
    row = db.execute(_FOUND, (limit, batch_id)).fetchone()
    if row is None:
        raise NotFound(f"there is no batch {batch_id}")
    return batches.of_row(row), row["standings"].encode()
