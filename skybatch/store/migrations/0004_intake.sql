-- No question was ever asked of it, and in a long list it is the dearest index to keep.

DROP INDEX jobs_of_domain;
