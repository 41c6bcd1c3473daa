"""Messages to webhooks are written in the transaction that makes them true, just before its end."""

from collections.abc import Iterable, Sequence

import msgspec

from skybatch.model.batch import Batch
from skybatch.model.clock import rfc3339
from skybatch.model.event import Event
from skybatch.model.ids import uuid7
from skybatch.model.message import (
    OF_EVENT,
    USUAL,
    Hook,
    MessageType,
)
from skybatch.model.record import pages
from skybatch.store import batches
from skybatch.store.tx import Tx

_TYPES = msgspec.json.Decoder(tuple[MessageType, ...])


def types_of(text: str | None) -> tuple[MessageType, ...] | None:
    """The stored form of what a batch tells, decoded; `None` = the usual."""
    return _TYPES.decode(text) if text else None


class Outbox:
    """Writes the messages of a transaction, just before it is committed."""

    def __init__(self, everywhere: Hook | None = None) -> None:
        """`everywhere` is told of every batch."""
        self.everywhere = everywhere
        self._told_of: set[int] = set()  # ids of events that messages tell of

    def has_messages_of(self, event: Event) -> bool:
        """Whether there are messages of an event that has been committed; asked once for each."""
        if event.id not in self._told_of:
            return False
        self._told_of.discard(event.id)
        return True

    def fill(self, tx: Tx) -> None:
        """The messages of all events of the transaction."""
        events = [event for event in tx.events if event.type in OF_EVENT]
        told = {batch_id: self._told(tx, batch_id) for batch_id in {e.batch_id for e in events}}
        for event in events:
            batch, hooks = told[event.batch_id]
            kind = OF_EVENT[event.type]
            urls = dict.fromkeys(hook.url for hook in hooks if kind in hook.types)
            if batch is not None and urls:
                _put(tx, event, kind, batch, urls)
                self._told_of.add(event.id)

    def _told(self, tx: Tx, batch_id: str) -> tuple[Batch | None, Sequence[Hook]]:
        """A batch, read once for all its events of a transaction, and whom it tells."""
        hooks = self._hooks(tx, batch_id)
        return (batches.find(tx.db, batch_id) if hooks else None), hooks

    def _hooks(self, tx: Tx, batch_id: str) -> Sequence[Hook]:
        row = tx.execute(
            """
            SELECT webhook_url, webhook_events FROM batches
            WHERE id = ? AND staging = 0 AND hidden = 0
            """,
            (batch_id,),
        ).fetchone()
        if row is None:
            return ()
        found = [] if self.everywhere is None else [self.everywhere]
        if row["webhook_url"] is not None:
            found.append(Hook(row["webhook_url"], types_of(row["webhook_events"]) or USUAL))
        return found


def _body_of(kind: MessageType, event: Event, batch: Batch) -> str:
    """The message as JSON: `type`, `timestamp` and `data`, as Standard Webhooks has it."""
    data: dict[str, object] = {
        "batch_id": batch.batch_id,
        "label": batch.label,
        "metadata": batch.metadata,
    }
    if kind is MessageType.DOMAIN_FINISHED:
        data |= {
            "job_id": event.job_id,
            "domain": event.data.get("domain"),
            "status": event.data.get("state"),
            "reason": event.data.get("reason"),
        }
    else:
        data |= {
            "status": batch.state.value,
            "total_domains": batch.total,
            "counts": {state.value: count for state, count in batch.counts.items()},
            "pages": pages(batch.pages),
            "created_at": rfc3339(batch.created_at),
            "start_time": rfc3339(batch.started_at),
            "end_time": rfc3339(batch.finished_at),
        }
    if kind is MessageType.BATCH_STUCK:
        data["detail"] = event.data.get("detail")
    message = {"type": kind.value, "timestamp": rfc3339(event.at), "data": data}
    return msgspec.json.encode(message).decode()


def _put(tx: Tx, event: Event, kind: MessageType, batch: Batch, urls: Iterable[str]) -> None:
    body = _body_of(kind, event, batch)
    for url in urls:
        tx.execute(
            """
            INSERT INTO deliveries
              (id, batch_id, type, url, body, run_after, created_at, updated_at)
            VALUES (:id, :batch, :type, :url, :body,
              iif(EXISTS (SELECT 1 FROM deliveries
                          WHERE batch_id = :batch AND url = :url AND state = 'pending'),
                NULL, :now),
              :now, :now)
            """,
            {
                "id": uuid7(tx.now),
                "batch": event.batch_id,
                "type": kind.value,
                "url": url,
                "body": body,
                "now": tx.now,
            },
        )
