"""The table of outcomes."""

import pytest

from skybatch.model.job import Claim
from skybatch.model.options import Options
from skybatch.model.outcome import Ended, Finished, Released, Report, Retry, decide
from skybatch.model.reason import Reason
from skybatch.model.state import ALLOWED, BatchState, JobState, batch_state
from skybatch.model.target import Target


def claim(*, charged=0, waits=0, fetched=0):
    return Claim(
        seq=1,
        batch_seq=1,
        job_id="j",
        batch_id="b",
        attempt=1,
        charged=charged,
        crashes=0,
        suspect=None,
        waits=waits,
        target=Target("a.example", "a.example"),
        max_pages=10,
        options=Options(max_attempts=3),
        fetched=fetched,
        deadline_at=None,
    )


def outcome(report, **kwargs):
    return decide(report, claim(**kwargs), retry_delay_s=7.0, max_wait_s=600.0)


COMPLETE, PARTIAL, FAILED = JobState.COMPLETE, JobState.PARTIAL, JobState.FAILED


@pytest.mark.parametrize(
    ("report", "state", "reason"),
    [
        (Report(Ended.DRY, 3), COMPLETE, None),
        (Report(Ended.BUDGET, 10), COMPLETE, None),
        (Report(Ended.GOAL, 1), COMPLETE, None),
        (Report(Ended.DRY, 3, lost=Reason.TIMEOUT), PARTIAL, Reason.TIMEOUT),
        (Report(Ended.NO_START, 0, Reason.NXDOMAIN), FAILED, Reason.NXDOMAIN),
        (Report(Ended.NO_START, 0, Reason.NOT_HTML), FAILED, Reason.NOT_HTML),
        (Report(Ended.CANCELLED, 0), JobState.CANCELLED, Reason.CANCELLED),
        (Report(Ended.CANCELLED, 1), PARTIAL, Reason.CANCELLED),
        (Report(Ended.DEADLINE, 0), FAILED, Reason.DEADLINE),
        (Report(Ended.DEADLINE, 1), PARTIAL, Reason.DEADLINE),
        (Report(Ended.WAIT, 0, wait_s=601), FAILED, Reason.RATE_LIMITED),
        (Report(Ended.POISON, 0), FAILED, Reason.INTERNAL),
        (Report(Ended.POISON, 2), PARTIAL, Reason.INTERNAL),
        (Report(Ended.WAIT, 2, wait_s=601), PARTIAL, Reason.RATE_LIMITED),
    ],
)
def test_an_attempt_ends_its_job(report, state, reason):
    ended = outcome(report)
    assert isinstance(ended, Finished)
    assert (ended.state, ended.reason) == (state, reason)


@pytest.mark.parametrize("reason", [Reason.TIMEOUT, Reason.REFUSED, Reason.DNS_ERROR])
def test_a_passing_failure_is_tried_again_until_the_attempts_are_used_up(reason):
    report = Report(Ended.NO_START, 0, reason)
    assert outcome(report, charged=0) == Retry(reason, None, 7.0)
    assert outcome(report, charged=1) == Retry(reason, None, 7.0)
    assert outcome(report, charged=2) == Finished(FAILED, reason)


def test_a_crash_of_ours_is_tried_again_and_then_internal():
    assert isinstance(outcome(Report(Ended.CRASHED, 0)), Retry)
    assert outcome(Report(Ended.CRASHED, 0), charged=2) == Finished(FAILED, Reason.INTERNAL)


def test_a_drained_attempt_is_not_charged():
    drained = Report(Ended.DRAINED, 4)
    assert outcome(drained, charged=1, waits=2, fetched=4) == Released(waits=2)
    assert outcome(drained, charged=1, waits=2, fetched=3) == Released(waits=0), "a new page"


def test_waits_in_a_row_without_a_new_page_end_the_job():
    waiting = Report(Ended.WAIT, 5, wait_s=30)
    assert outcome(waiting, waits=0, fetched=5) == Released(waits=1, delay_s=30)
    assert outcome(waiting, waits=1, fetched=5) == Released(waits=2, delay_s=30)
    assert outcome(waiting, waits=2, fetched=5) == Finished(PARTIAL, Reason.RATE_LIMITED, wait_s=30)
    assert outcome(waiting, waits=2, fetched=4) == Released(waits=1, delay_s=30)


def test_a_site_that_wants_little_at_a_time_is_never_held_against_its_job():
    paced = Report(Ended.PACED, 5, wait_s=60)
    assert outcome(paced, charged=2, waits=2, fetched=5) == Released(waits=2, delay_s=60)


def test_every_outcome_is_an_allowed_change():
    for ended in Ended:
        for fetched in (0, 1):
            for charged in (0, 2):
                result = outcome(Report(ended, fetched), charged=charged)
                state = result.state if isinstance(result, Finished) else JobState.PENDING
                assert state in ALLOWED[JobState.RUNNING]


@pytest.mark.parametrize(
    ("counts", "started", "state"),
    [
        ({JobState.PENDING: 2}, False, BatchState.PENDING),
        ({JobState.PENDING: 1, COMPLETE: 1}, True, BatchState.RUNNING),
        ({JobState.RUNNING: 1}, True, BatchState.RUNNING),
        ({COMPLETE: 2}, True, BatchState.COMPLETE),
        ({FAILED: 2}, True, BatchState.FAILED),
        ({JobState.CANCELLED: 2}, False, BatchState.CANCELLED),
        ({COMPLETE: 1, FAILED: 1}, True, BatchState.PARTIAL),
        ({JobState.CANCELLED: 1, FAILED: 1}, True, BatchState.PARTIAL),
        ({PARTIAL: 1}, True, BatchState.PARTIAL),
    ],
)
def test_the_state_of_a_batch_follows_from_its_jobs(counts, started, state):
    assert batch_state(counts, started=started) is state
