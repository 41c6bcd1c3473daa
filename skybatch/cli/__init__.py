"""The command line: one module per command, and a small client of the API."""
