"""Steps of the clock: everything that waits for a time goes on waiting for as long as before."""

import sqlite3

from skybatch.store.tx import Tx

TOLERANCE_S = 5.0  # clocks are corrected by less all the time


def follow(tx: Tx, seconds: float) -> None:
    """The clock moves by so much: move every time in the future that something waits for."""
    then = {"now": tx.now, "seconds": seconds}
    tx.execute(
        """
        UPDATE jobs INDEXED BY jobs_waiting SET run_after = run_after + :seconds
        WHERE state = 'pending' AND run_after > 0 AND run_after > :now
        """,
        then,
    )
    tx.execute("UPDATE hosts SET ready_at = ready_at + :seconds WHERE ready_at > :now", then)
    tx.execute(
        """
        UPDATE batches INDEXED BY batches_deadline SET deadline_at = deadline_at + :seconds
        WHERE deadline_at IS NOT NULL AND finished_at IS NULL AND deadline_at > :now
        """,
        then,
    )
    tx.execute(
        """
        UPDATE jobs INDEXED BY jobs_leased SET lease_until = lease_until + :seconds
        WHERE state = 'running'
        """,
        then,
    )
    # What is open has changed in the past, or the monitor would see nothing quiet until then.
    tx.execute(
        """
        UPDATE batches INDEXED BY batches_open SET updated_at = min(updated_at, :now + :seconds)
        WHERE finished_at IS NULL AND staging = 0
        """,
        then,
    )
    tx.execute("UPDATE idempotency SET created_at = created_at + :seconds", then)
    tx.now += seconds
    see(tx)  # a start must not follow the same step again


def see(tx: Tx) -> None:
    """Remember the time, for the next start."""
    tx.execute("UPDATE daemon SET seen_at = ?", (tx.now,))


def resume(tx: Tx) -> float:
    """At a start: by how much the clock was set back while nobody ran, as a negative number.

    What a clock that was set forward did cannot be told from time that passed.
    """
    seen_at = float(tx.execute("SELECT seen_at FROM daemon").fetchone()["seen_at"])
    step = tx.now - seen_at
    if step >= -TOLERANCE_S:
        return 0.0
    tx.now = seen_at
    follow(tx, step)
    return step


def is_known(db: sqlite3.Connection) -> bool:
    """Whether the row of the daemon is there."""
    return db.execute("SELECT 1 FROM daemon WHERE only_row = 1").fetchone() is not None
