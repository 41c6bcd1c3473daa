"""`make bench`: 200 hosts of 10 pages through the running daemon, and through its peers in turn.

Rounds are interleaved, so that all of them meet the same moods of the machine. The figures are
medians, and the ratios those of the medians. nginx serves the sites and shares the two cores.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.contest import Round, Work, contestants
from bench.picture import svg
from bench.sites import serving
from skybatch.demo.sites import bench_hosts, sites

FIGURES = {
    "pages/s": "pages_per_second",
    "CPU s per 1,000": "cpu_s_per_1000",
    "peak MB": "peak_mb",
}
# Figure, peer, the least that it must be (a ratio, ours to theirs), and what we want it to be.
AIMS = (
    ("pages_per_second", "scrapy-jobdir", 4.5, 6.0),
    ("pages_per_second", "crawlee-sqlite", 10.0, 12.0),
    ("pages_per_second", "bare-loop", 1.4, 1.9),
    ("pages_per_second", "go", 0.75, 1.0),
    ("cpu_s_per_1000", "go", 1.4, 1.0),
)
OURS = "skybatch"


def main() -> None:
    """Print every round, the table of the medians and the ratios; write them when asked."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--page-kb", type=int, default=38)
    parser.add_argument("--report", type=Path, help="a folder for the figures and their picture")
    parser.add_argument("--peers", type=Path, help="the Python of an environment that has them")
    parser.add_argument("--go", type=Path, help="the reference in Go, built")
    parser.add_argument("--only", help="names of those who take part, with commas")
    given = parser.parse_args()
    taking_part = contestants(given.peers, given.go)
    if given.only:
        taking_part = {name: taking_part[name] for name in given.only.split(",")}
    rounds: dict[str, list[Round]] = {name: [] for name in taking_part}
    hosts = bench_hosts(given.hosts)
    made = sites(given.hosts, given.pages, page_kb=given.page_kb)
    with (
        tempfile.TemporaryDirectory(prefix="bench-sites-") as folder,
        serving(made, Path(folder)) as port,
    ):
        work = Work(hosts, given.pages, port)
        for number in range(1, given.rounds + 1):
            for name, contestant in taking_part.items():
                rounds[name].append(contestant(work))
                print(f"round {number}, {name}: {rounds[name][-1]}", flush=True)
    medians = {name: medians_of(found) for name, found in rounds.items()}
    print(f"\nMedians of {given.rounds} rounds, {given.hosts} hosts x {given.pages} pages:\n")
    print("\n".join([*table(medians), "", *ratios(medians)]))
    if given.report:
        write(given.report, given, medians, rounds)


def write(
    folder: Path,
    given: argparse.Namespace,
    medians: Mapping[str, Mapping[str, float]],
    rounds: Mapping[str, Sequence[Round]],
) -> None:
    """All rounds as JSON, and the medians as a picture."""
    report = {
        "python": sys.version.split()[0],
        "arguments": {"hosts": given.hosts, "pages": given.pages, "page-kb": given.page_kb},
        "medians": medians,
        "rounds": {name: list(map(asdict, found)) for name, found in rounds.items()},
    }
    (folder / "two-hundred-hosts.json").write_text(json.dumps(report, indent=1))
    speeds = {name: figures["pages_per_second"] for name, figures in medians.items()}
    note = (
        f"{given.hosts} hosts of {given.pages} pages of {given.page_kb} KB, medians of "
        f"{given.rounds} rounds in turn, nginx beside them on two cores"
    )
    (folder / "two-hundred-hosts.svg").write_text(svg(speeds, OURS, "Pages a second", note))


def medians_of(rounds: Sequence[Round]) -> dict[str, float]:
    """The median of each figure that the rounds have."""
    figures = [asdict(each) for each in rounds]
    return {
        name: statistics.median(each[name] for each in figures)
        for name, value in figures[0].items()
        if value is not None
    }


def table(medians: Mapping[str, Mapping[str, float]]) -> list[str]:
    """A line for each who took part."""
    ours = medians.get(OURS, {})
    lines = [f"| | {' | '.join(FIGURES)} | skybatch to it |", "|---|--:|--:|--:|--:|"]
    for name, figures in medians.items():
        cells = [f"{figures[figure]:,.1f}" for figure in FIGURES.values()]
        ratio = f"{ours['pages_per_second'] / figures['pages_per_second']:.2f} x" if ours else ""
        lines.append(f"| {name} | {' | '.join(cells)} | {ratio} |")
    return lines


def ratios(medians: Mapping[str, Mapping[str, float]]) -> list[str]:
    """What is aimed at, and what was reached."""
    if OURS not in medians:
        return []
    ours = medians[OURS]
    lines = ["| figure, skybatch to the other | reached | at least | goal |", "|---|--:|--:|--:|"]
    for figure, other, least, goal in AIMS:
        if other in medians:
            ratio = ours[figure] / medians[other][figure]
            lines.append(f"| {figure}, {other} | {ratio:.2f} | {least} | {goal} |")
    times = ("status_p99_ms", "livez_p99_ms")
    return [*lines, *(f"| {name} | {ours[name]:.1f} | | |" for name in times)]


if __name__ == "__main__":
    main()
