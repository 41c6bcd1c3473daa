"""Processes that read pages: what they give, and what becomes of pages that kill them."""

import asyncio
import errno
import gzip
import os
import resource
import signal
import socket
from collections import deque
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from skybatch.crawl.fetcher import FetchError
from skybatch.crawl.in_hand import Page, Process
from skybatch.crawl.reader import ReadingFailed
from skybatch.crawl.reading_pool import ReadingPool, reading_pool
from skybatch.crawl.room import LARGE
from skybatch.crawl.url import split
from skybatch.extract.reading import read
from skybatch.model.clock import SystemClock
from skybatch.model.facts import RawPage
from skybatch.model.own import Additions, OwnField
from skybatch.model.reason import Reason
from tests.extract.pages import raw
from tests.until import until

PAGE = raw(
    b"<title>Shop</title><a href=/a>A</a> <a href='mailto:info@shop.example'>mail</a>",
    url="http://shop.example/",
)
SLOW = replace(PAGE, body=b"<title>Slow", url="http://slow.example/")
HEAVY = replace(PAGE, body=b"<title>Heavy")
# No page is known that takes so long; a bug in a parser may well be.
ENDLESS = """
import time
from skybatch.extract import metadata
title = metadata.title
def slow(document):
    found = title(document)
    while found == "Slow":
        pass
    until = time.process_time() + 0.3 * (found == "Heavy")
    while time.process_time() < until:
        pass
    return found
metadata.title = slow
"""


@pytest.fixture(autouse=True)
def slow_title(tmp_path, monkeypatch):
    """Processes for which the title of SLOW has no end."""
    (tmp_path / "sitecustomize.py").write_text(ENDLESS)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")


async def ask(pool: ReadingPool, raw: RawPage):
    return await pool(raw, nullcontext())


def children() -> set[int]:
    text = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return set(map(int, text.split()))


