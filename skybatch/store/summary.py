"""What a batch has found, counted over all of its domains."""

import sqlite3
from collections import Counter
from dataclasses import dataclass, field

from skybatch.model.reason import Reason
from skybatch.model.summary import KINDS, Summary
from skybatch.store.database import Store

_SLICE = 2_000  # jobs of one read: some 10 ms, in a thread


@dataclass(slots=True)
class _Counting:
    """The counts so far; it is counted in the thread that reads."""

    batch: int
    after: int = 0  # the last row that is counted
    is_over: bool = False
    domains: int = 0
    found: Counter[str] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    diagnoses: Counter[str] = field(default_factory=Counter)

    def go_on(self, db: sqlite3.Connection) -> None:
        """Count the next slice."""
        rows = db.execute(
            """
            SELECT j.seq, j.reason,
              json_array_length(p.body, '$.emails') > 0 AS email,
              json_array_length(p.body, '$.phones') > 0 AS phone,
              json_extract(p.body, '$.social_links') <> '{}' AS social,
              json_extract(p.body, '$.organization') IS NOT NULL AS organization,
              json_extract(p.body, '$.diagnosis') AS diagnosis
            FROM jobs j INDEXED BY jobs_of_batch LEFT JOIN profiles p ON p.job = j.seq
            WHERE j.batch = ? AND j.seq > ? ORDER BY j.seq LIMIT ?
            """,
            (self.batch, self.after, _SLICE),
        ).fetchall()
        self.is_over = len(rows) < _SLICE
        for row in rows:
            self.after = row["seq"]
            self.domains += 1
            self.found.update(kind for kind in KINDS if row[kind])
            if row["reason"]:
                self.reasons[Reason(row["reason"])] += 1
            if row["diagnosis"]:
                self.diagnoses[row["diagnosis"]] += 1


async def summary(store: Store, batch: int) -> Summary:
    """Counted slice by slice, each in a read of its own."""
    counting = _Counting(batch)
    while not counting.is_over:
        await store.read(counting.go_on)
    return Summary(
        domains=counting.domains,
        found={kind: counting.found[kind] for kind in KINDS},
        reasons=dict(counting.reasons.most_common()),
        diagnoses=dict(counting.diagnoses.most_common()),
    )
