"""Starts: the command line until it has shown its help, an empty daemon until it is ready."""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.contest import Contest, Figures, Given, Work
from bench.daemon import started
from tests.e2e.process import PROGRAM

TIMES = 10  # of each in a round; its figure is their median


@contextmanager
def opening(_: Given) -> Iterator[Contest]:
    """Nothing is needed."""
    yield Contest(f"starts, medians of {TIMES} in each round", {"help": _helps, "serve": _serves})


def _helps() -> Figures:
    return {"ms": round(statistics.median(_help_ms() for _ in range(TIMES)), 1)}


def _help_ms() -> float:
    began = time.perf_counter()
    done = subprocess.run([PROGRAM, "--help"], capture_output=True, check=True)
    if b"Usage" not in done.stdout:
        raise SystemExit(f"this is no help: {done.stdout!r}")
    return (time.perf_counter() - began) * 1_000


def _serves() -> Figures:
    return {"ms": round(statistics.median(_ready_ms() for _ in range(TIMES)), 1)}


def _ready_ms() -> float:
    with (
        tempfile.TemporaryDirectory(prefix="skybatch-bench-") as folder,
        started(Path(folder)) as (_, seconds),
    ):
        return seconds * 1_000


WORK = Work(name="start", opening=opening, columns={"ms": "ms"})
