"""`make hostile`: plays the hostile sites a few times, and writes the figures as a page."""

import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.hostile.play import Played, playing

ROUNDS = 3
PAGE = """\
# Hostile sites

{count} sites of every kind that means harm, and a healthy one, in one batch of the real daemon:
bodies and headers without an end, drips, compression bombs, pages that are slow to parse, endless
spaces of URLs, redirects, charsets, robots.txt and sitemaps of the same sort
(`tests/hostile/farm.py`). How each of them must end is tested
(`tests/hostile/test_hostile_sites.py`). `make hostile` makes this page anew; the server of the
sites shares the machine.

Medians of {rounds} rounds, {day}, time limits of 5 s (silence) and 10 s (a whole request):

| figure | median | limit |
|---|--:|--:|
| most memory of all processes together, MB | {memory:.0f} | 300 |
| of the daemon itself, MB | {daemon:.0f} | |
| `/livez` p50, ms | {p50:.1f} | |
| `/livez` p99, ms | {p99:.1f} | 100 |
| `/livez` max, ms | {most:.1f} | |
| seconds until the last site had ended | {seconds:.1f} | |
| seconds until the healthy site had ended | {healthy:.1f} | |
"""


def figures(played: Played) -> dict[str, float]:
    """What one round came to."""
    times = sorted(played.watch.livez_ms)
    return {
        "memory": sum(played.watch.most_mb),
        "daemon": played.watch.most_mb[0],
        "p50": statistics.median(times),
        "p99": times[int(len(times) * 0.99)],
        "most": times[-1],
        "seconds": max(record["processing_time"] or 0.0 for record in played.records.values()),
        "healthy": played.records["healthy.example"]["processing_time"],
    }


def main() -> None:
    """Play, print, write."""
    rounds, count = [], 0
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder, playing(Path(folder)) as played:
            rounds.append(figures(played))
            count = len(played.farm.hosts) - 1
        sys.stdout.write(f"{rounds[-1]}\n")
        sys.stdout.flush()
    medians = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    told = {"count": count, "rounds": ROUNDS, "day": f"{datetime.now(UTC):%Y-%m-%d}"}
    Path("docs/hostile.md").write_text(PAGE.format(**told, **medians), "utf-8")


if __name__ == "__main__":
    main()
