"""What workers need, over a real database and a real folder."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from skybatch.crawl.web import Web
from skybatch.engine.gate import Gate
from skybatch.engine.queue import JobQueue
from skybatch.engine.worker import Bench
from skybatch.model.clock import SteadyClock
from skybatch.model.ids import uuid7
from skybatch.recorder.black_box import BlackBox
from skybatch.store.database import Store

HOSTS, PAGES = 6, 5  # of the sample sites


@contextmanager
def bench_of(store: Store, web: Web, folder: Path, boot: str = "") -> Iterator[tuple[Bench, Gate]]:
    clock = SteadyClock()
    boot = boot or uuid7(clock.now())
    with ExitStack() as stack:
        box = stack.enter_context(BlackBox(folder, boot, clock))
        gate = Gate(box.recorder)
        queue = JobQueue(store, boot, gate, clock)
        yield Bench(queue, web, clock, box.recorder, box.mark, max_wait_s=600), gate
