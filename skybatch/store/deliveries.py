"""The table of messages to webhooks: which are due, and what becomes of them.

Those of a batch to one URL go in their order: only the first of them has a time at which it is due,
the others have none until it is delivered, or given up.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from skybatch.errors import NotFound
from skybatch.model.message import Delivery, DeliveryState, MessageType
from skybatch.store.reader import Snapshot
from skybatch.store.tx import Tx

KEPT_SECONDS = 30 * 86_400.0  # after the end of a message
PRUNED = 500  # of them at a time


def due(db: Snapshot, *, now: float, limit: int, without: Sequence[str] = ()) -> list[Delivery]:
    """Messages whose time has come, the longest due first; none to the URLs of `without`."""
    rows = db.execute(
        """
        SELECT * FROM deliveries INDEXED BY deliveries_due
        WHERE state = 'pending' AND run_after <= ?
          AND url NOT IN (SELECT value FROM json_each(?))
        ORDER BY run_after LIMIT ?
        """,
        (now, msgspec.json.encode(without).decode(), limit),
    )
    return [_delivery(row) for row in rows]


def next_due_at(db: Snapshot, *, after: float) -> float | None:
    """When the next one behind a time is due."""
    row = db.execute(
        """
        SELECT min(run_after) AS at FROM deliveries INDEXED BY deliveries_due
        WHERE state = 'pending' AND run_after > ?
        """,
        (after,),
    ).fetchone()
    return None if row["at"] is None else float(row["at"])


def end(
    tx: Tx, sent: Delivery, state: DeliveryState, *, status: int | None, detail: str | None
) -> None:
    """A message is delivered, or given up: the next one of its batch may go."""
    ended = tx.execute(
        """
        UPDATE deliveries SET state = ?, attempt = attempt + 1, status = ?, detail = ?,
          run_after = NULL, updated_at = ?
        WHERE seq = ? AND attempt = ? AND state = 'pending'
        """,
        (state.value, status, detail, tx.now, sent.seq, sent.attempt),
    ).rowcount
    if ended:
        _let_first_go(tx, sent.batch_id, sent.url)


def put_back(
    tx: Tx, sent: Delivery, *, delay_s: float, status: int | None, detail: str | None
) -> None:
    """An attempt was in vain: there will be another."""
    tx.execute(
        """
        UPDATE deliveries SET attempt = attempt + 1, status = ?, detail = ?, run_after = ?,
          updated_at = ?
        WHERE seq = ? AND attempt = ? AND state = 'pending'
        """,
        (status, detail, tx.now + delay_s, tx.now, sent.seq, sent.attempt),
    )


def send_again(tx: Tx, delivery_id: str) -> Delivery:
    """Let a message go once more, or now instead of later, with all its attempts before it. Raises
    NotFound."""
    row = tx.execute("SELECT * FROM deliveries WHERE id = ?", (delivery_id,)).fetchone()
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    if row["state"] == DeliveryState.PENDING and (row["run_after"] or 0.0) <= tx.now:
        return _delivery(row)  # an earlier one goes first, or it is under way
    is_behind = tx.execute(
        """
        SELECT 1 FROM deliveries
        WHERE batch_id = ? AND url = ? AND state = 'pending' AND seq != ? LIMIT 1
        """,
        (row["batch_id"], row["url"], row["seq"]),
    ).fetchone()
    is_first = row["state"] == DeliveryState.PENDING or is_behind is None
    again = tx.execute(
        """
        UPDATE deliveries SET state = 'pending', attempt = 0, run_after = ?, updated_at = ?
        WHERE seq = ? RETURNING *
        """,
        (tx.now if is_first else None, tx.now, row["seq"]),
    ).fetchone()
    return _delivery(again)


def _let_first_go(tx: Tx, batch_id: str, url: str) -> None:
    tx.execute(
        """
        UPDATE deliveries SET run_after = :now WHERE run_after IS NULL AND seq = (
          SELECT min(seq) FROM deliveries INDEXED BY deliveries_in_order
          WHERE batch_id = :batch AND url = :url AND state = 'pending')
        """,
        {"now": tx.now, "batch": batch_id, "url": url},
    )


def prune(tx: Tx) -> bool:
    """Forget some that ended long ago; returns whether there were any."""
    return (
        tx.execute(
            """
            DELETE FROM deliveries WHERE seq IN (
              SELECT seq FROM deliveries INDEXED BY deliveries_ended
              WHERE state != 'pending' AND updated_at < ? LIMIT ?)
            """,
            (tx.now - KEPT_SECONDS, PRUNED),
        ).rowcount
        > 0
    )


def listing(
    db: Snapshot,
    *,
    states: Sequence[DeliveryState] = (),
    batch_id: str | None = None,
    before: int | None = None,
    limit: int,
) -> list[Delivery]:
    """Newest first; `before` is the `seq` of the last one seen."""
    # A condition that is not asked for must not stand there: no index would be used.
    wanted = {"seq < :before": before, "batch_id = :batch": batch_id}
    given = [condition for condition, value in wanted.items() if value is not None]
    known = {"before": before, "batch": batch_id, "limit": limit}
    each = dict.fromkeys(states) or (None,)  # an index gives those of a state in their order
    found = [
        row
        for state in each
        for row in _newest(db, [*given, *(["state = :state"] if state else [])], known, state)
    ]
    found.sort(key=lambda row: -row["seq"])
    return [_delivery(row) for row in found[:limit]]


def _newest(
    db: Snapshot,
    conditions: Sequence[str],
    known: Mapping[str, str | int | None],
    state: DeliveryState | None,
) -> Iterable[sqlite3.Row]:
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return db.execute(
        f"SELECT * FROM deliveries {where} ORDER BY seq DESC LIMIT :limit",  # noqa: S608 - ours
        {**known, "state": state},
    )


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        seq=row["seq"],
        delivery_id=row["id"],
        batch_id=row["batch_id"],
        type=MessageType(row["type"]),
        url=row["url"],
        body=row["body"],
        state=DeliveryState(row["state"]),
        attempt=row["attempt"],
        run_after=row["run_after"],
        status=row["status"],
        detail=row["detail"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
