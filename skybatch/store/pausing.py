"""Pausing a batch, or everything: a flag on a row, so that it survives a restart."""

from skybatch.errors import NotFound
from skybatch.model.event import EventType
from skybatch.model.state import BATCH_TERMINAL
from skybatch.store.tx import Tx


def pause(tx: Tx, batch_id: str) -> None:
    """Claim nothing more from a batch; what it has running is given back soon. Idempotent; does
    nothing to a batch that has ended. Raises NotFound."""
    _set(tx, batch_id, paused=1, told=EventType.BATCH_PAUSED)


def resume(tx: Tx, batch_id: str) -> None:
    """Let a batch go on. Idempotent. Raises NotFound."""
    _set(tx, batch_id, paused=0, told=EventType.BATCH_RESUMED)


def _set(tx: Tx, batch_id: str, *, paused: int, told: EventType) -> None:
    row = tx.execute(
        "SELECT seq, state, paused FROM batches WHERE id = ? AND staging = 0", (batch_id,)
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no batch {batch_id}")
    if row["paused"] == paused or (paused and row["state"] in BATCH_TERMINAL):
        return
    tx.execute(
        "UPDATE batches SET paused = ?, updated_at = ? WHERE seq = ?",
        (paused, tx.now, row["seq"]),
    )
    tx.emit(told, batch_id)


def pause_daemon(tx: Tx) -> None:
    """Claim nothing more at all. Idempotent."""
    tx.execute("UPDATE daemon SET paused = 1")


def resume_daemon(tx: Tx) -> None:
    """Let everything go on. Idempotent."""
    tx.execute("UPDATE daemon SET paused = 0")


def is_daemon_paused(tx: Tx) -> bool:
    """Whether nothing may be claimed."""
    return bool(tx.execute("SELECT paused FROM daemon").fetchone()["paused"])
