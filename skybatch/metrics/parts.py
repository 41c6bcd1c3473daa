"""What the metrics are read from."""

from dataclasses import dataclass

from skybatch.bus import Bus
from skybatch.engine.supervisor import Supervisor
from skybatch.engine.worker import Bench
from skybatch.metrics.requests import Requests
from skybatch.metrics.transitions import Transitions
from skybatch.model.durations import Durations
from skybatch.store.database import Store
from skybatch.webhooks.deliverer import Deliverer


@dataclass(frozen=True, slots=True)
class Parts:
    """The running parts whose values are read, and what has been counted beside them."""

    store: Store
    bus: Bus
    engine: Supervisor
    bench: Bench
    transitions: Transitions
    requests: Requests
    lags: Durations
    deliverer: Deliverer
    started_at: float
