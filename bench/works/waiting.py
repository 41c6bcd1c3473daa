"""Waiting: hosts that answer after a second, and what share of the possible is reached."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench import latency
from bench.contest import Contest, Given, Work


@contextmanager
def opening(given: Given) -> Iterator[Contest]:
    """The server of `make bench-latency`."""
    title = (
        f"{given.waiting_hosts:,} hosts of {latency.PAGES} pages that answer after "
        f"{latency.LATENCY_S:g} s, {latency.WORKERS} workers, one request at a time"
    )
    with latency.serving() as port:

        def skybatch() -> dict[str, float]:
            found = latency.slow_hosts(port, given.waiting_hosts)
            return {
                "share": round(found.share, 3),
                "seconds": round(found.seconds, 1),
                "requests_per_second": round(found.requests / found.seconds, 1),
            }

        yield Contest(title, {"skybatch": skybatch})


WORK = Work(
    name="waiting",
    opening=opening,
    columns={
        "share of the possible": "share",
        "seconds": "seconds",
        "requests/s": "requests_per_second",
    },
)
