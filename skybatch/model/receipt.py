"""Counts of pages that must balance: discovered = fetched + failed + skipped + queued."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from skybatch.model.state import SkipReason


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of every URL that was seen."""

    fetched: int = 0
    failed: int = 0
    queued: int = 0
    skipped: Mapping[SkipReason, int] = field(default_factory=dict)

    @property
    def discovered(self) -> int:
        return self.fetched + self.failed + self.queued + sum(self.skipped.values())
