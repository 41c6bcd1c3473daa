"""Durable work: claim, run, finish, recover."""
