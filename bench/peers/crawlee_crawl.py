"""The same work by Crawlee, with the same extraction and its own storage in files or in SQLite.

`python crawlee_crawl.py HOSTS PORT PAGES FOLDER files|sql`. Runs on its own, in an environment that
has Crawlee and skybatch. The sample sites are asked as a proxy would be.
"""

import asyncio
import logging
import os
import sys
from collections import Counter
from pathlib import Path

HOSTS, PORT, PAGES, FOLDER, KIND = sys.argv[1:]
os.environ["CRAWLEE_STORAGE_DIR"] = str(Path(FOLDER) / "storage")
os.environ["CRAWLEE_LOG_LEVEL"] = "ERROR"
# Its own measure of the machine would slow it down: the server of the sites shares the two cores.
os.environ["CRAWLEE_MAX_USED_CPU_RATIO"] = "1.0"

import msgspec  # noqa: E402
from crawlee import ConcurrencySettings, Request  # noqa: E402
from crawlee.crawlers import HttpCrawler, HttpCrawlingContext  # noqa: E402
from crawlee.proxy_configuration import ProxyConfiguration  # noqa: E402
from crawlee.storage_clients import FileSystemStorageClient, SqlStorageClient  # noqa: E402
from extraction import reading  # noqa: E402


async def main(hosts: list[str], budget: int) -> None:
    """Crawl, and say how many pages were stored."""
    logging.disable(logging.WARNING)
    database = f"sqlite+aiosqlite:///{FOLDER}/crawlee.db"
    storage = (
        SqlStorageClient(connection_string=database) if KIND == "sql" else FileSystemStorageClient()
    )
    crawler = HttpCrawler(
        storage_client=storage,
        concurrency_settings=ConcurrencySettings(
            min_concurrency=50, desired_concurrency=200, max_concurrency=400
        ),
        proxy_configuration=ProxyConfiguration(proxy_urls=[f"http://127.0.0.1:{PORT}"]),
        max_request_retries=0,
        respect_robots_txt_file=True,
        configure_logging=False,
    )
    asked, seen, stored = Counter[str](), set[str](), 0

    def ask(url: str, host: str) -> Request:
        asked[host] += 1
        seen.add(url)
        return Request.from_url(url, user_data={"host": host})

    @crawler.router.default_handler
    async def handle(context: HttpCrawlingContext) -> None:
        nonlocal stored
        host = str(context.request.user_data["host"])
        answer = context.http_response
        body = await answer.read()
        found = reading(context.request.url, body, answer.headers.get("content-type"))
        await context.push_data(
            {"url": context.request.url, "facts": msgspec.to_builtins(found.facts)}
        )
        wanted = []
        for link in found.links:
            is_new = link.url.startswith(f"http://{host}/") and link.url not in seen
            if is_new and asked[host] < budget:
                wanted.append(ask(link.url, host))
        if wanted:
            await context.add_requests(wanted)
        stored += 1

    await crawler.run([ask(f"http://{host}/", host) for host in hosts])
    sys.stdout.write(f"{stored}\n")


if __name__ == "__main__":
    asyncio.run(main(Path(HOSTS).read_text().split(), int(PAGES)))
