"""The table of events, read in slices behind an id.

A slice is one row of JSON: beside a busy loop every row that SQLite returns costs 5 ms, and a
stream that has to catch up reads many (see `store.standings`).
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from skybatch.model.event import Event, EventType
from skybatch.model.state import BATCH_TERMINAL
from skybatch.store.tx import Value

WINDOW = 5_000  # rows that are looked at for a slice: 10 ms, however few of them are wanted

# Numbers with 17 digits are the very floats that were stored: an event reads as it was told.
_AS_JSON = """
json_object('id', id, 'at', json(printf('%!.17g', at)), 'type', type, 'batch_id', batch_id,
  'job_id', job_id, 'attempt', attempt, 'data', json(data))
"""
_OF_ALL = """
SELECT e.* FROM events e WHERE e.id > :after ORDER BY e.id LIMIT :window
"""
_OF_BATCH = """
SELECT e.* FROM events e INDEXED BY events_of_batch
WHERE e.batch_id = :batch_id AND e.id > :after ORDER BY e.id LIMIT :window
"""
# A batch that is asked for by name is looked up before; among all there are no self-checks.
_IS_LISTED = """
EXISTS (SELECT 1 FROM batches b WHERE b.id = seen.batch_id AND b.staging = 0 AND b.hidden = 0)
"""
_SLICE = """
WITH seen AS MATERIALIZED ({source}),
found AS MATERIALIZED (
  SELECT * FROM seen
  WHERE (:types IS NULL OR type IN (SELECT value FROM json_each(:types)))
    AND (:since IS NULL OR at >= :since) AND {shown}
  ORDER BY id LIMIT :limit)
SELECT (SELECT json_group_array({as_json}) FROM found), (SELECT count(*) FROM found),
  (SELECT count(*) FROM seen), (SELECT max(id) FROM seen)
"""
_ALL = _SLICE.format(source=_OF_ALL, shown=_IS_LISTED, as_json=_AS_JSON)
_BATCH = _SLICE.format(source=_OF_BATCH, shown="1", as_json=_AS_JSON)

_DECODER = msgspec.json.Decoder(list[Event])


@dataclass(frozen=True, slots=True)
class Slice:
    """Events in the order of their ids."""

    events: tuple[Event, ...]
    position: int  # what comes behind it has not been looked at
    is_last: bool  # nothing was stored behind it, at the moment of reading


def after(
    db: sqlite3.Connection,
    position: int,
    *,
    batch_id: str | None = None,
    types: Sequence[EventType] | None = None,
    since: float | None = None,
    limit: int,
) -> Slice:
    """The events behind an id: of a batch, or of all that are listed; of all types, or some.

    It may hold fewer than there are, even none: `is_last` says whether that is all.
    """
    newest_of_all = newest(db)
    asked: dict[str, Value] = {
        "after": position,
        "batch_id": batch_id,
        "types": None if types is None else msgspec.json.encode(types).decode(),
        "since": since,
        "limit": limit,
        "window": WINDOW,
    }
    found, count, seen, last = db.execute(_ALL if batch_id is None else _BATCH, asked).fetchone()
    events = tuple(_DECODER.decode(found))
    if count == limit:
        return Slice(events, events[-1].id, is_last=False)
    if seen == WINDOW:
        return Slice(events, last, is_last=False)
    return Slice(events, max(newest_of_all, position), is_last=True)


def newest(db: sqlite3.Connection) -> int:
    """The newest id; 0 where there is none. Also of events that have been deleted since."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    return 0 if row is None else int(row[0])


def before(db: sqlite3.Connection, moment: float) -> int:
    """An id behind which all events since a moment are; found by halves, for ids and times grow
    together, as long as nobody sets the clock back between two runs."""
    low, high = 0, newest(db)  # what is wanted begins behind `low`, and at `high` or before
    while low < high:
        middle = (low + high) // 2 + 1
        row = db.execute(
            "SELECT id, at FROM events WHERE id >= ? ORDER BY id LIMIT 1", (middle,)
        ).fetchone()
        if row is not None and row["at"] < moment:
            low = int(row["id"])
        else:
            high = middle - 1
    return low


def is_listed(db: sqlite3.Connection, batch_id: str) -> bool | None:
    """Whether a batch is in the list, `None` when there is no such batch (any more)."""
    row = db.execute(
        "SELECT hidden FROM batches WHERE id = ? AND staging = 0", (batch_id,)
    ).fetchone()
    return None if row is None else not row["hidden"]


def is_over(db: sqlite3.Connection, batch_id: str) -> bool:
    """Whether nothing more will happen to a batch, unless somebody asks for it; also when it is
    not there any more."""
    row = db.execute(
        "SELECT state FROM batches WHERE id = ? AND staging = 0", (batch_id,)
    ).fetchone()
    return row is None or row["state"] in BATCH_TERMINAL
