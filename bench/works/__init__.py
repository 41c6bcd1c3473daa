"""The works of `make bench`, a module for each."""

from collections.abc import Sequence

from bench.contest import Work
from bench.works import documentation, hosts, million, polite, slow, start, waiting

WORKS: Sequence[Work] = (
    hosts.WORK,
    documentation.WORK,
    slow.WORK,
    polite.WORK,
    waiting.WORK,
    million.WORK,
    start.WORK,
)