def resident(pid: int) -> int:
    """Bytes of memory that a process has in use."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


async def test_a_page_read_by_a_process_reads_the_same():
    async with reading_pool(2, SystemClock()) as pool:
        assert await ask(pool, PAGE) == read(PAGE)


async def test_what_the_user_adds_is_looked_for_in_every_process():
    added = Additions((OwnField("loud", "b"),))
    async with reading_pool(2, SystemClock(), added) as pool:
        readings = await asyncio.gather(*(ask(pool, raw(b"<b>x</b>")) for _ in range(8)))
    assert [reading.facts.custom for reading in readings] == [{"loud": ("x",)}] * 8


async def test_many_pages_come_back_to_whom_they_belong():
    pages = [
        replace(PAGE, body=b"<title>%d</title>" % n + b"x" * (n * 97 % 90_000)) for n in range(300)
    ]
    async with reading_pool(2, SystemClock()) as pool:
        readings = await asyncio.gather(*(ask(pool, page) for page in pages))
    assert [reading.facts.title for reading in readings] == [str(n) for n in range(300)]


async def test_a_page_that_takes_too_long_is_too_complex_and_those_beside_it_are_read():
    async with reading_pool(1, SystemClock()) as pool:
        slow, *others = await asyncio.gather(
            ask(pool, SLOW), *(ask(pool, PAGE) for _ in range(20)), return_exceptions=True
        )
        assert isinstance(slow, FetchError)
        assert slow.reason is Reason.TOO_COMPLEX
        assert "2 s of the processor" in slow.detail
        assert [other.facts.title for other in others] == ["Shop"] * 20


async def test_pages_that_end_their_processes_make_no_other_page_wait():
    """Each death doubled the time until the next process started, up to 30 s."""
    async with reading_pool(1, SystemClock()) as pool:
        with capture_logs() as logs:
            for _ in range(2):
                with pytest.raises(FetchError):
                    await ask(pool, SLOW)
            await ask(pool, PAGE)
    assert [line for line in logs if line["event"] == "reading.process_missing"] == []


async def test_a_process_that_is_killed_costs_no_page():
    before = children()
    async with reading_pool(1, SystemClock()) as pool:
        await ask(pool, PAGE)
        (pid,) = children() - before
        asking = [asyncio.create_task(ask(pool, PAGE)) for _ in range(50)]
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        readings = await asyncio.gather(*asking)
    assert len(readings) == 50


async def test_what_kills_its_process_twice_is_too_complex():
    before = children()
    async with reading_pool(1, SystemClock()) as pool:
        await ask(pool, PAGE)
        asking = asyncio.create_task(ask(pool, SLOW))
        for _ in range(2):
            await until(lambda: any(process.pages for process in pool._processes))
            (pid,) = children() - before
            os.kill(pid, signal.SIGKILL)
            await until(lambda gone=pid: gone not in children())
        with pytest.raises(FetchError, match="the process that reads it dies"):
            await asking


async def test_an_answer_that_does_not_fit_into_memory_is_too_complex():
    """Sitemaps of fifty thousand long URLs ended both processes again and again, for minutes."""
    urls = b"".join(b"<url><loc>http://shop.example/%d%s</loc></url>" % (n, b"x" * 2_000)
                    for n in range(3_000))  # fmt: skip
    huge = replace(PAGE, body=b"<urlset>" + urls + b"</urlset>", is_sitemap=True, max_bytes=10**8)
    async with reading_pool(1, SystemClock()) as pool:
        assert len((await ask(pool, huge)).links) == 3_000
        assert (await ask(pool, PAGE)).facts.title == "Shop"


async def test_a_host_whose_pages_take_long_goes_behind_the_others():
    """Twenty sites of cheap bombs, 1 KB on the wire, kept a healthy one waiting for 50 s."""
    heavy = b"<title>Heavy</title>" + b"<div>" * 2_900 + b"<a href=/x>y</a>" * 60_000
    page = replace(PAGE, body=gzip.compress(heavy), content_encoding="gzip",
                   url="http://heavy.example/", max_bytes=10**7)  # fmt: skip
    async with reading_pool(1, SystemClock()) as pool:
        assert not pool._is_slow(
            Page(page, split(page.url).host, asyncio.get_running_loop().create_future())
        )
        await ask(pool, page)
        await ask(pool, PAGE)
        assert "heavy.example" in pool._slow_hosts
        assert split(PAGE.url).host not in pool._slow_hosts


async def test_three_hosts_whose_pages_take_long_hold_nobody_else_up():
    """While one of them was read the next had waited for long enough to go before all others."""
    async with reading_pool(2, SystemClock()) as pool:
        pages = [replace(HEAVY, url=f"http://{number}.example/") for number in range(3)]
        await asyncio.gather(*(ask(pool, page) for page in pages))
        heavy = [asyncio.create_task(ask(pool, page)) for page in pages * 6]
        await until(lambda: heavy[1].done())  # by now the others have waited for long
        for _ in range(20):
            await ask(pool, PAGE)
        assert sum(task.done() for task in heavy) < 9
        for task in heavy:
            task.cancel()


async def test_a_large_page_behind_one_that_nobody_waits_for_is_read():
    large = replace(PAGE, body=PAGE.body + b"<p>x" * LARGE)
    async with reading_pool(1, SystemClock()) as pool:
        await ask(pool, PAGE)
        first, second, third = (asyncio.create_task(ask(pool, large)) for _ in range(3))
        await asyncio.sleep(0)
        second.cancel()
        await first
        async with asyncio.timeout(10):
            await third


async def test_a_page_that_needs_a_process_for_itself_gets_one_though_others_come():
    large = replace(PAGE, body=PAGE.body + b"x" * (1100 * 1024))
    small = replace(PAGE, body=PAGE.body + b"<p>some text <a href=/b>b</a>" * 700)
    async with reading_pool(1, SystemClock()) as pool:
        await ask(pool, PAGE)

        async def lane(number: int) -> None:
            while True:
                await ask(pool, replace(small, url=f"http://h{number}.example/"))

        lanes = [asyncio.create_task(lane(number)) for number in range(40)]
        try:
            async with asyncio.timeout(15):
                await ask(pool, large)
        finally:
            for each in lanes:
                each.cancel()


BROKEN = """
from skybatch.extract import metadata
title = metadata.title
def broken(document):
    found = title(document)
    return found if found == "Shop" else 1 / 0
metadata.title = broken
"""


async def test_an_exception_in_a_process_is_a_bug_with_its_traceback(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(BROKEN)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    async with reading_pool(1, SystemClock()) as pool:
        with pytest.raises(ReadingFailed, match="ZeroDivisionError"):
            await ask(pool, replace(PAGE, body=b"<title>Other"))
        assert (await ask(pool, PAGE)).facts.title == "Shop"


async def test_processes_start_when_they_are_needed_and_end_with_the_pool():
    before = children()
    async with reading_pool(2, SystemClock()) as pool:
        for _ in range(5):
            await ask(pool, PAGE)
        assert len(children() - before) == 1
        await asyncio.gather(*(ask(pool, PAGE) for _ in range(5)))
        await until(lambda: len(children() - before) == 2)
    assert children() == before


async def test_a_slow_page_makes_a_process_start_for_those_behind_it():
    before = children()
    async with reading_pool(2, SystemClock()) as pool:
        large = replace(PAGE, body=PAGE.body + b"x" * (LARGE + 1))
        await ask(pool, PAGE)
        await asyncio.gather(ask(pool, large), ask(pool, PAGE))
        await until(lambda: len(children() - before) == 2)


async def test_a_process_that_the_system_refuses_is_asked_for_again(monkeypatch):
    refusals = [OSError(errno.EMFILE, "Too many open files")]
    make = socket.socketpair

    def pair():
        if refusals:
            raise refusals.pop()
        return make()

    monkeypatch.setattr(socket, "socketpair", pair)
    with capture_logs() as logs:
        async with reading_pool(1, SystemClock()) as pool:
            assert (await ask(pool, PAGE)).facts.title == "Shop"
    (told,) = logs
    assert (told["event"], told["why"]) == (
        "reading.process_missing",
        "[Errno 24] Too many open files",
    )
    assert "exc_info" not in told


async def test_a_page_that_nobody_waits_for_any_more_is_dropped():
    async with reading_pool(1, SystemClock()) as pool:
        asking = asyncio.create_task(ask(pool, SLOW))
        await asyncio.sleep(0)
        asking.cancel()
        assert (await ask(pool, PAGE)).facts.title == "Shop"


GREEDY = """
from skybatch.extract import metadata
title = metadata.title
def greedy(document):
    found = title(document)
    return found if found == "Shop" else "x" * 300_000_000
