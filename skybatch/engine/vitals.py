"""What the daemon knows of itself, for `/health`."""

import os
from dataclasses import asdict, dataclass

import skybatch
from skybatch.engine.supervisor import Supervisor
from skybatch.model.clock import rfc3339
from skybatch.model.finding import told
from skybatch.model.recovery import Recovered
from skybatch.recorder.flight import Recorder


@dataclass(frozen=True, slots=True)
class Vitals:
    """Versions, the pool, the monitor, and what the last start recovered."""

    engine: Supervisor
    recorder: Recorder
    recovered: Recovered
    started_at: float

    @property
    def is_well(self) -> bool:
        """Whether work goes on, and the monitor has found nothing."""
        return self.engine.gate.trouble is None and not self.engine.monitor.findings

    def report(self) -> dict[str, object]:
        """The members of `/health` besides the store."""
        pool, monitor = self.engine.pool, self.engine.monitor
        return {
            "version": skybatch.__version__,
            "pid": os.getpid(),
            "started_at": rfc3339(self.started_at),
            "pool": {
                "workers": pool.size,
                "busy": pool.size - pool.free,
                "claimed": pool.claims,
                "paused": pool.is_paused,
            },
            "work": {
                "ok": self.engine.gate.trouble is None,
                "detail": self.engine.gate.trouble,  # why it is paused
            },
            "monitor": {
                "rounds": monitor.rounds,
                "findings": [told(finding) for finding in monitor.findings],
                "totals": {kind.value: count for kind, count in monitor.totals.items()},
            },
            "recorder": {"ok": self.recorder.trouble is None, "detail": self.recorder.trouble},
            "recovery": {"report": str(self.recovered), **asdict(self.recovered)},
        }
