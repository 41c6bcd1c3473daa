"""The same work by Scrapy, with the same extraction.

`python scrapy_crawl.py HOSTS PORT PAGES FOLDER [NAME=VALUE …]`: HOSTS is a file with a host in each
line, or one with the path of its start page; PORT is that of the sample sites, which Scrapy asks as
it would a proxy; NAME is a setting of Scrapy, or `JOBDIR=yes` to keep the frontier in FOLDER, so
that a crawl can go on after an end. The items go to a file of JSON lines. Runs on its own, in an
environment that has Scrapy and skybatch.
"""

import os
import sys
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from posixpath import splitext
from urllib.parse import urlsplit

import msgspec
import scrapy
from extraction import reading
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.http import HtmlResponse, Response
from scrapy.linkextractors import IGNORED_EXTENSIONS
from twisted.python.failure import Failure

SETTINGS = {
    "ROBOTSTXT_OBEY": True,
    "CONCURRENT_REQUESTS": 400,  # as 200 workers with two requests per host
    "CONCURRENT_REQUESTS_PER_DOMAIN": 2,
    "DOWNLOAD_DELAY": 0,
    "RANDOMIZE_DOWNLOAD_DELAY": False,
    "COOKIES_ENABLED": False,
    "RETRY_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "LOG_LEVEL": "ERROR",
    "DNSCACHE_SIZE": 10_000,
    "REACTOR_THREADPOOL_MAXSIZE": 20,
    "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
    "DOWNLOAD_HANDLERS": {"http": f"{__name__}.ManyConnections"},
}
NO_PAGES = frozenset(IGNORED_EXTENSIONS) | {"txt", "xml", "json", "js"}


class ManyConnections(HTTP11DownloadHandler):
    """Scrapy keeps as many connections to a server as it may ask at a time. All hosts are one
    server to it here, its proxy: it would connect anew for nearly every page."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool.maxPersistentPerHost = crawler.settings.getint("CONCURRENT_REQUESTS")


class Companies(scrapy.Spider):
    """Breadth first, so many pages of each host; what is no page is made up for by another link."""

    name = "companies"

    def __init__(self, starts: list[str], pages: int) -> None:
        super().__init__()
        self.starts, self.pages = starts, pages
        self.asked: Counter[str] = Counter()  # requests that gave a page, or still may
        self.seen: set[str] = set()
        self.waiting: defaultdict[str, deque[str]] = defaultdict(deque)

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for start in self.starts:
            host, slash, path = start.partition("/")
            url = f"http://{host}{slash or '/'}{path}"
            self.seen.add(url)
            yield self.ask(url, host)

    def ask(self, url: str, host: str) -> scrapy.Request:
        self.asked[host] += 1
        return scrapy.Request(url, meta={"host": host}, errback=self.failed, dont_filter=True)

    def parse(self, response: Response) -> Iterator[scrapy.Request | dict[str, object]]:
        host = response.meta["host"]
        final = response.url
        if final != response.request.url or response.meta.get("redirect_urls"):
            self.seen.add(final)
        if not isinstance(response, HtmlResponse):
            self.asked[host] -= 1
        else:
            content_type = response.headers.get("Content-Type", b"").decode()
            found = reading(final, response.body, content_type)
            facts = msgspec.to_builtins(found.facts)
            yield {"url": final, "bytes": len(response.body), "facts": facts}
            for link in found.links:
                url = link.url
                if url in self.seen or not url.startswith(f"http://{host}/"):
                    continue
                if splitext(urlsplit(url).path)[1][1:].lower() not in NO_PAGES:
                    self.seen.add(url)
                    self.waiting[host].append(url)
        yield from self.more(host)

    def failed(self, failure: Failure) -> Iterator[scrapy.Request]:
        host = failure.request.meta["host"]
        self.asked[host] -= 1
        yield from self.more(host)

    def more(self, host: str) -> Iterator[scrapy.Request]:
        waiting = self.waiting[host]
        while waiting and self.asked[host] < self.pages:
            yield self.ask(waiting.popleft(), host)


def main() -> None:
    """Crawl, and say how many bytes were read, and how many pages stored."""
    hosts, port, pages, folder = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    os.environ["http_proxy"] = f"http://127.0.0.1:{port}"  # for robots.txt, too
    items = folder / "items.jsonl"
    given = dict(argument.split("=", 1) for argument in sys.argv[5:])
    if given.pop("JOBDIR", ""):
        given["JOBDIR"] = str(folder / "job")
    process = CrawlerProcess({**SETTINGS, **given, "FEEDS": {items: {"format": "jsonlines"}}})
    crawler = process.create_crawler(Companies)
    process.crawl(crawler, starts=hosts.read_text().split(), pages=pages)
    process.start()
    stored = map(msgspec.json.decode, items.open("rb"))
    sizes = {each["url"]: each["bytes"] for each in stored}
    sys.stdout.write(f"{sum(sizes.values())} {len(sizes)}\n")


if __name__ == "__main__":
    main()
