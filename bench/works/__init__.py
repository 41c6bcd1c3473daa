"""The works of `make bench`, a module for each."""

from collections.abc import Sequence

from bench.contest import Work
from bench.works import hosts, start, waiting

WORKS: Sequence[Work] = (hosts.WORK, waiting.WORK, start.WORK)
