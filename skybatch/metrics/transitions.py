"""Changes of state, counted as the bus tells of them."""

from collections import Counter
from collections.abc import Mapping

from skybatch.model.event import Event, EventType
from skybatch.model.reason import Reason
from skybatch.model.recovery import Recovered
from skybatch.model.state import BatchState, JobState

# A rescue is none of them: what becomes of the job is told by the event that follows, and what the
# start puts back is in its report.
_JOBS: Mapping[EventType, JobState] = {
    EventType.JOB_CLAIMED: JobState.RUNNING,
    EventType.JOB_RETRY_SCHEDULED: JobState.PENDING,
    EventType.JOB_RELEASED: JobState.PENDING,
}


class Transitions:
    """A listener on the bus. What is counted began with this run of the daemon."""

    def __init__(self) -> None:
        self.jobs: Counter[JobState] = Counter()  # by their new state
        self.batches: Counter[BatchState] = Counter()
        self.events: Counter[EventType] = Counter()
        # Bugs are there from the start: the rate of a counter that appears misses its first one.
        bug = Reason.INTERNAL.value
        self.ends = Counter({(JobState.FAILED, bug): 0, (JobState.PARTIAL, bug): 0})  # of jobs
        self.retries = Counter({bug: 0})  # by reason

    def recovered(self, recovered: Recovered) -> None:
        """The start has put jobs back."""
        self.jobs[JobState.PENDING] += recovered.jobs

    def hear(self, event: Event) -> None:
        """One event, after its commit."""
        self.events[event.type] += 1
        if (state := _JOBS.get(event.type)) is not None:
            self.jobs[state] += 1
        match event.type:
            case EventType.JOB_FINISHED:
                self._ended(event)
            case EventType.JOB_RETRY_SCHEDULED:
                self.retries[str(event.data.get("reason") or "")] += 1
            case EventType.BATCH_SUBMITTED:
                self.batches[BatchState.PENDING] += 1
                self.jobs[JobState.PENDING] += int(event.data.get("jobs") or 0)
            case EventType.BATCH_STARTED:
                self.batches[BatchState.RUNNING] += 1
            case EventType.BATCH_FINISHED:
                self.batches[BatchState(str(event.data["state"]))] += 1

    def _ended(self, event: Event) -> None:
        state = JobState(str(event.data["state"]))
        self.jobs[state] += 1
        self.ends[state, str(event.data.get("reason") or "")] += 1
