"""The flight recorder: what happened, on disk at once, without the database and the log."""
