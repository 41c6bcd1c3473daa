"""What somebody should look at: what is wrong with us, never what is wrong with a site."""

from collections.abc import Iterator, Mapping

from skybatch.model.explanation import Live, Situation
from skybatch.model.reason import Reason
from skybatch.model.state import BATCH_TERMINAL
from skybatch.model.wording import clause, some

# A reason that is the site's own when one domain has it, and most likely ours when all have it.
OUR_SIDE: Mapping[Reason, str] = {
    Reason.DNS_ERROR: "is this machine online?",
    Reason.UNREACHABLE: "is this machine online?",
}
_UNWRITABLE = "the database cannot be written"


def problems(situation: Situation, live: Live) -> Iterator[str]:
    """A sentence for each; none when the batch is healthy, however long it waits."""
    if live.store_trouble is not None and situation.batch.state not in BATCH_TERMINAL:
        yield f"{_UNWRITABLE} ({_trouble(live.store_trouble)}): work is paused"
    yield from live.findings
    yield from _bugs(situation)
    yield from _missed_deadline(situation)
    yield from _our_side(situation)


def _trouble(text: str) -> str:
    return clause(text.removeprefix(f"{_UNWRITABLE}: "))


def _bugs(situation: Situation) -> Iterator[str]:
    for group in situation.ended:
        if group.reason is Reason.INTERNAL:
            yield (
                f"a bug of skybatch ({group.reason}) ended {some(group.jobs, 'domain')}: "
                f"skybatch trace {group.job_id} shows where"
            )
    for wait in situation.waits:
        if wait.job.reason is Reason.INTERNAL:
            yield (
                f"a bug of skybatch ({wait.job.reason}) stopped {wait.job.domain}, which is tried "
                f"again: skybatch trace {wait.job.job_id} shows where"
            )


def _missed_deadline(situation: Situation) -> Iterator[str]:
    late = sum(group.jobs for group in situation.ended if group.reason is Reason.DEADLINE)
    if late:
        among = situation.ended_among
        where = "" if among is None else f" among the first {among:,} of the list"
        yield f"the deadline passed before {some(late, 'domain')}{where} could be completed"


def _our_side(situation: Situation) -> Iterator[str]:
    """Every domain that was tried has met with the same trouble, and it may well be ours."""
    if situation.batch.pages.fetched:
        return
    found = {group.reason for group in situation.ended}
    found |= {wait.job.reason for wait in situation.waits}
    tried = sum(group.jobs for group in situation.ended) + situation.waiting.count
    for reason, hint in OUR_SIDE.items():
        if found == {reason} and tried > 1:
            so_far = "" if situation.batch.state in BATCH_TERMINAL else " so far"
            yield f"every domain{so_far} failed with {reason}: {hint}"
