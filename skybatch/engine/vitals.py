"""What the daemon knows of itself, for `/health` and `/system`."""

import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version

import skybatch
from skybatch.engine.live import Onlooker
from skybatch.model.clock import rfc3339
from skybatch.model.finding import Told, told
from skybatch.model.vitals import (
    Health,
    HostState,
    MonitorPart,
    Part,
    PoolPart,
    RecoveryPart,
    Shown,
    StorePart,
    System,
)
from skybatch.recorder.flight import Recorder

_LIBRARIES = ("aiohttp", "selectolax", "msgspec")  # whose versions explain what a page gives


@cache  # each is looked up in a file
def _libraries() -> Mapping[str, str]:
    return {name: version(name) for name in _LIBRARIES}


@dataclass(frozen=True, slots=True)
class Vitals:
    """Looks at the running engine, its monitor, its clocks of hosts, and the recorder."""

    onlooker: Onlooker
    recorder: Recorder
    configuration: Mapping[str, Mapping[str, Shown]]

    def health(self, store: StorePart) -> Health:
        """How everything is, the store being so."""
        engine, recovered = self.onlooker.engine, self.onlooker.recovered
        trouble, monitor = engine.gate.trouble, engine.monitor
        is_well = store.ok and trouble is None and not monitor.findings
        return Health(
            status="ok" if is_well else "degraded",
            store=store,
            version=skybatch.__version__,
            pid=os.getpid(),
            started_at=rfc3339(self.onlooker.started_at),
            pool=self._pool(),
            work=Part(trouble is None, trouble),  # why it is paused
            monitor=MonitorPart(
                monitor.rounds,
                self._findings(),
                {kind.value: count for kind, count in monitor.totals.items()},
            ),
            recorder=Part(self.recorder.trouble is None, self.recorder.trouble),
            recovery=RecoveryPart(report=str(recovered), **asdict(recovered)),
        )

    def system(self, sqlite: str) -> System:
        """The daemon from inside; `sqlite` is the version of the library."""
        return System(
            versions={
                "skybatch": skybatch.__version__,
                "python": platform.python_version(),
                "sqlite": sqlite,
                **_libraries(),
            },
            pid=os.getpid(),
            started_at=rfc3339(self.onlooker.started_at),
            pool=self._pool(),
            workers=self.onlooker.workers(),
            findings=self._findings(),
            configuration=self.configuration,
        )

    def hosts(self) -> tuple[HostState, ...]:
        """Every host that is asked, or was a while ago; those in trouble come first."""
        return self.onlooker.web.throttle.hosts()

    def _pool(self) -> PoolPart:
        pool = self.onlooker.engine.pool
        return PoolPart(pool.size, pool.size - pool.free, pool.claims, pool.is_paused)

    def _findings(self) -> tuple[Told, ...]:
        return tuple(map(told, self.onlooker.engine.monitor.findings))
