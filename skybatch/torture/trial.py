"""One trial: a daemon under load is hit so many times, comes to rest, and everything is counted."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from skybatch.store.audit import Audit, audit
from skybatch.torture.child import LOST, Child, ChildFailed, Footprint
from skybatch.torture.clients import Clients, Load
from skybatch.torture.faults import FAULTS, Fault
from skybatch.torture.ledger import Fate, Held, Ledger
from skybatch.torture.origin import Origin
from skybatch.torture.report import Report
from skybatch.torture.stage import DRAIN_S, PER_HOST, WORKERS, Stage

_SITE_PAGES = 13  # more than a batch may fetch of a site
_LEAK = 2  # open files or threads more than after the first start
_REST_S = 20.0
_BAD_LINES = ("Traceback", "Task exception was never retrieved", "Unclosed")

_SETTINGS = f"""\
[workers]
count = {WORKERS}
drain_s = {DRAIN_S}
[crawl]
per_host_delay_s = 0.0
per_host_concurrency = {PER_HOST}
use_sitemaps = false
[log]
format = "json"
[fetch]
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a trial does; the same seed throws the same dice."""

    fault: str  # a key of FAULTS
    rounds: int
    seed: int
    clients: int = 4
    settle_s: float = 60.0  # until everything has ended after the last strike
    ready_s: float = 2.0  # a start may take so long, or twice the first one


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
    with Origin(pages=_SITE_PAGES) as origin:
        with Child(folder, settings=_SETTINGS + origin.connect_to) as child:
            clients = Clients(child, ledger, fault.load, count=plan.clients, rng=rng)
            stage = Stage(child, origin, clients, ledger, rng, ready_s=plan.ready_s)
            try:
                _play(plan, stage, tell)
            except (ChildFailed, *LOST) as error:
                stage.complain(f"the daemon was not there when it had to be: {error}")
                clients.settle(timeout_s=0)
        found = audit(child.data / "skybatch.db")
        return _report(plan, stage, found, seconds=time.monotonic() - began)


def _play(plan: Plan, stage: Stage, tell: Callable[[Moment], None]) -> None:
    stage.start()
    at_first = stage.child.footprint()
    stage.clients.start()
    for number in range(plan.rounds):
        FAULTS[plan.fault].strike(stage)
        acknowledged = stage.ledger.count(Fate.OK)
        tell(Moment(plan.fault, number + 1, plan.rounds, stage.starts[-1], acknowledged))
    _come_to_rest(stage, at_first, settle_s=plan.settle_s)


def _come_to_rest(stage: Stage, at_first: Footprint | None, *, settle_s: float) -> None:
    """Let everything end, look for leaks, stop the daemon."""
    stage.clients.settle(timeout_s=settle_s)
    for batch_id in stage.clients.open_batches():
        stage.complain(f"batch {batch_id} has not ended within {settle_s:g} s")
    if at_first is not None:
        what = f"open files and threads are {at_first} again, or {_LEAK} more"
        if not stage.until(lambda: not _has_grown(at_first, stage.child), _REST_S, what):
            stage.complain(f"they are {stage.child.footprint()}")
    stage.child.terminate()
    if (code := stage.ended(DRAIN_S + 2, after="the last SIGTERM")) not in (0, None):
        stage.complain(f"the last SIGTERM ended it with {code}, not 0")


def _has_grown(at_first: Footprint, child: Child) -> bool:
    now = child.footprint() or at_first
    return now.fds > at_first.fds + _LEAK or now.threads > at_first.threads + _LEAK


def _report(plan: Plan, stage: Stage, found: Audit, *, seconds: float) -> Report:
    fault = FAULTS[plan.fault]
    held = [Held(batch.batch_id, batch.label, batch.jobs) for batch in found.batches]
    verdict = stage.ledger.judge(held)
    return Report(
        fault=plan.fault,
        sentence=fault.sentence,
        rounds=plan.rounds,
        seed=plan.seed,
        kills=stage.kills,
        seconds=seconds,
        acknowledged=stage.ledger.count(Fate.OK),
        recovered=verdict.recovered,
        jobs=sum(count for _, count in found.jobs),
        pages=found.pages,
        repeats=stage.origin.repeats(),
        repeats_allowed=stage.repeats_allowed,
        starts=tuple(stage.starts),
        lost=verdict.lost,
        phantom=verdict.phantom,
        doubled=verdict.doubled + found.doubled,
        violations=(
            *stage.complaints,
            *stage.clients.complaints,
            *found.violations,
            *(f"batch {batch_id} is not over in the database" for batch_id in found.unfinished),
            *_wrong_ends(fault, found),
            *_broken_limits(fault.load, stage),
            *_bad_lines(stage.child),
        ),
    )


def _wrong_ends(fault: Fault, found: Audit) -> Iterator[str]:
    """Jobs that paid for what was done to the daemon: every site is whole and answers."""
    for state, count in found.jobs:
        if state not in fault.ends:
            yield f"{count} jobs ended {state}"
    if found.charged:
        yield f"{found.charged} attempts were charged to jobs whose sites answer"
    jobs = sum(count for _, count in found.jobs)
    if len(fault.ends) == 1 and found.pages != jobs * fault.load.max_pages:
        yield f"{jobs} jobs of {fault.load.max_pages} pages have {found.pages} pages"


def _broken_limits(load: Load, stage: Stage) -> Iterator[str]:
    """What the log of the sites says about the limits of the batches."""
    origin = stage.origin
    for host, pages in origin.pages_of_hosts().items():
        if pages > load.max_pages:
            yield f"{host} was asked for {pages} pages, and {load.max_pages} were wanted"
    for host, most in origin.most_per_host.items():
        if most > PER_HOST:
            yield f"{host} was asked for {most} pages at a time"
    for group, most in origin.most_per_group.items():
        if most > load.max_concurrent_jobs:
            yield f"{most} jobs of batch {group} ran at a time"
    if origin.repeats() > stage.repeats_allowed:
        told = f"{origin.repeats()} pages were asked for again"
        yield f"{told}; what was in flight and recent allows {stage.repeats_allowed}"


def _bad_lines(child: Child) -> Iterator[str]:
    for line in child.log_lines():
        if any(word in line for word in _BAD_LINES):
            yield f"in the log: {line[:500]}"
