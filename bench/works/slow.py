"""Slow answers: the same hosts, each URL late by a time of its own, two hundred asked at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench.contest import Contest, Contestant, Given, Work
from bench.crawls import Crawl, scrapy, skybatch
from bench.slow import NO_SERVER, slow_sites
from skybatch.demo.sites import bench_hosts

LATENCY_MS = (20, 400)
AT_A_TIME = 200  # requests: half as many workers with two each


@contextmanager
def opening(given: Given) -> Iterator[Contest]:
    """The sites behind the server that takes its time."""
    title = (
        f"{given.hosts} hosts of {given.pages} pages of {given.page_kb} KB that answer after "
        f"{LATENCY_MS[0]} to {LATENCY_MS[1]} ms, {AT_A_TIME} requests at a time"
    )
    if not given.slow:
        print(NO_SERVER)
        yield Contest(title, {})
        return
    with slow_sites(given.slow, given.hosts, given.pages, given.page_kb, LATENCY_MS) as port:
        total = given.hosts * given.pages
        hosts = bench_hosts(given.hosts)
        crawl = Crawl(hosts, given.pages, total, port, workers=AT_A_TIME // 2)
        yield Contest(title, contestants(crawl, given))


def contestants(crawl: Crawl, given: Given) -> dict[str, Contestant]:
    """The daemon, everything on the disk, and Scrapy with its frontier in memory."""
    found = {"skybatch": skybatch(crawl)}
    if given.peers:
        found["scrapy"] = scrapy(crawl, given.peers)
    return found


WORK = Work(
    name="slow-answers",
    opening=opening,
    columns={
        "pages/s": "pages_per_second",
        "CPU s per 1,000": "cpu_s_per_1000",
        "peak MB": "peak_mb",
    },
    picture="pages_per_second",
)
