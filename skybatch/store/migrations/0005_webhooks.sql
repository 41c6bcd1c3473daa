-- Messages to webhooks: which of them a batch wants, and in what order they go.

ALTER TABLE batches ADD COLUMN webhook_events TEXT;   -- JSON list of types; NULL = the usual ones

DROP TABLE deliveries;  -- nothing has been written to it so far
CREATE TABLE deliveries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,    -- the order of the messages
  id TEXT NOT NULL UNIQUE,                  -- the `webhook-id`: the same in every attempt
  batch_id TEXT NOT NULL,
  type TEXT NOT NULL,
  url TEXT NOT NULL,
  body TEXT NOT NULL,                       -- the same bytes in every attempt
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  attempt INTEGER NOT NULL DEFAULT 0,       -- made so far
  run_after REAL,                           -- NULL = an earlier one of its batch goes first
  status INTEGER,                           -- of the last answer
  detail TEXT,                              -- what was wrong with it
  created_at REAL NOT NULL,
  updated_at REAL NOT NULL
) STRICT;

CREATE INDEX deliveries_due ON deliveries (run_after)
  WHERE state = 'pending' AND run_after IS NOT NULL;
CREATE INDEX deliveries_in_order ON deliveries (batch_id, url, seq) WHERE state = 'pending';
CREATE INDEX deliveries_of_batch ON deliveries (batch_id);
CREATE INDEX deliveries_ended ON deliveries (updated_at) WHERE state != 'pending';
