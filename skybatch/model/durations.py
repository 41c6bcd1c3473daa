"""How long something took, counted: what a histogram is made of."""

from bisect import bisect_left
from collections.abc import Sequence


class Durations:
    """Counts of durations, by the smallest bound that is not below them.

    No lock: each is written by one thread only. Whoever reads beside a write is off by that one.
    """

    __slots__ = ("bounds", "counts", "sum_s")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)  # in seconds, growing
        self.counts = [0] * (len(self.bounds) + 1)  # the last: above all bounds
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        """One more. It is called for every page, and takes a quarter of a microsecond."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.sum_s += seconds
