"""`make bench`: the works, each by the running daemon and by its peers in turn.

Rounds are interleaved, so that all of them meet the same moods of the machine. The figures are
medians, and the ratios those of the medians. Servers of sites share the two cores with everybody.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import aims
from bench.contest import OURS, Contest, Figures, Given, Medians, Work, medians_of, rounds_of, table
from bench.picture import svg
from bench.works import WORKS


def main() -> None:
    """Print every round, the tables of the medians and that of the aims; write them when asked."""
    given = _arguments()
    if given.report:
        given.report.mkdir(parents=True, exist_ok=True)  # not after an hour
    medians: dict[str, Medians] = {}
    for work in _chosen(given.work):
        with work.opening(Given.of(given)) as contest:
            medians[work.name] = _done(work, contest, given)
    if not any(medians.values()):
        raise SystemExit("nobody took part")
    print("\n" + "\n".join(aims.table(medians)))
    if given.report:
        (given.report / "aims.json").write_text(json.dumps(aims.report(medians), indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", help=f"with commas, of {', '.join(work.name for work in WORKS)}")
    parser.add_argument("--only", help="names of those who take part, with commas")
    parser.add_argument("--report", type=Path, help="a folder for the figures and their pictures")
    parser.add_argument("--peers", type=Path, help="the Python of an environment that has them")
    parser.add_argument("--go", type=Path, help="the reference in Go, built")
    parser.add_argument("--slow", type=Path, help="the server of slow sites, built")
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--page-kb", type=int, default=38)
    parser.add_argument("--polite-hosts", type=int, default=5_000)
    parser.add_argument("--waiting-hosts", type=int, default=1_000)
    parser.add_argument("--domains", type=int, default=1_000_000)
    parser.add_argument("--page-rows", type=int, default=10_000_000)
    return parser.parse_args()


def _chosen(names: str | None) -> Sequence[Work]:
    known = {work.name: work for work in WORKS}
    if names is None:
        return WORKS
    unknown = [name for name in names.split(",") if name not in known]
    if unknown:
        raise SystemExit(f"there is no work {unknown[0]!r}; there are {', '.join(known)}")
    return [known[name] for name in names.split(",")]


def _done(work: Work, contest: Contest, given: argparse.Namespace) -> Medians:
    """All rounds of a work."""
    only = given.only.split(",") if given.only else ()
    rounds: dict[str, list[Figures]] = {}
    for number, name, figures in rounds_of(contest, only, given.rounds):
        rounds.setdefault(name, []).append(figures)
        told = ", ".join(f"{figure} {value:,g}" for figure, value in figures.items())
        print(f"{work.name}, round {number}, {name}: {told}", flush=True)
    medians = {name: medians_of(found) for name, found in rounds.items()}
    if medians:
        print(f"\n{work.name}: {contest.title}; medians of {given.rounds} rounds:\n")
        print("\n".join([*table(work, medians), ""]), flush=True)
    if medians and given.report:
        _write(given.report, work, contest, rounds)
    return medians


def _write(folder: Path, work: Work, contest: Contest, rounds: dict[str, list[Figures]]) -> None:
    """All rounds as JSON, and the medians as a picture."""
    medians = {name: medians_of(found) for name, found in rounds.items()}
    report = {
        "work": contest.title,
        "python": sys.version.split()[0],
        "medians": medians,
        "rounds": rounds,
    }
    (folder / f"{work.name}.json").write_text(json.dumps(report, indent=1) + "\n")
    if work.picture:
        speeds = {name: figures[work.picture] for name, figures in medians.items()}
        count = max(map(len, rounds.values()))
        note = f"{contest.title}; medians of {count} rounds in turn on two cores"
        (folder / f"{work.name}.svg").write_text(svg(speeds, OURS, "Pages a second", note))


if __name__ == "__main__":
    main()
