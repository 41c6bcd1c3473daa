"""One trial: a daemon under load is hit so many times, comes to rest, and everything is counted."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from skybatch.store.audit import audit
from skybatch.torture.child import LOST, Child, ChildFailed, Footprint
from skybatch.torture.clients import Clients
from skybatch.torture.disk import Disk
from skybatch.torture.faults import FAULTS
from skybatch.torture.ledger import Fate, Ledger
from skybatch.torture.origin import Origin
from skybatch.torture.plan import Plan
from skybatch.torture.report import Report
from skybatch.torture.stage import DRAIN_S, WORKERS, Stage
from skybatch.torture.verdict import report

_LEAK = 2  # open files or threads more than after the first start
_LEAK_MB = 48  # memory: the caches of SQLite fill up to 32 MB, and the allocator keeps some
_REST_S = 20.0
_SETTINGS = f"""\
[workers]
count = {WORKERS}
drain_s = {DRAIN_S}
[crawl]
per_host_delay_s = 0.0
use_sitemaps = false
[log]
format = "json"
[fetch]
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """How far a trial is."""

    fault: str
    done: int
    rounds: int
    ready_s: float  # of the last start
    acknowledged: int


def run(plan: Plan, folder: Path, tell: Callable[[Moment], None]) -> Report:
    """Whatever goes wrong is in the report. Leaves the folder as the daemon left it."""
    fault, rng, ledger = FAULTS[plan.fault], Random(plan.seed), Ledger()  # noqa: S311 - dice
    began = time.monotonic()
    sites = fault.sites
    with Origin(pages=sites.pages, latency_s=sites.latency_s, odd=sites.odd) as origin:
        settings = _SETTINGS + origin.connect_to
        daemon = Child(folder, settings=settings, env=fault.environment(folder))
        with daemon as child, Disk(folder) as disk:
            count = fault.clients or plan.clients
            clients = Clients(child, ledger, fault.load, count=count, rng=rng)
            stage = Stage(clients, origin, disk, rng, plan)
            try:
                _play(plan, stage, tell)
            except (ChildFailed, *LOST) as error:
                stage.complain(f"the daemon was not there when it had to be: {error}")
                clients.settle(timeout_s=0)
        found = audit(child.data / "skybatch.db")
        return report(fault, stage, found, seconds=time.monotonic() - began)


def _play(plan: Plan, stage: Stage, tell: Callable[[Moment], None]) -> None:
    stage.start()
    stage.at_first = stage.child.footprint()
    stage.clients.start()
    for number in range(plan.rounds):
        stage.round = number
        FAULTS[plan.fault].strike(stage)
        acknowledged = stage.ledger.count(Fate.OK)
        tell(Moment(plan.fault, number + 1, plan.rounds, stage.starts[-1], acknowledged))
    _come_to_rest(stage, settle_s=plan.settle_s)
    FAULTS[plan.fault].at_rest(stage)
    _stop(stage)


def _come_to_rest(stage: Stage, *, settle_s: float) -> None:
    """Let everything end, and look for leaks."""
    stage.clients.settle(timeout_s=settle_s)
    for batch_id in stage.clients.open_batches():
        stage.complain(f"batch {batch_id} has not ended within {settle_s:g} s")
    first = stage.at_first
    if first is not None:
        what = f"it holds {first} again, or {_LEAK} more and {_LEAK_MB} MB"
        if not stage.until(lambda: not _has_grown(first, stage.child), _REST_S, what):
            stage.complain(f"it holds {stage.child.footprint()}")
    stage.at_rest = stage.child.footprint()


def _stop(stage: Stage) -> None:
    stage.child.terminate()
    if (code := stage.ended(DRAIN_S + 2, after="the last SIGTERM")) not in (0, None):
        stage.complain(f"the last SIGTERM ended it with {code}, not 0")


def _has_grown(at_first: Footprint, child: Child) -> bool:
    now = child.footprint() or at_first
    return (
        now.fds > at_first.fds + _LEAK
        or now.threads > at_first.threads + _LEAK
        or now.mb > at_first.mb + _LEAK_MB
    )
