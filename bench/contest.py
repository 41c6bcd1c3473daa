"""What a work of `make bench` is: who takes part, in what, and what is told of it."""

import argparse
import os
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

Figures = Mapping[str, float]
Contestant = Callable[[], Figures]
Medians = Mapping[str, Mapping[str, float]]  # contestant -> figure -> median

OURS = "skybatch"
SPEED = "pages_per_second"


@dataclass(frozen=True)
class Given:
    """What the command line asks for."""

    hosts: int
    pages: int
    page_kb: int
    polite_hosts: int
    waiting_hosts: int
    domains: int  # of the million
    page_rows: int
    peers: Path | None  # the Python of an environment that has them
    go: Path | None  # the reference in Go, built
    slow: Path | None  # the server in Go, built

    @classmethod
    def of(cls, given: argparse.Namespace) -> "Given":
        """The arguments of those names."""
        return cls(**{name: getattr(given, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Contest:
    """A work that is set up: its contestants by name, and what is to be known of it."""

    title: str  # what it is, with all sizes
    contestants: Mapping[str, Contestant]


@dataclass(frozen=True)
class Work:
    """One of the works, and how it is set up and cleared away."""

    name: str
    opening: Callable[[Given], AbstractContextManager[Contest]]
    columns: Mapping[str, str]  # head of a column -> figure
    picture: str = ""  # the figure that is drawn; none = no picture


def rounds_of(
    contest: Contest, only: Sequence[str], rounds: int
) -> Iterator[tuple[int, str, Figures]]:
    """Round after round, each contestant in turn: all meet the same moods of the machine."""
    taking_part = [name for name in contest.contestants if not only or name in only]
    for number in range(1, rounds + 1):
        for name in taking_part:
            os.sync()  # nobody pays for what the one before has left to be written
            yield number, name, contest.contestants[name]()


def medians_of(rounds: Sequence[Figures]) -> dict[str, float]:
    """The median of each figure."""
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def table(work: Work, medians: Medians) -> list[str]:
    """A line for each who took part; with speeds also what is ours to theirs."""
    ours = medians.get(OURS, {}).get(SPEED)
    heads = [*work.columns, *(["skybatch to it"] if ours else [])]
    lines = [f"| | {' | '.join(heads)} |", f"|---{'|--:' * len(heads)}|"]
    for name, figures in medians.items():
        cells = [_cell(figures.get(figure)) for figure in work.columns.values()]
        if ours:
            cells.append(f"{ours / figures[SPEED]:.2f} x")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"
