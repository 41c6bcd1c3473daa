"""Metrics: what the daemon counts of itself, as Prometheus reads it."""