metadata.title = greedy
"""


async def test_a_page_that_wants_too_much_memory_is_too_complex(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(GREEDY)
    async with reading_pool(1, SystemClock()) as pool:
        with pytest.raises(FetchError, match="memory"):
            await ask(pool, replace(PAGE, body=b"<title>Other"))
        assert (await ask(pool, PAGE)).facts.title == "Shop"


async def test_a_page_that_the_parser_has_no_memory_for_is_too_complex():
    row = b"<a href='/%d' title=a b c d e f g>x</a>"
    page = replace(PAGE, body=b"".join(row % number for number in range(60_000)))
    async with reading_pool(1, SystemClock()) as pool:
        with pytest.raises(FetchError) as failed:
            await ask(pool, page)
    assert failed.value.reason is Reason.TOO_COMPLEX


async def test_large_pages_are_read_by_one_process_at_a_time():
    large = replace(PAGE, body=PAGE.body + b"x" * 2 * LARGE)
    async with reading_pool(2, SystemClock()) as pool:
        await asyncio.gather(*(ask(pool, PAGE) for _ in range(5)))
        await until(lambda: len(pool._processes) == 2)
        asking = [asyncio.create_task(ask(pool, large)) for _ in range(4)]
        await asyncio.sleep(0)
        assert sorted(len(process.pages) for process in pool._processes) == [0, 1]
        assert (await ask(pool, PAGE)).facts.title == "Shop"
        assert len(await asyncio.gather(*asking)) == 4


async def test_a_small_body_that_holds_much_is_read_alone():
    """Two bombs at a time take twice the memory."""
    bomb = replace(PAGE, body=gzip.compress(b"<p>x" * 700_000), content_encoding="gzip")
    async with reading_pool(2, SystemClock()) as pool:
        asking = [asyncio.create_task(ask(pool, bomb)) for _ in range(3)]
        await until(lambda: any(map(len, (process.pages for process in pool._processes))))
        while not all(task.done() for task in asking):
            in_hand = [page for process in pool._processes for page in process.pages]
            assert sum(page.holds_much for page in in_hand) < 2
            await asyncio.sleep(0.001)
        assert [task.result().size for task in asking] == [2_800_000] * 3


async def test_a_process_that_has_read_large_pages_is_small_again_and_reads_on():
    term = b"<dt id=a%d class=b>%d<dd title=%d>text %d"
    terms = b"".join(term % (n, n, n, n) for n in range(40_000))
    before = children()
    async with reading_pool(1, SystemClock()) as pool:
        (pid,) = children() - before
        for _ in range(3):
            await ask(pool, replace(PAGE, body=terms))
            await ask(pool, PAGE)
        assert resident(pid) < 56 * 1024 * 1024
        assert children() - before == {pid}


async def test_a_suspect_is_not_blamed_for_a_process_that_ends_by_itself():
    """A process that has grown answers and ends; meanwhile it may be given the next one."""
    pool = ReadingPool(SystemClock(), Additions())
    answer = asyncio.get_running_loop().create_future()
    suspect = Page(PAGE, "shop.example", answer, is_suspect=True)
    pool._mourn(Process(channel=None, pid=0, pages=deque([suspect])), by_signal=0)
    assert list(pool._slow) == [suspect]
    assert suspect.is_suspect
    assert suspect.is_wanted
    pool._mourn(Process(channel=None, pid=0, pages=deque([suspect])), by_signal=signal.SIGKILL)
    with pytest.raises(FetchError):
        answer.result()


def test_a_suspect_shares_a_process_with_nobody():
    process = Process(channel=None, pid=0)
    suspect, other = (Page(PAGE, "shop.example", None, is_suspect=each) for each in (True, False))
    assert process.takes(suspect)
    process.pages.append(other)
    assert process.takes(other)
    assert not process.takes(suspect)
    process.pages[0] = suspect
    assert not process.takes(other)
