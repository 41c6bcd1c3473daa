"""Holds against each other what clients, sites and the database tell of a trial."""

from collections.abc import Iterator

from skybatch.model.state import JobState
from skybatch.store.audit import Audit
from skybatch.torture.child import Child
from skybatch.torture.clients import Load
from skybatch.torture.fault import Fault
from skybatch.torture.ledger import Fate, Held
from skybatch.torture.origin import Origin
from skybatch.torture.report import Report
from skybatch.torture.stage import Stage

_MOST_TOLD = 10  # pages
_BAD_LINES = (
    "Traceback",
    "Task exception was never retrieved",
    "Unclosed",
    "cannot start a transaction",
)


def report(fault: Fault, stage: Stage, found: Audit, *, seconds: float) -> Report:
    """What a trial came to, once its daemon has ended."""
    plan = stage.plan
    stage.excuse_repeats()
    held = [Held(batch.batch_id, batch.label, batch.jobs) for batch in found.batches]
    verdict = stage.ledger.judge(held)
    return Report(
        fault=plan.fault,
        sentence=fault.sentence,
        rounds=plan.rounds,
        seed=plan.seed,
        is_thorough=plan.is_thorough,
        kills=stage.kills,
        seconds=seconds,
        acknowledged=stage.ledger.count(Fate.OK),
        recovered=verdict.recovered,
        jobs=sum(count for _, count in found.jobs),
        pages=found.pages,
        repeats=stage.origin.repeats().total(),
        repeats_allowed=stage.excused.total(),
        starts=tuple(stage.starts),
        at_first=stage.at_first,
        at_rest=stage.at_rest,
        slowest_sync_s=stage.disk.slowest_s,
        notes=tuple(sorted(stage.notes.items())),
        lost=verdict.lost,
        phantom=verdict.phantom,
        doubled=verdict.doubled + found.doubled,
        violations=(
            *stage.complaints,
            *stage.clients.complaints,
            *found.violations,
            *(f"batch {batch_id} is not over in the database" for batch_id in found.unfinished),
            *_wrong_ends(fault, found),
            *_broken_limits(fault.load, stage.origin),
            *_unexcused(stage),
            *_bad_lines(stage.child),
            *filter(None, [stage.disk.trouble]),
        ),
    )


def _wrong_ends(fault: Fault, found: Audit) -> Iterator[str]:
    """Jobs that paid for what was done to the daemon: every site is whole and answers."""
    for state, count in found.jobs:
        if state not in fault.ends:
            yield f"{count} jobs ended {state}"
    failed = dict(found.jobs).get(JobState.FAILED, 0)  # by poison, or by its one attempt
    if found.charged > failed:
        yield f"{found.charged - failed} attempts were charged to jobs whose sites answer"
    jobs = sum(count for _, count in found.jobs)
    if len(fault.ends) == 1 and found.pages != jobs * fault.load.max_pages:
        yield f"{jobs} jobs of {fault.load.max_pages} pages have {found.pages} pages"


def _broken_limits(load: Load, origin: Origin) -> Iterator[str]:
    """What the log of the sites says about the limits of the batches."""
    for host, pages in origin.pages_of_hosts().items():
        if pages > load.max_pages:
            yield f"{host} was asked for {pages} pages, and {load.max_pages} were wanted"
    for host, most in origin.most_per_host.items():
        if most > load.per_host:
            yield f"{host} was asked for {most} pages at a time"
    for group, most in origin.most_per_group.items():
        if most > load.max_concurrent_jobs:
            yield f"{most} jobs of batch {group} ran at a time"


def _unexcused(stage: Stage) -> Iterator[str]:
    unexcused = stage.origin.repeats() - stage.excused
    for (host, path), times in unexcused.most_common(_MOST_TOLD):
        yield f"{host}{path} was asked for again {times} times, and no kill explains it"
    if len(unexcused) > _MOST_TOLD:
        yield f"{len(unexcused)} pages in all were asked for again, and no kill explains it"


def _bad_lines(child: Child) -> Iterator[str]:
    for line in child.log_lines():
        if any(word in line for word in _BAD_LINES):
            yield f"in the log: {line[:500]}"
