"""Benchmarks: real daemon, real HTTP, real database."""
