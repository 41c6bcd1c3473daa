"""One domain in, pages out: knows no database, no queue, no server."""
