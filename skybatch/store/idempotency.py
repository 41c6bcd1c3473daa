"""The table of submissions that were answered: the same one again gets the same answer."""

import sqlite3
from dataclasses import dataclass

from skybatch.store.tx import Tx

KEPT_SECONDS = 24 * 3_600.0


@dataclass(frozen=True, slots=True)
class Remembered:
    """The first answer to a key."""

    fingerprint: bytes  # of body and query
    batch_id: str
    status: int
    answer: bytes


def remember(tx: Tx, owner: str, key: str, first: Remembered) -> None:
    """Keep an answer, in the transaction that makes it true; forget those that are too old."""
    tx.execute("DELETE FROM idempotency WHERE created_at < ?", (tx.now - KEPT_SECONDS,))
    tx.execute(
        """
        INSERT INTO idempotency (owner, key, fingerprint, batch_id, status, answer, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (owner, key, first.fingerprint, first.batch_id, first.status, first.answer, tx.now),
    )


def recall(db: sqlite3.Connection, owner: str, key: str, *, now: float) -> Remembered | None:
    """The first answer to a key of this owner, for a day."""
    row = db.execute(
        """
        SELECT fingerprint, batch_id, status, answer FROM idempotency
        WHERE owner = ? AND key = ? AND created_at >= ?
        """,
        (owner, key, now - KEPT_SECONDS),
    ).fetchone()
    if row is None:
        return None
    return Remembered(row["fingerprint"], row["batch_id"], row["status"], row["answer"])
