"""What an attempt's end means for its job: decided purely, persisted elsewhere."""

from dataclasses import dataclass, replace
from enum import StrEnum

from skybatch.model.job import Claim
from skybatch.model.reason import MEANING, Reason
from skybatch.model.state import JobState


class Ended(StrEnum):
    """How an attempt came to its end."""

    DRY = "dry"  # the frontier ran dry
    BUDGET = "budget"  # the page budget was used
    GOAL = "goal"  # the batch has what it wanted of this domain
    NO_START = "no_start"  # no candidate gave a start page
    WAIT = "wait"  # the host asked us to come back later
    PACED = "paced"  # the site wants so long between two requests that nobody waits for it
    DRAINED = "drained"  # the daemon stops
    DEADLINE = "deadline"  # the batch ran out of time
    CANCELLED = "cancelled"  # a user said so
    CRASHED = "crashed"  # a bug of ours
    POISON = "poison"  # reading one of its pages has killed the daemon too often
    STUCK = "stuck"  # it got nowhere for too long, and was broken off


@dataclass(frozen=True, slots=True)
class Report:
    """What an attempt came to."""

    ended: Ended
    fetched: int  # pages stored, all attempts together
    reason: Reason | None = None  # of NO_START
    detail: str | None = None
    lost: Reason | None = None  # a page was lost for this passing reason after its last retry
    wait_s: float = 0.0  # of WAIT and PACED
    stack: str | None = None  # of CRASHED and STUCK: where


@dataclass(frozen=True, slots=True)
class Finished:
    """The job ends."""

    state: JobState
    reason: Reason | None = None
    detail: str | None = None
    leftover: Ended | None = None  # BUDGET or GOAL: what is queued becomes skipped for it
    stack: str | None = None
    wait_s: float = 0.0  # the host asked to be left alone for so long


@dataclass(frozen=True, slots=True)
class Retry:
    """The job goes back and is charged; it runs again after `delay_s`."""

    reason: Reason
    detail: str | None
    delay_s: float
    stack: str | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """The job goes back uncharged; it runs again after `delay_s`."""

    waits: int
    delay_s: float = 0.0
    detail: str | None = None


Outcome = Finished | Retry | Released


def decide(report: Report, claim: Claim, *, retry_delay_s: float, max_wait_s: float) -> Outcome:
    """The outcome of an attempt. `retry_delay_s`: the backoff that a retry would get."""
    match report.ended:
        case Ended.DRY | Ended.BUDGET | Ended.GOAL:
            return _done(report)
        case Ended.WAIT:
            return _wait(report, claim, max_wait_s)
        case Ended.DRAINED:
            return Released(waits=_waits(report, claim))
        case Ended.PACED:
            return Released(_waits(report, claim), report.wait_s, report.detail)
        case Ended.CANCELLED | Ended.DEADLINE | Ended.POISON:
            return _cut(report, *_CUTS[report.ended])
        case Ended.NO_START | Ended.CRASHED | Ended.STUCK:
            return _failed(report, claim, report.reason or Reason.INTERNAL, retry_delay_s)


# What ends a job whatever it has tried: the reason, and the state of a job without a page.
_CUTS = {
    Ended.CANCELLED: (Reason.CANCELLED, JobState.CANCELLED),
    Ended.DEADLINE: (Reason.DEADLINE, JobState.FAILED),
    Ended.POISON: (Reason.INTERNAL, JobState.FAILED),
}


def _done(report: Report) -> Finished:
    state = JobState.PARTIAL if report.lost else JobState.COMPLETE
    return Finished(state, report.lost, report.detail, leftover=report.ended)


def _wait(report: Report, claim: Claim, max_wait_s: float) -> Outcome:
    waits = _waits(report, claim) + 1
    if report.wait_s > max_wait_s or waits >= claim.options.max_attempts:
        ended = _cut(report, Reason.RATE_LIMITED, JobState.FAILED)
        return replace(ended, wait_s=report.wait_s)
    return Released(waits=waits, delay_s=report.wait_s, detail=report.detail)


def _waits(report: Report, claim: Claim) -> int:
    """How often in a row it was released before; a new page ends the row."""
    return 0 if report.fetched > claim.fetched else claim.waits


def _failed(report: Report, claim: Claim, reason: Reason, retry_delay_s: float) -> Outcome:
    if MEANING[reason].is_passing and claim.charged + 1 < claim.options.max_attempts:
        return Retry(reason, report.detail, retry_delay_s, report.stack)
    return _cut(report, reason, JobState.FAILED)


def _cut(report: Report, reason: Reason, without_pages: JobState) -> Finished:
    state = JobState.PARTIAL if report.fetched else without_pages
    return Finished(state, reason, report.detail, stack=report.stack)
