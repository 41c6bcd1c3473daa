"""Polite: thousands of hosts at the delay between two requests that the daemon has by default."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench.contest import Contest, Given, Work
from bench.crawls import Crawl
from bench.slow import NO_SERVER, slow_sites
from bench.works.slow import contestants
from skybatch.demo.sites import bench_hosts
from skybatch.model.options import Options

LATENCY_MS = (20, 800)
# Two pages, so that a round of the slower one takes less than two minutes.
PAGES, PAGE_KB = 2, 6


@contextmanager
def opening(given: Given) -> Iterator[Contest]:
    """The hosts behind the server that takes its time."""
    delay_s = Options().per_host_delay_s
    title = (
        f"{given.polite_hosts:,} hosts of {PAGES} pages of {PAGE_KB} KB that answer after "
        f"{LATENCY_MS[0]} to {LATENCY_MS[1]} ms, {delay_s} s between two requests to a host"
    )
    if not given.slow:
        print(NO_SERVER)
        yield Contest(title, {})
        return
    with slow_sites(given.slow, given.polite_hosts, PAGES, PAGE_KB, LATENCY_MS) as port:
        hosts = bench_hosts(given.polite_hosts)
        crawl = Crawl(hosts, PAGES, len(hosts) * PAGES, port, delay_s=delay_s)
        yield Contest(title, contestants(crawl, given))


WORK = Work(
    name="polite",
    opening=opening,
    columns={
        "pages/s": "pages_per_second",
        "seconds": "seconds",
        "CPU s per 1,000": "cpu_s_per_1000",
        "peak MB": "peak_mb",
    },
    picture="pages_per_second",
)
