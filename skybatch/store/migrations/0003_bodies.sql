-- What reading a kept body again needs besides the body, and which batches are being read again.

ALTER TABLE bodies ADD COLUMN language TEXT;                        -- Content-Language
ALTER TABLE bodies ADD COLUMN was_cut INTEGER NOT NULL DEFAULT 0 CHECK (was_cut IN (0, 1));
ALTER TABLE bodies ADD COLUMN signs TEXT NOT NULL DEFAULT '[]';     -- JSON list of header lines

ALTER TABLE batches ADD COLUMN reread_after INTEGER;                -- last job done; NULL = none to do
CREATE INDEX batches_reread ON batches (seq) WHERE reread_after IS NOT NULL;
