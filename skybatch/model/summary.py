"""What a batch has found: for how many domains, and what was in the way of the others."""

from collections.abc import Mapping
from dataclasses import dataclass

from skybatch.model.reason import Reason

KINDS = ("email", "phone", "social", "organization")


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over the domains of a batch."""

    domains: int
    found: Mapping[str, int]  # kind -> domains that have at least one
    reasons: Mapping[Reason, int]  # most domains first
    diagnoses: Mapping[str, int]  # likewise

    def share(self, kind: str) -> float:
        """Of all domains, 0 … 1."""
        return round(self.found[kind] / self.domains, 4) if self.domains else 0.0
