"""A million: taking it in, claiming from it, starting with it, giving it back."""

import csv
import io
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.claiming import claim_times
from bench.contest import Contest, Figures, Given, Work
from bench.daemon import started
from bench.filling import ROW_BYTES, fill
from bench.measure import Growth
from bench.probe import Probe, Question
from bench.streaming import names, read, send
from skybatch.store.opening import FILE
from tests.e2e.process import TOKEN

FEW = 1_000
PAGES = 10  # rows of each job
LISTED = 1_000  # jobs of one answer


@contextmanager
def opening(given: Given) -> Iterator[Contest]:
    """A folder for the databases; it wants room for some gigabytes."""
    with tempfile.TemporaryDirectory(prefix="bench-million-") as name:
        folder = Path(name)
        page_rows = _fitting(folder, given.page_rows)
        million = _Million(folder, given.domains, page_rows)
        title = (
            f"{given.domains:,} domains in one submission; then {page_rows:,} rows of pages in the "
            f"same database, which has {FEW:,} domains and {FEW * PAGES:,} rows beside it"
        )
        yield Contest(
            title,
            {
                "submission": million.submission,
                "claims": million.claims,
                "start-up": million.start_up,
                "listing": million.listing,
                "export": million.export,
            },
        )


def _fitting(folder: Path, wanted: int) -> int:
    """As many rows of pages as there is room for."""
    room = int(shutil.disk_usage(folder).free * 0.7) // ROW_BYTES
    if room < wanted:
        print(f"the disk has room for {room:,} rows of pages, {wanted:,} were wanted")
    return min(room, wanted)


class _Million:
    """The databases, and what is done with them."""

    def __init__(self, folder: Path, domains: int, page_rows: int) -> None:
        self._folder, self._domains, self._page_rows = folder, domains, page_rows
        self._kept: _Taken | None = None  # what the first submission made

    def submission(self) -> Figures:
        """A fresh daemon takes the list in; asked meanwhile whether it lives."""
        if self._kept is None:
            self._kept = _submitted(self._folder / "many", self._domains)
            return self._kept.figures
        folder = self._folder / "again"
        taken = _submitted(folder, self._domains)
        shutil.rmtree(folder)
        return taken.figures

    @cached_property
    def _many(self) -> tuple[Path, str]:
        """The database of the first submission, with its pages, and its batch."""
        taken = self._kept or _submitted(self._folder / "many", self._domains)
        return _filled(taken, self._page_rows)

    @cached_property
    def _few(self) -> tuple[Path, str]:
        """The same with few domains."""
        return _filled(_submitted(self._folder / "few", FEW), FEW * PAGES)

    def claims(self) -> Figures:
        """What the daemon does to claim one job, without the commit, beside few and many."""
        databases = {"few": self._few[0], "many": self._many[0]}
        times = claim_times({name: path / "data" for name, path in databases.items()})
        few_us, many_us = (statistics.median(times[name]) for name in ("few", "many"))
        return {
            "few_us": round(few_us, 1),
            "many_us": round(many_us, 1),
            "claim_ratio": round(many_us / few_us, 3),
        }

    def start_up(self) -> Figures:
        """From the start of the process until submissions are taken."""
        with started(self._many[0]) as (daemon, seconds):
            batch = daemon.get("/batch").json["items"][0]
        rows = self._page_rows // self._domains * self._domains
        if (batch["counts"]["pending"], batch["pages"]["fetched"]) != (self._domains, rows):
            raise SystemExit(f"not {self._domains} domains and {rows} pages: {batch}")
        return {"seconds": round(seconds, 2)}

    def listing(self) -> Figures:
        """All jobs of the batch, from cursor to cursor."""
        folder, batch_id = self._many
        times, seen, more = list[float](), 0, "&"
        with started(folder) as (daemon, _):
            growth = Growth(daemon.process.pid)
            while more:
                began = time.perf_counter()
                found = daemon.get(f"/batch/{batch_id}/jobs?limit={LISTED}{more}").json
                times.append(time.perf_counter() - began)
                seen += len(found["items"])
                more = f"&cursor={found['next_cursor']}" if found["next_cursor"] else ""
            grown_mb = growth.mb
        if seen != self._domains:
            raise SystemExit(f"{seen} jobs were listed, not {self._domains}")
        return {
            "seconds": round(sum(times), 1),
            "growth_mb": grown_mb,
            "first_ms": round(statistics.median(times[:20]) * 1_000, 1),
            "last_ms": round(statistics.median(times[-20:]) * 1_000, 1),
        }

    def export(self) -> Figures:
        """All results as one table."""
        folder, batch_id = self._many
        with started(folder) as (daemon, _):
            growth, began = Growth(daemon.process.pid), time.perf_counter()
            lines, size, last = read(daemon, f"/batch/{batch_id}/results?format=csv")
            seconds, grown_mb = time.perf_counter() - began, growth.mb
        if lines != self._domains + 1 or not next(csv.reader(io.StringIO(last)))[0]:
            raise SystemExit(f"{lines} lines were given, the last one {last!r}")
        return {
            "seconds": round(seconds, 1),
            "growth_mb": grown_mb,
            "answer_mb": round(size / 1e6, 1),
        }


@dataclass(frozen=True)
class _Taken:
    """A submission that a daemon took in, which is down now."""

    folder: Path
    batch_id: str
    figures: Figures


def _filled(taken: _Taken, page_rows: int) -> tuple[Path, str]:
    """Its folder and batch, once the rows of pages are in its database."""
    began = time.perf_counter()
    database = taken.folder / "data" / FILE
    fill(database, page_rows)
    seconds, size = time.perf_counter() - began, database.stat().st_size / 1e9
    print(f"{page_rows:,} rows of pages written in {seconds:.0f} s, {size:.1f} GB", flush=True)
    return taken.folder, taken.batch_id


def _submitted(folder: Path, domains: int) -> _Taken:
    """A fresh daemon that rests takes so many domains in."""
    body = list(names(domains))
    with started(folder) as (daemon, _):
        daemon.post("/pause")  # or it would begin to crawl them
        growth = Growth(daemon.process.pid)
        probe = Probe(daemon.url, TOKEN, [Question("livez", "GET", "/livez", 0.05)])
        probe.ask()
        began = time.perf_counter()
        answer = send(daemon, "/batch", body)
        seconds = time.perf_counter() - began
        figures = {"seconds": round(seconds, 1), "growth_mb": growth.mb, **probe.end()}
        daemon.stop()
    if answer["job_count"] != domains:
        raise SystemExit(f"{answer['job_count']} domains were taken in, not {domains}")
    return _Taken(folder, answer["batch_id"], figures)


WORK = Work(
    name="million",
    opening=opening,
    columns={
        "seconds": "seconds",
        "memory + MB": "growth_mb",
        "livez p99 ms": "livez_p99_ms",
        "claim, few, us": "few_us",
        "claim, many, us": "many_us",
        "many to few": "claim_ratio",
        "first answers ms": "first_ms",
        "last answers ms": "last_ms",
    },
)
