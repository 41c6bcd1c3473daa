"""One transaction of the writer: its connection, its time, and the events it makes true."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from skybatch.model.event import Event, EventType

Value = str | int | float | bytes | None
Parameters = Mapping[str, Value] | Sequence[Value]


def many(rows: int, columns: int) -> str:
    """So many rows of placeholders, for VALUES."""
    row = f"({', '.join('?' * columns)})"
    return ", ".join([row] * rows)


@dataclass(slots=True)
class Tx:
    """What a unit of work gets; nobody but the writer's thread touches it."""

    db: sqlite3.Connection
    now: float  # one time for the whole transaction
    events: list[Event] = field(default_factory=list)  # published after the commit

    def execute(self, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self.db.execute(sql, parameters)

    def emit(
        self,
        event_type: EventType,
        batch_id: str,
        *,
        job_id: str | None = None,
        attempt: int | None = None,
        **data: str | int | float | None,
    ) -> None:
        """Store an event with the change that it tells of."""
        cursor = self.execute(
            """
            INSERT INTO events (at, type, batch_id, job_id, attempt, data)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            (self.now, event_type, batch_id, job_id, attempt, msgspec.json.encode(data).decode()),
        )
        number = cursor.lastrowid or 0
        self.events.append(Event(number, self.now, event_type, batch_id, job_id, attempt, data))
