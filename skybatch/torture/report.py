"""What came out of a trial."""

from dataclasses import dataclass

from skybatch.torture.child import Footprint


@dataclass(frozen=True, slots=True)
class Report:
    """One trial. Faults are sentences."""

    fault: str
    sentence: str  # what was done
    rounds: int
    seed: int
    is_thorough: bool
    kills: int
    seconds: float
    acknowledged: int  # submissions
    recovered: int  # submissions that are stored though a try had no answer
    jobs: int
    pages: int  # stored
    repeats: int  # requests for a page that had been asked for before
    repeats_allowed: int
    starts: tuple[float, ...]  # seconds until ready, in order
    at_first: Footprint | None  # after the first start; `None` where the system does not tell
    at_rest: Footprint | None
    slowest_sync_s: float  # of a few bytes, measured beside the daemon
    notes: tuple[tuple[str, int], ...]  # what else happened, and how often
    lost: tuple[str, ...]
    phantom: tuple[str, ...]
    doubled: tuple[str, ...]
    violations: tuple[str, ...]  # everything else

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that must not be."""
        return self.lost + self.phantom + self.doubled + self.violations
