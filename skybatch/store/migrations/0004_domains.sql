-- The domains of a batch are found by hashes, in a table that is written in its order. An index over
-- the names (UNIQUE (batch, domain) of jobs, and jobs_of_domain) was most of the work of a long list.

CREATE TABLE domains (
  batch INTEGER NOT NULL REFERENCES batches (seq) ON DELETE CASCADE,
  key INTEGER NOT NULL,                     -- 36 bits; see store/domains
  job INTEGER NOT NULL,                     -- jobs go with their batch only, so nothing refers
  PRIMARY KEY (batch, key, job)
) STRICT, WITHOUT ROWID;
INSERT INTO domains SELECT batch, domain_key(domain) AS key, seq FROM jobs ORDER BY batch, key, seq;

CREATE TABLE jobs_new (
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
  sitemaps_at REAL                          -- when its sitemaps had been read
) STRICT;
INSERT INTO jobs_new SELECT * FROM jobs;
-- The highest number there ever was is not given again.
DELETE FROM sqlite_sequence WHERE name = 'jobs_new';
INSERT INTO sqlite_sequence (name, seq) SELECT 'jobs_new', seq FROM sqlite_sequence WHERE name = 'jobs';
DROP TABLE jobs;
ALTER TABLE jobs_new RENAME TO jobs;

CREATE INDEX jobs_of_batch ON jobs (batch);                                -- (batch, seq)
CREATE INDEX jobs_ready ON jobs (batch, run_after, seq) WHERE state = 'pending';
CREATE INDEX jobs_waiting ON jobs (run_after) WHERE state = 'pending' AND run_after > 0;
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_suspect ON jobs (crashes) WHERE state = 'pending' AND crashes > 1;
