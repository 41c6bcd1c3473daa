"""Submissions that are hidden: on their way in, or cut off and on their way out."""

from dataclasses import dataclass

from skybatch.store.tx import Tx

BULK = 2_000  # rows a unit of work deletes at most, so that other writers get their turn


@dataclass(frozen=True, slots=True)
class Staged:
    """A submission under way. Both must match: a row number is given again after a rollback."""

    seq: int
    batch_id: str


def discard(tx: Tx, staged: Staged) -> bool:
    """Delete a slice of a submission that was cut off; returns whether there is more to delete.

    Its lines go first, a slice at a time, so that a cut-off million does not hold the writer.
    """
    deleted = tx.execute(
        """
        DELETE FROM jobs WHERE seq IN (
          SELECT j.seq FROM jobs j JOIN batches b ON b.seq = j.batch
          WHERE b.seq = ? AND b.id = ? AND b.staging = 1 LIMIT ?)
        """,
        (staged.seq, staged.batch_id, BULK),
    ).rowcount
    deleted += tx.execute(
        """
        DELETE FROM leftovers WHERE (batch, input_row) IN (
          SELECT l.batch, l.input_row FROM leftovers l JOIN batches b ON b.seq = l.batch
          WHERE b.seq = ? AND b.id = ? AND b.staging = 1 LIMIT ?)
        """,
        (staged.seq, staged.batch_id, BULK - deleted),
    ).rowcount
    if deleted == BULK:
        return True
    tx.execute(
        "DELETE FROM batches WHERE seq = ? AND id = ? AND staging = 1",
        (staged.seq, staged.batch_id),
    )
    return False


def left_over(tx: Tx) -> list[Staged]:
    """Submissions that a dead process left half-done."""
    rows = tx.execute("SELECT seq, id FROM batches WHERE staging = 1")
    return [Staged(row["seq"], row["id"]) for row in rows]
