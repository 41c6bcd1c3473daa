"""The HTTP API: requests in, the store asked, answers out."""
