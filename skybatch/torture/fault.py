"""What a fault is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from skybatch.model.state import JobState
from skybatch.torture.clients import Load
from skybatch.torture.stage import Stage

WHOLE = frozenset({JobState.COMPLETE})


@dataclass(frozen=True, slots=True)
class Sites:
    """What the sites are like."""

    pages: int = 13  # more than a batch may fetch of a site
    latency_s: float = 0.01
    odd: Callable[[str, str], bytes | None] = lambda _host, _path: None


def _no_check(_stage: Stage) -> None:
    return None


def _no_environment(_folder: Path) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to hit a daemon. When a strike is over, the daemon is up and ready again."""

    strike: Callable[[Stage], None]
    sentence: str
    load: Load = field(default_factory=Load)
    sites: Sites = field(default_factory=Sites)
    ends: frozenset[JobState] = WHOLE  # how jobs may end
    share: float = 0.1  # rounds for each kill, when all faults are played
    at_rest: Callable[[Stage], None] = _no_check  # once everything has ended
    environment: Callable[[Path], Mapping[str, str]] = _no_environment  # of the daemon
    clients: int | None = None  # `None`: as the plan says
