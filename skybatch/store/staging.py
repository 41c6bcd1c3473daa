"""Batches that are hidden: on their way in, cut off midway, or on their way out."""

from dataclasses import dataclass

from skybatch.errors import Conflict, NotFound
from skybatch.model.state import BATCH_TERMINAL
from skybatch.store import batches
from skybatch.store.tx import Tx, Value

BULK = 2_000  # rows of a kind that a unit deletes at most, so that others get their turn
JOBS = 500  # jobs likewise: their attempts, profiles and hashes go with them


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch on its way in. Both must match: a row number is given again after a rollback."""

    seq: int
    batch_id: str


def hide(tx: Tx, batch_id: str) -> None:
    """Let nobody see a batch that has ended any more: the first step of deleting it.

    Raises NotFound, and Conflict when it has not ended.
    """
    row = tx.execute(
        "SELECT seq, state FROM batches WHERE id = ? AND staging = 0", (batch_id,)
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no batch {batch_id}")
    if row["state"] not in BATCH_TERMINAL:
        raise Conflict(f"batch {batch_id} has not ended: cancel it first")
    tx.execute("UPDATE batches SET staging = 2 WHERE seq = ?", (row["seq"],))


def hide_checks(tx: Tx) -> None:
    """Hide the self-checks that have ended from everybody; cancel those that have not."""
    rows = tx.execute("SELECT id, state FROM batches WHERE hidden = 1 AND staging = 0").fetchall()
    for row in rows:
        change = hide if row["state"] in BATCH_TERMINAL else batches.cancel
        change(tx, row["id"])


def abandon(tx: Tx, staged: Staged) -> None:
    """A submission was refused or cut off: what is there of it is to be deleted."""
    tx.execute(
        "UPDATE batches SET staging = 2 WHERE seq = ? AND id = ? AND staging = 1",
        (staged.seq, staged.batch_id),
    )


def abandon_all(tx: Tx) -> int:
    """At the start: whatever a dead run was taking in; returns how many there were."""
    return tx.execute(
        "UPDATE batches INDEXED BY batches_staged SET staging = 2 WHERE staging > 0"
    ).rowcount


def discard(tx: Tx) -> bool:
    """Delete a slice of a batch that is to be deleted; returns whether there was one.

    A slice at a time, so that neither a cut-off million nor a batch with all its pages holds the
    writer; a deletion that is cut off is carried on by the next start.
    """
    row = tx.execute(
        "SELECT seq, id FROM batches INDEXED BY batches_staged WHERE staging > 0 AND staging = 2"
    ).fetchone()
    if row is None:
        return False
    batch: dict[str, Value] = {"seq": row["seq"], "id": row["id"]}
    for statement, limit in _slices():
        if tx.execute(statement, {**batch, "limit": limit, "jobs": JOBS}).rowcount >= limit:
            return True
    tx.execute("DELETE FROM batches WHERE seq = :seq AND id = :id AND staging = 2", batch)
    return True


def _slices() -> tuple[tuple[str, int], ...]:
    """Each deletes so many rows of a hidden batch at most. Pages go before their jobs: a cascade
    over many jobs of a thousand pages would take minutes."""
    rows = (_LEFTOVERS, _DOMAINS, _EVENTS, _DELIVERIES)
    return (_PAGES, BULK), (_JOBS, JOBS), *((statement, BULK) for statement in rows)


_PAGES = """
DELETE FROM pages WHERE seq IN (
  SELECT p.seq FROM pages p WHERE p.job IN (
    SELECT j.seq FROM jobs j JOIN batches b ON b.seq = j.batch
    WHERE b.seq = :seq AND b.id = :id AND b.staging = 2 ORDER BY j.seq LIMIT :jobs)
  LIMIT :limit)
"""
_JOBS = """
DELETE FROM jobs WHERE seq IN (
  SELECT j.seq FROM jobs j JOIN batches b ON b.seq = j.batch
  WHERE b.seq = :seq AND b.id = :id AND b.staging = 2 ORDER BY j.seq LIMIT :limit)
"""
_LEFTOVERS = """
DELETE FROM leftovers WHERE (batch, input_row) IN (
  SELECT l.batch, l.input_row FROM leftovers l JOIN batches b ON b.seq = l.batch
  WHERE b.seq = :seq AND b.id = :id AND b.staging = 2 LIMIT :limit)
"""
_DOMAINS = """
DELETE FROM domains WHERE (batch, key, job) IN (
  SELECT d.batch, d.key, d.job FROM domains d JOIN batches b ON b.seq = d.batch
  WHERE b.seq = :seq AND b.id = :id AND b.staging = 2 LIMIT :limit)
"""
_EVENTS = """
DELETE FROM events WHERE id IN (
  SELECT e.id FROM events e JOIN batches b ON b.id = e.batch_id
  WHERE b.seq = :seq AND b.id = :id AND b.staging = 2 LIMIT :limit)
"""
_DELIVERIES = """
DELETE FROM deliveries WHERE seq IN (
  SELECT d.seq FROM deliveries d JOIN batches b ON b.id = d.batch_id
  WHERE b.seq = :seq AND b.id = :id AND b.staging = 2 LIMIT :limit)
"""
