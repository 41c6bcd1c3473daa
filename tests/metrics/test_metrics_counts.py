"""What is counted beside the work: durations, changes of state, requests, the lag of the loop."""

import asyncio
import re
import subprocess
import sys
import time
from collections import Counter

import pytest

from skybatch.bus import Bus
from skybatch.metrics.families import histogram
from skybatch.metrics.loop_lag import SAMPLE_SECONDS, loop_lag
from skybatch.metrics.requests import Requests
from skybatch.metrics.transitions import Transitions
from skybatch.metrics.work import STAGES
from skybatch.model.durations import Durations
from skybatch.model.event import Event, EventType
from skybatch.model.recovery import Recovered
from skybatch.model.state import BatchState, JobState
from tests.metrics.scrape import ROOT


def test_a_duration_counts_below_the_smallest_bound_that_holds_it():
    durations = Durations((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7.0):
        durations.add(seconds)
    assert durations.counts == [2, 1, 1]
    assert durations.sum_s == pytest.approx(7.65)


def test_a_histogram_tells_what_is_below_each_bound():
    durations = Durations((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7.0):
        durations.add(seconds)
    samples = histogram("wait_seconds", "How long.", durations).samples
    told = {sample.labels.get("le", sample.name): sample.value for sample in samples}
    assert told == {"0.1": 2, "1.0": 3, "+Inf": 4, "wait_seconds_count": 4,
                    "wait_seconds_sum": pytest.approx(7.65)}  # fmt: skip


def heard(*told):
    transitions = Transitions()
    for number, (kind, data) in enumerate(told):
        transitions.hear(Event(number, 0.0, kind, "batch", "job", 1, data))
    return transitions


def test_each_change_of_state_counts_once():
    found = heard(
        (EventType.BATCH_SUBMITTED, {"jobs": 3}),
        (EventType.BATCH_STARTED, {}),
        (EventType.JOB_CLAIMED, {}),
        (EventType.JOB_START_FOUND, {}),
        (EventType.JOB_RETRY_SCHEDULED, {"reason": "timeout"}),
        (EventType.JOB_CLAIMED, {}),
        (EventType.JOB_RELEASED, {"reason": None}),
        (EventType.JOB_CLAIMED, {}),
        (EventType.JOB_FINISHED, {"state": "complete", "reason": None}),
        (EventType.JOB_FINISHED, {"state": "failed", "reason": "nxdomain"}),
        (EventType.BATCH_FINISHED, {"state": "partial"}),
    )
    assert found.jobs == Counter(
        {JobState.PENDING: 5, JobState.RUNNING: 3, JobState.COMPLETE: 1, JobState.FAILED: 1}
    )
    assert +found.batches == Counter(
        {BatchState.PENDING: 1, BatchState.RUNNING: 1, BatchState.PARTIAL: 1}
    )
    assert +found.ends == {(JobState.COMPLETE, ""): 1, (JobState.FAILED, "nxdomain"): 1}
    assert +found.retries == {"timeout": 1}


def test_a_rescue_is_told_once_and_its_job_goes_back_once():
    """The rescuer tells of it, then of what becomes of the job; the start puts it back at once."""
    found = heard((EventType.JOB_RESCUED, {}), (EventType.JOB_RETRY_SCHEDULED, {"reason": "x"}))
    assert found.jobs[JobState.PENDING] == 1
    started = heard((EventType.JOB_RESCUED, {}))
    started.recovered(Recovered(jobs=1))
    assert (started.jobs[JobState.PENDING], started.events[EventType.JOB_RESCUED]) == (1, 1)


def test_a_method_that_a_client_makes_up_is_none_of_the_labels():
    requests = Requests()
    for method in ("GET", "BREW", "X" * 1_000):
        requests.answered("/metrics", method, 405, 0.1)
    assert requests.answers == {("/metrics", "GET", "4xx"): 1, ("/metrics", "other", "4xx"): 2}
    assert sum(requests.durations["/metrics"].counts) == 3


def test_a_disk_that_is_full_is_no_bug():
    requests = Requests()
    for status in (200, 500, 503, 507):
        requests.answered("/metrics", "GET", status, 0.1)
    assert requests.bugs == 1


async def test_a_loop_that_is_held_up_is_late():
    async with loop_lag() as lags:
        await asyncio.sleep(SAMPLE_SECONDS / 2)
        time.sleep(2 * SAMPLE_SECONDS)  # noqa: ASYNC251 - it is what is measured
        await asyncio.sleep(0.01)
    assert lags.sum_s > SAMPLE_SECONDS


def test_the_bus_counts_what_slow_subscribers_miss_and_listeners_that_fail():
    bus = Bus()
    bus.listen(lambda event: 1 / 0)
    with bus.subscribe(capacity=2), bus.subscribe(capacity=100):
        for number in range(5):
            bus.publish(Event(number, 0.0, EventType.BATCH_STARTED, "batch"))
        assert (bus.missed, bus.failures, bus.subscribers) == (3, 5, 2)


def test_every_stage_of_an_attempt_is_a_label():
    code = "".join(path.read_text("utf-8") for path in (ROOT / "skybatch/crawl").glob("*.py"))
    assert {"claimed", *re.findall(r"\.stage\(\"(\w+)\"\)", code)} == set(STAGES)


def test_a_start_does_not_wait_for_the_library():
    """It is imported with the first scrape."""
    code = "import sys, skybatch.daemon; print('prometheus_client' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "False\n", done.stderr
