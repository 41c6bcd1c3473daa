"""The same work by Scrapy, with the same extraction.

`python scrapy_crawl.py HOSTS PORT PAGES FOLDER`: HOSTS is a file with a host in each line; PORT is
that of the sample sites, which Scrapy asks as it would a proxy. The frontier is kept in a JOBDIR,
so that a crawl can go on after an end; the items go to a file of JSON lines. Runs on its own, in an
environment that has Scrapy and skybatch.
"""

import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import scrapy
from extraction import reading
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

SETTINGS = {
    "ROBOTSTXT_OBEY": True,
    "CONCURRENT_REQUESTS": 400,  # as 200 workers with two requests per host
    "CONCURRENT_REQUESTS_PER_DOMAIN": 2,
    "DOWNLOAD_DELAY": 0,
    "COOKIES_ENABLED": False,
    "RETRY_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "LOG_LEVEL": "ERROR",
    "DNSCACHE_SIZE": 10_000,
    "REACTOR_THREADPOOL_MAXSIZE": 20,
    "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
}


class Companies(scrapy.Spider):
    """Breadth first, so many pages of each host."""

    name = "companies"

    def __init__(self, hosts: list[str], pages: int) -> None:
        super().__init__()
        self.hosts, self.pages = hosts, pages
        self.asked: Counter[str] = Counter()
        self.seen: set[str] = set()

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for host in self.hosts:
            yield self.ask(f"http://{host}/", host)

    def ask(self, url: str, host: str) -> scrapy.Request:
        self.asked[host] += 1
        self.seen.add(url)
        return scrapy.Request(url, meta={"host": host})

    def parse(self, response: Response) -> Iterator[scrapy.Request | dict[str, object]]:
        host = response.meta["host"]
        content_type = response.headers.get("Content-Type", b"").decode()
        found = reading(response.url, response.body, content_type)
        yield {"url": response.url, "facts": msgspec.to_builtins(found.facts)}
        for link in found.links:
            is_wanted = link.url.startswith(f"http://{host}/") and link.url not in self.seen
            if is_wanted and self.asked[host] < self.pages:
                yield self.ask(link.url, host)


def main() -> None:
    """Crawl, and say how many pages were stored."""
    hosts, port, pages, folder = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    os.environ["http_proxy"] = f"http://127.0.0.1:{port}"  # for robots.txt, too
    items = folder / "items.jsonl"
    process = CrawlerProcess(
        {**SETTINGS, "JOBDIR": str(folder / "job"), "FEEDS": {items: {"format": "jsonlines"}}}
    )
    crawler = process.create_crawler(Companies)
    process.crawl(crawler, hosts=hosts.read_text().split(), pages=pages)
    process.start()
    sys.stdout.write(f"{sum(1 for _ in items.open('rb'))}\n")


if __name__ == "__main__":
    main()
