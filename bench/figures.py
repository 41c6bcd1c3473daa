"""What is made of many times."""

from collections.abc import Sequence


def p99(times: Sequence[float]) -> float:
    """The time that one in a hundred exceeds; 0 of none."""
    return sorted(times)[int(0.99 * len(times))] if times else 0.0
