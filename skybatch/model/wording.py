"""How numbers and lists are put into words."""

import math
from collections.abc import Iterable


def some(count: int, noun: str) -> str:
    """`1 page`, `2,000 pages`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def whole(seconds: float) -> str:
    """`119 s`: rounded up, so that what is still to come is never 0 s away."""
    return f"{max(1, math.ceil(seconds))} s"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def clause(sentence: str) -> str:
    """A sentence as a part of another; one that begins with an acronym keeps it."""
    first = sentence[:1] if sentence[1:2].isupper() else sentence[:1].lower()
    return first + sentence[1:].rstrip(".")
