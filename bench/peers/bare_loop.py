"""A hand-written loop as a measure: what one core gives with nothing but the frontier on the disk.

`python bare_loop.py HOSTS PORT PAGES FOLDER`, as the other peers. aiohttp, selectolax and a few
regular expressions; robots.txt is asked for and heeded by its simplest lines; the frontier and the
facts are committed ten times a second. No guards, no retries, no politeness, no API.
"""

import asyncio
import json
import re
import socket
import sqlite3
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from selectolax.lexbor import LexborHTMLParser

PER_HOST = 2
COMMIT_S = 0.1
MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
PHONE = re.compile(r"(?:\+|\b00)[1-9][\d ()/.-]{6,18}\d")
SOCIAL = ("linkedin.com", "facebook.com", "instagram.com", "x.com", "twitter.com", "youtube.com")


class Here(AbstractResolver):
    """Every name is the server of the sample sites."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=self._port, family=family, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Nothing is open."""


class Store:
    """A durable frontier and the facts of pages."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE frontier (url TEXT PRIMARY KEY, done INT NOT NULL DEFAULT 0);"
            "CREATE TABLE page (url TEXT PRIMARY KEY, facts TEXT NOT NULL);"
        )
        self.found: list[tuple[str]] = []
        self.read: list[tuple[str, str]] = []

    async def commit(self) -> None:
        found, self.found = self.found, []
        read, self.read = self.read, []
        if found or read:
            await asyncio.to_thread(self._write, found, read)

    def _write(self, found: list[tuple[str]], read: list[tuple[str, str]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT OR IGNORE INTO frontier (url) VALUES (?)", found)
        self._db.executemany("INSERT INTO page VALUES (?, ?)", read)
        self._db.executemany("UPDATE frontier SET done = 1 WHERE url = ?", [(u,) for u, _ in read])
        self._db.execute("COMMIT")

    def count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM page").fetchone()[0])


def read(url: str, html: str) -> tuple[str, list[str]]:
    """The facts of a page as JSON, and its links."""
    tree = LexborHTMLParser(html)
    links, profiles, mails, phones = [], [], set(), set()
    for node in tree.css("a[href]"):
        href = node.attributes["href"] or ""
        if href.startswith("mailto:"):
            mails.add(href[7:].partition("?")[0])
        elif href.startswith("tel:"):
            phones.add(href[4:])
        elif not href.startswith(("#", "javascript:")):
            link = urljoin(url, href).partition("#")[0]
            links.append(link)
            if any(name in link for name in SOCIAL):
                profiles.append(link)
    title, about = tree.css_first("title"), tree.css_first("meta[name=description]")
    text = tree.body.text(separator=" ") if tree.body else ""
    mails.update(MAIL.findall(text) if "@" in text else ())
    phones.update(PHONE.findall(text))
    root = tree.css_first("html")
    facts = {
        "title": title.text(strip=True) if title else None,
        "description": about.attributes.get("content") if about else None,
        "language": root.attributes.get("lang") if root else None,
        "emails": sorted(mails),
        "phones": sorted(phones),
        "social": profiles,
        "links": len(links),
    }
    return json.dumps(facts), links


async def forbidden(session: aiohttp.ClientSession, host: str) -> tuple[str, ...]:
    """The paths that robots.txt forbids to everybody."""
    async with session.get(f"http://{host}/robots.txt") as answer:
        if answer.status != 200:
            return ()
        lines = [line.partition(":") for line in (await answer.text()).splitlines()]
    paths, is_ours = [], False
    for name, _, value in lines:
        if name.strip().lower() == "user-agent":
            is_ours = value.strip() == "*"
        elif is_ours and name.strip().lower() == "disallow" and value.strip():
            paths.append(value.strip())
    return tuple(paths)


async def crawl(session: aiohttp.ClientSession, store: Store, host: str, budget: int) -> None:
    """One site, breadth first, `PER_HOST` requests at a time."""
    paths = await forbidden(session, host)
    start = f"http://{host}/"
    seen, queue, asked = {start}, deque([start]), 0
    store.found.append((start,))
    running: set[asyncio.Task[list[str]]] = set()

    async def fetch(url: str) -> list[str]:
        async with session.get(url) as answer:
            facts, links = read(url, await answer.text())
        store.read.append((url, facts))
        return links

    while queue or running:
        while queue and len(running) < PER_HOST and asked < budget:
            running.add(asyncio.create_task(fetch(queue.popleft())))
            asked += 1
        if not running:
            return
        done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for link in (link for task in done for link in task.result()):
            if urlsplit(link).netloc != host or link in seen:
                continue
            if link.removeprefix(f"http://{host}").startswith(paths or "\0"):
                continue
            seen.add(link)
            queue.append(link)
            store.found.append((link,))


async def main(hosts: list[str], port: int, pages: int, store: Store) -> None:
    """Crawl all sites at once."""
    connector = aiohttp.TCPConnector(limit=400, resolver=Here(port))
    async with aiohttp.ClientSession(connector=connector) as session:
        ended = asyncio.Event()

        async def keep() -> None:
            while not ended.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), COMMIT_S)
                await store.commit()

        keeping = asyncio.create_task(keep())
        await asyncio.gather(*(crawl(session, store, host, pages) for host in hosts))
        ended.set()  # not cancelled: pages of a commit under way would be counted too early
        await keeping


if __name__ == "__main__":
    kept = Store(Path(sys.argv[4]) / "bare.db")
    asyncio.run(
        main(Path(sys.argv[1]).read_text().split(), int(sys.argv[2]), int(sys.argv[3]), kept)
    )
    sys.stdout.write(f"{kept.count()}\n")
