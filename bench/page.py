"""`make bench-page`: the page of a batch of 100,000 domains that is crawled while it is open.

* How long after a reload something is drawn, and how long until domains are.
* Frames while events come in, while somebody scrolls, and how long the next hundred domains take.
* What the page holds after each minute: bytes of JavaScript, nodes, listeners; garbage collected.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

from bench.daemon import started
from bench.figures import p99
from bench.latency import serving
from tests.e2e.process import DaemonProcess
from tests.web.conftest import CHROMIUM, QUIET, sign_in

JOBS, MINUTES = 100_000, 10
AT_A_TIME = 150  # domains, each of which takes some seconds: about fifty end in each
RELOADS, PARTS = 5, 10
# From the first to the last of the frames that are drawn meanwhile, in milliseconds.
FRAMES = """
  window.frames_ms = [];
  let last = performance.now();
  const draw = (now) => {
    window.frames_ms.push(now - last);
    last = now;
    window.drawing = requestAnimationFrame(draw);
  };
  window.drawing = requestAnimationFrame(draw);
"""
STOP = "cancelAnimationFrame(window.drawing), window.frames_ms.slice(1)"
# When the first domain stood in the table, by the clock of the page.
ROW = "main tbody tr a[href^='#/job/']"
FIRST_ROW = f"""
  const look = () => {{
    const row = document.querySelector("{ROW}");
    if (row === null) requestAnimationFrame(look);
    else window.first_row = performance.now();
  }};
  look();
"""
# From the click to the frame in which another domain is the first.
NEXT_PART = """(row) => new Promise((resolve) => {
  const first = () => document.querySelector(row).textContent;
  const before = first(), began = performance.now();
  const look = () => {
    if (first() === before) requestAnimationFrame(look);
    else resolve(performance.now() - began);
  };
  document.querySelector("nav.pager button:last-child").click();
  look();
})"""


@dataclass(frozen=True)
class Held:
    """What a page holds once its garbage is collected."""

    mb: float
    nodes: int
    listeners: int

    def __str__(self) -> str:
        return f"{self.mb:.2f} MB, {self.nodes:,} nodes, {self.listeners} listeners"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="bench.page")
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--minutes", type=int, default=MINUTES)
    given = parser.parse_args()
    with opened(given.jobs) as (page, daemon, batch_id):
        measure(page, daemon, batch_id, given.minutes)


@contextmanager
def opened(jobs: int) -> Iterator[tuple[Page, DaemonProcess, str]]:
    """A browser that is signed in, before a daemon that crawls."""
    with (
        tempfile.TemporaryDirectory(prefix="skybatch-bench-") as folder,
        serving() as port,
        started(Path(folder), f'[fetch]\nconnect_to = {{"*:80" = "127.0.0.1:{port}"}}') as found,
        sync_playwright() as playwright,
    ):
        daemon, _ = found
        domains = [f"http://slow{number}.example" for number in range(jobs)]
        batch_id = daemon.submit(domains, max_pages=1, max_concurrent_jobs=AT_A_TIME)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(FIRST_ROW)
        sign_in(page, daemon)
        yield page, daemon, batch_id
        browser.close()


def measure(page: Page, daemon: DaemonProcess, batch_id: str, minutes: int) -> None:
    """All figures, one after the other."""
    page.goto(f"{daemon.url}/#/batch/{batch_id}")
    paints, rows = zip(*(reloaded(page) for _ in range(RELOADS)), strict=True)
    for what, found in (("first paint", paints), ("domains", rows)):
        print(f"{what} {statistics.median(found):.0f} ms after a reload, at most {max(found):.0f}")
    print(f"frames while events come in: {frames(page, lambda: page.wait_for_timeout(10_000))}")
    print(f"frames while somebody scrolls: {frames(page, lambda: scroll(page))}")
    print(f"the next hundred domains: {statistics.median(parts(page)):.0f} ms")
    page.goto(f"{daemon.url}/#/batch/{batch_id}")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    first = None
    for minute in range(minutes + 1):
        if minute:
            page.wait_for_timeout(60_000)
        seen = held(session)
        first = first or seen
        done = daemon.get(f"/batch/{batch_id}").json["completed_domains"]
        print(f"after {minute} min: {seen}; {done:,} domains complete", flush=True)
    print(f"grown by {seen.mb - first.mb:+.2f} MB and {seen.nodes - first.nodes:+,} nodes")


def reloaded(page: Page) -> tuple[float, float]:
    """Milliseconds to the first paint with content, and to the first domain."""
    page.reload()
    page.locator(ROW).first.wait_for()
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    return page.evaluate(paint), page.evaluate("window.first_row")


def frames(page: Page, action: Callable[[], None]) -> str:
    """What a user would feel while something is done."""
    page.evaluate(FRAMES)
    action()
    found = page.evaluate(STOP)
    late = sum(each > 50 for each in found)
    return (
        f"{len(found)}, median {statistics.median(found):.1f} ms, p99 {p99(found):.1f}, "
        f"longest {max(found):.0f}, {late} over 50"
    )


def scroll(page: Page) -> None:
    """Down and up with the wheel."""
    page.mouse.move(600, 400)
    for step in range(100):
        page.mouse.wheel(0, 120 if step < 50 else -120)
        page.wait_for_timeout(50)


def parts(page: Page) -> list[float]:
    """Milliseconds until another part of the list stands there."""
    return [page.evaluate(NEXT_PART, ROW) for _ in range(PARTS)]


def held(session: CDPSession) -> Held:
    """After two collections: what the first one frees may hold more."""
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    metrics = {
        each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]
    }
    return Held(usage["usedSize"] / 1e6, int(metrics["Nodes"]), int(metrics["JSEventListeners"]))


if __name__ == "__main__":
    main()
