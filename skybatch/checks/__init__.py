"""Self-checks: whether this daemon does what it is there for, stage by stage."""
