"""`make bench-extract`: what reading a page costs, against parsing it alone, in one process.

* Pages that others wrote: the documentation of Python (Debian's python3-doc), and the packages that
  `make quality` keeps, if they are there.
* Pages of the companies that `skybatch demo` makes up.

Parsing alone is the decoded text through lexbor, and nothing else.
"""

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from bench.figures import p99
from skybatch.demo.sites import sites
from skybatch.extract import charset
from skybatch.extract.reading import read
from skybatch.model.facts import RawPage
from tests.quality.packages import KEPT

DOCUMENTATION = Path("/usr/share/doc/python3-doc/html").resolve()
MOST = 500  # pages of a set
MAX_BYTES = 2 * 1024 * 1024


def main() -> None:
    """Print a line for each set."""
    print("| pages | number | KB | parsing, ms | reading, ms | of parsing | p99, ms |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, bodies in (
        ("documentation of Python", _files(DOCUMENTATION)),
        ("of packages that others wrote", _files(KEPT)),
        ("companies made up", _companies()),
    ):
        pages = [_raw(body) for body in bodies]
        if pages:
            print(_line(name, pages))


def _line(name: str, pages: list[RawPage]) -> str:
    for page in pages[:50]:  # tables are read, patterns compiled
        read(page)
    parsing = [_timed(_parse, page) for page in pages]
    reading = [_timed(read, page) for page in pages]
    size = statistics.mean(len(page.body) for page in pages) / 1_000
    ratio = statistics.median(two / one for one, two in zip(parsing, reading, strict=True))
    return (
        f"| {name} | {len(pages)} | {size:.0f} | {statistics.median(parsing):.2f} "
        f"| {statistics.median(reading):.2f} | {ratio:.1f} | {p99(reading):.1f} |"
    )


def _timed(action: Callable[[RawPage], object], page: RawPage) -> float:
    """Milliseconds of the processor, the less of two times."""
    times = []
    for _ in range(2):
        began = time.process_time()
        action(page)
        times.append(1_000 * (time.process_time() - began))
    return min(times)


def _parse(page: RawPage) -> None:
    html, _ = charset.decode(page.body, page.content_type, "example")
    LexborHTMLParser(html, options=LexborDocumentOptions.WO_EVENTS)


def _files(folder: Path) -> Iterator[bytes]:
    files = sorted(folder.rglob("*.html"))
    step = max(1, len(files) // MOST)
    return (file.read_bytes() for file in files[::step])


def _companies() -> Iterable[bytes]:
    for resources in sites(50, pages=10).values():
        yield from (each.body for each in resources.values() if b"<html" in each.body[:200])


def _raw(body: bytes) -> RawPage:
    return RawPage(
        url="https://www.company.example/",
        body=body[:MAX_BYTES],
        content_type="text/html; charset=utf-8",
        content_encoding=None,
        language=None,
        was_cut=False,
        max_bytes=MAX_BYTES,
    )


if __name__ == "__main__":
    main()
