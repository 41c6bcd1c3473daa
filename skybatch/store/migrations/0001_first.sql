-- Times are seconds since the epoch, UTC. `seq` is the row, `id` the public UUIDv7.
-- Counters stand in for COUNT(*): they change in the transaction that changes the rows.

CREATE TABLE batches (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,                      -- id of the token that submitted it
  -- 1 = its submission is under way, 2 = it is being deleted: hidden both
  staging INTEGER NOT NULL DEFAULT 1 CHECK (staging IN (0, 1, 2)),
  state TEXT NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'running', 'complete', 'partial', 'failed', 'cancelled')),
  hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),  -- 1 = a self-check: in no list
  paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
  cancelled_at REAL,                        -- when a user asked; its running jobs end soon after
  label TEXT,
  metadata TEXT,                            -- JSON object of the user
  webhook_url TEXT,
  columns TEXT NOT NULL DEFAULT '[]',       -- JSON list: the names of the input's other columns
  max_pages INTEGER NOT NULL CHECK (max_pages > 0),
  max_concurrent_jobs INTEGER NOT NULL CHECK (max_concurrent_jobs > 0),
  options TEXT NOT NULL,                    -- JSON object
  priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
  deadline_at REAL,
  duplicates INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  pending INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0),
  running INTEGER NOT NULL DEFAULT 0 CHECK (running >= 0),
  complete INTEGER NOT NULL DEFAULT 0 CHECK (complete >= 0),
  partial INTEGER NOT NULL DEFAULT 0 CHECK (partial >= 0),
  failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
  cancelled INTEGER NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
  pages_fetched INTEGER NOT NULL DEFAULT 0 CHECK (pages_fetched >= 0),
  pages_failed INTEGER NOT NULL DEFAULT 0 CHECK (pages_failed >= 0),
  pages_queued INTEGER NOT NULL DEFAULT 0 CHECK (pages_queued >= 0),
  skipped_robots INTEGER NOT NULL DEFAULT 0 CHECK (skipped_robots >= 0),
  skipped_scope INTEGER NOT NULL DEFAULT 0 CHECK (skipped_scope >= 0),
  skipped_budget INTEGER NOT NULL DEFAULT 0 CHECK (skipped_budget >= 0),
  skipped_duplicate INTEGER NOT NULL DEFAULT 0 CHECK (skipped_duplicate >= 0),
  skipped_type INTEGER NOT NULL DEFAULT 0 CHECK (skipped_type >= 0),
  skipped_trap INTEGER NOT NULL DEFAULT 0 CHECK (skipped_trap >= 0),
  skipped_goal INTEGER NOT NULL DEFAULT 0 CHECK (skipped_goal >= 0),
  error TEXT,
  created_at REAL NOT NULL,
  updated_at REAL NOT NULL,
  started_at REAL,
  finished_at REAL
) STRICT;

-- What the claim walks: fewest running jobs first within a priority, so that batches share.
CREATE INDEX batches_claimable ON batches (priority, running, seq)
  WHERE staging = 0 AND paused = 0 AND cancelled_at IS NULL AND pending > 0;
CREATE INDEX batches_staged ON batches (seq) WHERE staging > 0;
-- What the ending of pending jobs walks.
CREATE INDEX batches_cancelled ON batches (seq) WHERE cancelled_at IS NOT NULL AND pending > 0;
CREATE INDEX batches_hidden ON batches (seq) WHERE hidden = 1;
-- What the monitor walks.
CREATE INDEX batches_open ON batches (seq) WHERE finished_at IS NULL AND staging = 0;
CREATE INDEX batches_deadline ON batches (deadline_at)
  WHERE deadline_at IS NOT NULL AND finished_at IS NULL;

CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,    -- submission order
  id TEXT NOT NULL UNIQUE,
  batch INTEGER NOT NULL REFERENCES batches (seq) ON DELETE CASCADE,
  domain TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER,
  scheme TEXT,
  path TEXT NOT NULL,
  input TEXT NOT NULL,                      -- as the user wrote it
  input_row INTEGER NOT NULL,
  columns TEXT,                             -- JSON list of [name, value]: the input's other columns
  state TEXT NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'running', 'complete', 'partial', 'failed', 'cancelled')),
  reason TEXT CHECK (reason IN (
    'nxdomain', 'dns_error', 'no_address', 'blocked_address', 'refused', 'unreachable', 'timeout',
    'tls_expired', 'tls_name', 'tls_untrusted', 'tls_error', 'http_4xx', 'http_5xx',
    'rate_limited', 'robots_disallowed', 'robots_unreachable', 'redirect_loop',
    'redirect_off_site', 'too_large', 'too_complex', 'not_html', 'empty', 'protocol_error',
    'deadline', 'cancelled', 'internal')),
  detail TEXT,
  stage TEXT NOT NULL DEFAULT 'queued',
  stage_at REAL NOT NULL,
  run_after REAL NOT NULL DEFAULT 0,        -- not claimed before
  wait_s REAL NOT NULL DEFAULT 0,           -- how long it was told to wait, up to run_after
  attempt INTEGER NOT NULL DEFAULT 0,       -- number of the last claim; fences every write
  charged INTEGER NOT NULL DEFAULT 0,       -- attempts that failed
  crashes INTEGER NOT NULL DEFAULT 0,       -- times the daemon died while reading `suspect`
  suspect TEXT,                             -- URL of the page that was being read
  waits INTEGER NOT NULL DEFAULT 0,         -- releases for a waiting host, in a row
  boot TEXT,                                -- the daemon run that holds it
  lease_until REAL,
  progress_at REAL,
  start_url TEXT,
  final_url TEXT,
  pages_fetched INTEGER NOT NULL DEFAULT 0 CHECK (pages_fetched >= 0),
  pages_failed INTEGER NOT NULL DEFAULT 0 CHECK (pages_failed >= 0),
  pages_queued INTEGER NOT NULL DEFAULT 0 CHECK (pages_queued >= 0),
  skipped_robots INTEGER NOT NULL DEFAULT 0 CHECK (skipped_robots >= 0),
  skipped_scope INTEGER NOT NULL DEFAULT 0 CHECK (skipped_scope >= 0),
  skipped_budget INTEGER NOT NULL DEFAULT 0 CHECK (skipped_budget >= 0),
  skipped_duplicate INTEGER NOT NULL DEFAULT 0 CHECK (skipped_duplicate >= 0),
  skipped_type INTEGER NOT NULL DEFAULT 0 CHECK (skipped_type >= 0),
  skipped_trap INTEGER NOT NULL DEFAULT 0 CHECK (skipped_trap >= 0),
  skipped_goal INTEGER NOT NULL DEFAULT 0 CHECK (skipped_goal >= 0),
  created_at REAL NOT NULL,
  updated_at REAL NOT NULL,
  started_at REAL,                          -- first claim
  finished_at REAL,
  UNIQUE (batch, domain)
) STRICT;

CREATE INDEX jobs_of_batch ON jobs (batch);                                -- (batch, seq)
CREATE INDEX jobs_ready ON jobs (batch, run_after, seq) WHERE state = 'pending';
CREATE INDEX jobs_waiting ON jobs (run_after) WHERE state = 'pending' AND run_after > 0;
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_suspect ON jobs (crashes) WHERE state = 'pending' AND crashes > 1;
CREATE INDEX jobs_of_domain ON jobs (domain);

-- Lines of the input that made no job: duplicates of one, and what was rejected.
CREATE TABLE leftovers (
  batch INTEGER NOT NULL REFERENCES batches (seq) ON DELETE CASCADE,
  input_row INTEGER NOT NULL,
  input TEXT NOT NULL,
  columns TEXT,
  job INTEGER REFERENCES jobs (seq) ON DELETE CASCADE,  -- the job it is a duplicate of
  code TEXT,
  detail TEXT,
  PRIMARY KEY (batch, input_row)
) STRICT, WITHOUT ROWID;
CREATE INDEX leftovers_of_job ON leftovers (job) WHERE job IS NOT NULL;

