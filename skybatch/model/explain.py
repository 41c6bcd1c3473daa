"""Why a batch stands where it stands, in sentences with numbers."""

from collections.abc import Iterator

from skybatch.model.explanation import Explanation, Live, Situation, Tally
from skybatch.model.problems import problems
from skybatch.model.sentences import (
    advice,
    ended_jobs,
    left_out,
    receipt,
    running_job,
    standing,
    waiting_job,
)
from skybatch.model.state import BATCH_TERMINAL, JobState
from skybatch.model.wording import some, whole

NAMED = 5  # jobs of a kind that get a sentence each; the others are summed up


def explain(situation: Situation, live: Live) -> Explanation:
    """The account of a batch. Its cost does not grow with the batch."""
    wrong = tuple(problems(situation, live))
    account = (
        standing(situation.batch, situation.now),
        *wrong,
        *_in_hand(situation, live),
        *(ended_jobs(state, situation) for state in (JobState.FAILED, JobState.PARTIAL)),
        receipt(situation.batch.pages),
        left_out(situation.batch),
        *advice(situation),
    )
    return Explanation(tuple(filter(None, account)), wrong)


def _in_hand(situation: Situation, live: Live) -> Iterator[str]:
    """What goes on, or why nothing does; silent about a batch that has ended."""
    if situation.batch.state in BATCH_TERMINAL:
        return
    held = tuple(_held(situation, live))
    yield from held
    if held or live.store_trouble is not None:
        return
    if situation.deadline_at is not None:
        yield f"it ends at its deadline in {whole(situation.deadline_at - situation.now)}"
    if live.recovery is not None:
        yield live.recovery
    yield from _running(situation, live)
    yield from _waiting(situation)
    yield from _ready(situation, live)
    for group in live.neighbours:
        yield (
            f"{some(group.jobs, 'job')} share one address, which allows "
            f"{some(group.limit, 'request')} at a time"
        )


def _held(situation: Situation, live: Live) -> Iterator[str]:
    """What keeps all jobs of the batch from being started."""
    running = situation.batch.counts[JobState.RUNNING]
    if situation.is_cancelled:
        yield f"it is cancelled, {_ending(situation)}"
    elif situation.deadline_at is not None and situation.deadline_at <= situation.now:
        yield f"its deadline has passed, {_ending(situation)}"
    back = f"; {_are(running, 'job')} being given back" if running else ""
    if live.is_paused:
        yield f"the daemon is paused{back}"
    if situation.batch.paused:
        yield f"the batch is paused{back}"


def _ending(situation: Situation) -> str:
    counts = situation.batch.counts
    pending = counts[JobState.PENDING]
    stopping = f"{_are(counts[JobState.RUNNING], 'job')} stopping"
    return f"{stopping} and {_are(pending, 'waiting job')} being ended" if pending else stopping


def _are(count: int, noun: str) -> str:
    return f"{some(count, noun)} {'is' if count == 1 else 'are'}"


def _running(situation: Situation, live: Live) -> Iterator[str]:
    named = situation.running[:NAMED]
    for job in named:
        yield running_job(job, live.jobs.get(job.job_id), situation)
    others = situation.batch.counts[JobState.RUNNING] - len(named)
    if others > 0:
        yield f"and {others:,} more {'is' if others == 1 else 'are'} running"


def _waiting(situation: Situation) -> Iterator[str]:
    named = situation.waits[:NAMED]
    for wait in named:
        yield waiting_job(wait, situation)
    others = Tally(situation.waiting.count - len(named), situation.waiting.is_whole)
    if others.count > 0:
        yield f"and {others} more {'waits for its' if others.is_one else 'wait for their'} time"


def _ready(situation: Situation, live: Live) -> Iterator[str]:
    """Why those that may start have not started."""
    ready = situation.ready
    if not ready.count:
        return
    wait = f"{ready} {'domain waits' if ready.is_one else 'domains wait'}"
    places = situation.batch.max_concurrent_jobs
    if situation.batch.counts[JobState.RUNNING] >= places:
        taken = "the only place" if places == 1 else f"all {places:,} places"
        verb = "is" if places == 1 else "are"
        yield f"{wait}: {taken} of the batch (max_concurrent_jobs) {verb} taken"
    elif live.is_clearing:
        yield f"{wait}: a job during which skybatch has died runs alone first"
    elif live.workers and live.busy >= live.workers:
        yield f"{wait}: {_busy(situation, live)}"
    else:
        yield f"{ready} {'domain is' if ready.is_one else 'domains are'} about to start"


def _busy(situation: Situation, live: Live) -> str:
    ours = situation.batch.counts[JobState.RUNNING]
    all_busy = f"all {live.workers:,} workers are busy"
    if not ours:
        whose = " with other batches"
    elif ours >= live.busy:
        whose = " with this batch"
    else:
        whose = f", {ours:,} of them with this batch"
    before = situation.before
    turn = f"; {before} {'batch is' if before.is_one else 'batches are'} before it"
    return f"{all_busy}{whose}{turn if before.count else ''}"
