"""Hosts whose pages take long to read: by what they owe, so that one long page among many short
ones is forgiven."""

from dataclasses import dataclass, field

_FREE_S = 0.05  # of the processor that each page may take: ten times what most do
_SLOW_S = 0.2  # that a host owes, from which on it is slow
_BLAME_S = 10.0  # for a page that has killed a process
_MOST = 10_000  # hosts that are remembered


@dataclass(slots=True)
class SlowHosts:
    """What hosts owe: the time that their pages have taken beyond what each may take. A page that
    takes less pays some of it back."""

    _debts: dict[str, float] = field(default_factory=dict)  # seconds of the processor

    def __contains__(self, host: str) -> bool:
        return self._debts.get(host, 0.0) >= _SLOW_S

    def note(self, host: str, cpu_s: float) -> None:
        """A page has been read."""
        debt = self._debts.get(host, 0.0) + cpu_s - _FREE_S
        if debt <= 0.0:
            self._debts.pop(host, None)
        elif host in self._debts or len(self._debts) < _MOST:
            self._debts[host] = debt

    def blame(self, host: str) -> None:
        """A page has killed the process that read it."""
        self.note(host, _BLAME_S)
