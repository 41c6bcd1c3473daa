"""What `make bench` is to reach: each figure, the least that it must be, and the goal."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from bench.contest import OURS, SPEED, Medians

CPU = "cpu_s_per_1000"


@dataclass(frozen=True)
class Aim:
    """A figure of a contestant, or its ratio to that of another one."""

    work: str
    figure: str
    least: float | None  # none = printed, and nothing is aimed at
    goal: float | None
    of: str = OURS
    to: str = ""  # another contestant: the ratio of ours to it
    is_less_better: bool = False

    @property
    def text(self) -> str:
        """What it is called."""
        who = f", {self.of}" if self.of != OURS else ""
        return f"{self.work}{who}: {self.figure}" + (f" to {self.to}" if self.to else "")

    def reached(self, medians: Medians) -> float | None:
        """What was measured; none when somebody did not take part."""
        ours, theirs = medians.get(self.of), medians.get(self.to) if self.to else {self.figure: 1.0}
        if ours is None or theirs is None or self.figure not in ours:
            return None
        return ours[self.figure] / theirs[self.figure]

    def verdict(self, reached: float) -> str:
        """How far that goes."""
        if self.least is None or self.goal is None:
            return ""
        sign = -1 if self.is_less_better else 1
        if sign * reached >= sign * self.goal:
            return "goal"
        return "least" if sign * reached >= sign * self.least else "MISSED"


def _less(work: str, figure: str, least: float, goal: float, of: str = OURS, to: str = "") -> Aim:
    return Aim(work, figure, least, goal, of, to, is_less_better=True)


HOSTS, MILLION = "two-hundred-hosts", "million"
AIMS = (
    Aim(HOSTS, SPEED, 4.5, 6.0, to="scrapy-jobdir"),
    Aim(HOSTS, SPEED, 10.0, 12.0, to="crawlee-sqlite"),
    Aim(HOSTS, SPEED, 1.4, 1.9, to="bare-loop"),
    Aim(HOSTS, SPEED, 0.75, 1.0, to="go"),
    _less(HOSTS, CPU, 1.4, 1.0, to="go"),
    _less(HOSTS, "status_p99_ms", 50, 25, of="skybatch-asked"),
    _less(HOSTS, "submit_p99_ms", 100, 50, of="skybatch-asked"),
    Aim(HOSTS, "livez_p99_ms", None, None, of="skybatch-asked"),
    Aim(HOSTS, SPEED, None, None, of="skybatch-asked", to=OURS),
    Aim(HOSTS, SPEED, 0.95, 0.95, of="skybatch-watched", to=OURS),
    _less(HOSTS, "event_p99_ms", 1_000, 1_000, of="skybatch-watched"),
    Aim("documentation", SPEED, 3.0, 5.0, to="scrapy-jobdir"),
    Aim("documentation", "mb_per_second", None, None, to="scrapy-jobdir"),
    Aim("slow-answers", SPEED, 2.0, 2.8, to="scrapy"),
    Aim("polite", SPEED, None, None, to="scrapy"),
    Aim("polite", "seconds", None, None),
    Aim("polite", "seconds", None, None, of="scrapy"),
    Aim("waiting", "share", 0.90, 0.95),
    _less(MILLION, "seconds", 30, 20, of="submission"),
    _less(MILLION, "growth_mb", 100, 50, of="submission"),
    _less(MILLION, "claim_ratio", 1.5, 1.2, of="claims"),
    _less(MILLION, "seconds", 2, 2, of="start-up"),
    Aim(MILLION, "growth_mb", None, None, of="listing"),
    Aim(MILLION, "growth_mb", None, None, of="export"),
    _less("start", "ms", 150, 150, of="help"),
    _less("start", "ms", 500, 500, of="serve"),
)


@dataclass(frozen=True)
class Line:
    """An aim and what was reached."""

    text: str
    reached: float
    least: float | None
    goal: float | None
    verdict: str


def lines_of(medians: Mapping[str, Medians]) -> Iterator[Line]:
    """Every aim whose work was done by those it is about."""
    for aim in AIMS:
        reached = aim.reached(medians.get(aim.work, {}))
        if reached is not None:
            verdict = aim.verdict(reached)
            yield Line(aim.text, round(reached, 3), aim.least, aim.goal, verdict)


def table(medians: Mapping[str, Medians]) -> list[str]:
    """The aims as a table."""
    lines = ["| figure | reached | at least | goal | |", "|---|--:|--:|--:|---|"]
    for line in lines_of(medians):
        least, goal = (
            f"{value:g}" if value is not None else "" for value in (line.least, line.goal)
        )
        lines.append(f"| {line.text} | {line.reached:,.2f} | {least} | {goal} | {line.verdict} |")
    return lines


def report(medians: Mapping[str, Medians]) -> list[dict[str, object]]:
    """The same for a file."""
    return [asdict(line) for line in lines_of(medians)]
