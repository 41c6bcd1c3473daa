-- What finding pages in a good order, and asking for them again cheaply, needs to know.

ALTER TABLE pages ADD COLUMN score INTEGER NOT NULL DEFAULT 0;   -- a higher one is asked for first
ALTER TABLE pages ADD COLUMN etag TEXT;                          -- of the answer, for the next time
ALTER TABLE pages ADD COLUMN last_modified TEXT;

ALTER TABLE jobs ADD COLUMN sitemaps_at REAL;   -- when its sitemaps had been read
ALTER TABLE batches ADD COLUMN again INTEGER;   -- row of the earlier batch that it repeats