CREATE TABLE attempts (
  job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  boot TEXT NOT NULL,
  started_at REAL NOT NULL,
  ended_at REAL,
  outcome TEXT,                             -- a job state, or retry, released, rescued
  reason TEXT,
  detail TEXT,
  stack TEXT,                               -- where a bug struck, or where it hung
  PRIMARY KEY (job, attempt)
) STRICT, WITHOUT ROWID;

-- The frontier: every URL of a job, once.
CREATE TABLE pages (
  seq INTEGER PRIMARY KEY,                  -- order of discovery
  job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
  url TEXT NOT NULL,
  depth INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'fetched', 'failed', 'skipped')),
  reason TEXT,
  attempt INTEGER,                          -- the attempt that asked for it last
  tries INTEGER NOT NULL DEFAULT 0,
  status INTEGER,
  final_url TEXT,                           -- NULL = the URL itself
  content_type TEXT,
  charset TEXT,
  bytes INTEGER,
  truncated INTEGER NOT NULL DEFAULT 0 CHECK (truncated IN (0, 1)),
  elapsed_ms INTEGER,
  fetched_at REAL,
  sha256 TEXT,
  duplicate_of INTEGER,                     -- page of the same job whose body is the same
  facts BLOB,                               -- JSON
  detail TEXT,
  UNIQUE (job, url)
) STRICT;
CREATE INDEX pages_of_job ON pages (job);                                  -- (job, seq)
CREATE INDEX pages_by_body ON pages (job, sha256) WHERE sha256 IS NOT NULL;

-- Hashes of URLs that are only counted (out of scope, past the row limit), as long as the job may
-- run again: what makes the receipt exact after a crash or a retry.
CREATE TABLE outside (
  job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
  key INTEGER NOT NULL,
  PRIMARY KEY (job, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE bodies (
  page INTEGER PRIMARY KEY REFERENCES pages (seq) ON DELETE CASCADE,
  encoding TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE profiles (
  job INTEGER PRIMARY KEY REFERENCES jobs (seq) ON DELETE CASCADE,
  body BLOB NOT NULL                        -- JSON
) STRICT;

-- One clock per host, over all batches and restarts.
CREATE TABLE hosts (
  host TEXT PRIMARY KEY,
  ready_at REAL NOT NULL DEFAULT 0,         -- the host asked us not to come before
  delay_s REAL,
  robots BLOB,
  robots_status INTEGER,
  robots_at REAL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at REAL NOT NULL,
  type TEXT NOT NULL,
  batch_id TEXT NOT NULL,
  job_id TEXT,
  attempt INTEGER,
  data TEXT NOT NULL DEFAULT '{}'           -- JSON
) STRICT;
CREATE INDEX events_of_batch ON events (batch_id, id);
CREATE INDEX events_of_job ON events (job_id, id) WHERE job_id IS NOT NULL;

CREATE TABLE idempotency (
  owner TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint BLOB NOT NULL,                -- of body and query
  batch_id TEXT,
  status INTEGER,
  answer BLOB,
  created_at REAL NOT NULL,
  PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Webhooks to be sent, written in the transaction of the change they tell.
CREATE TABLE deliveries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  batch_id TEXT NOT NULL,
  event INTEGER NOT NULL,
  url TEXT NOT NULL,
  body BLOB NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  attempt INTEGER NOT NULL DEFAULT 0,
  run_after REAL NOT NULL DEFAULT 0,
  status INTEGER,
  detail TEXT,
  created_at REAL NOT NULL,
  updated_at REAL NOT NULL
) STRICT;

CREATE INDEX deliveries_due ON deliveries (run_after) WHERE state = 'pending';

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  secret_sha256 BLOB NOT NULL,
  label TEXT,
  scopes TEXT NOT NULL DEFAULT '["admin"]',
  created_at REAL NOT NULL,
  expires_at REAL,
  last_used_at REAL,
  revoked_at REAL
) STRICT, WITHOUT ROWID;

-- The daemon itself: one row.
CREATE TABLE daemon (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
  seen_at REAL NOT NULL DEFAULT 0           -- the latest time that was seen; see store/steps
) STRICT;
INSERT INTO daemon (only_row) VALUES (1);
