"""One sentence each about a batch, its jobs, and how they ended."""

from collections.abc import Iterator, Mapping, Sequence

from skybatch.model.batch import Batch
from skybatch.model.explanation import Forbidden, Group, LiveJob, Situation, Wait
from skybatch.model.job import Job
from skybatch.model.reason import MEANING, Reason
from skybatch.model.receipt import Receipt
from skybatch.model.state import BATCH_TERMINAL, TERMINAL, BatchState, JobState, SkipReason
from skybatch.model.wording import clause, listed, some, whole

QUIET_S = 10.0  # without a step forward, before that is told
REASONS = 5  # told one by one for each state
_TOLD_AS_PROBLEMS = frozenset({Reason.INTERNAL, Reason.DEADLINE})
_NOBODYS_CONCERN = frozenset({Reason.CANCELLED})

DOING: Mapping[str, str] = {
    "claimed": "getting ready",
    "robots": "asking for robots.txt",
    "start": "asking for its start page",
    "sitemaps": "reading sitemaps",
    "crawl": "fetching pages",
}
LEFT_OUT: Mapping[SkipReason, str] = {
    SkipReason.ROBOTS: "forbidden by robots.txt",
    SkipReason.SCOPE: "on other sites",
    SkipReason.BUDGET: "beyond the page budget",
    SkipReason.DUPLICATE: "redirected to pages already held",
    SkipReason.TYPE: "of a type that is not read",
    SkipReason.TRAP: "in an endless space of URLs",
    SkipReason.GOAL: "not needed for the goal",
}
_ENDED: Mapping[JobState, tuple[str, str]] = {
    JobState.PARTIAL: ("is partial", "are partial"),
    JobState.FAILED: ("failed", "failed"),
}


def standing(batch: Batch, now: float) -> str:
    """The state of a batch in numbers."""
    counts, total = batch.counts, some(batch.total, "domain")
    pages = some(batch.pages.fetched, "page")
    if batch.state in BATCH_TERMINAL:
        return f"{batch.state}: {_outcome(batch)}, {pages}{_took(batch)}"
    if batch.state is BatchState.PENDING:
        none = "its domain has not" if batch.total == 1 else f"none of {total} has"
        return f"pending for {whole(now - batch.created_at)}: {none} started"
    done = sum(counts[state] for state in TERMINAL)
    return (
        f"running for {whole(now - (batch.started_at or now))}: {done:,} of {total} done, "
        f"{counts[JobState.RUNNING]:,} running, {counts[JobState.PENDING]:,} waiting; "
        f"{pages} stored"
    )


def _outcome(batch: Batch) -> str:
    total = some(batch.total, "domain")
    if batch.state is not BatchState.PARTIAL:
        return f"{batch.counts[JobState(batch.state.value)]:,} of {total}"
    counts = [f"{count:,} {state}" for state, count in batch.counts.items() if count]
    return f"{listed(counts)} of {total}"


def _took(batch: Batch) -> str:
    if batch.started_at is None or batch.finished_at is None:
        return ""
    return f" in {round(batch.finished_at - batch.started_at)} s"


def left_out(batch: Batch) -> str:
    """The lines of the list that made no job; empty when every line did."""
    lines = []
    if batch.duplicates:
        lines.append(some(batch.duplicates, "duplicate"))
    if batch.rejected:
        is_one = batch.rejected == 1
        lines.append(f"{some(batch.rejected, 'line')} that {'is' if is_one else 'are'} no domain")
    return f"the list also has {listed(lines)}" if lines else ""


def receipt(pages: Receipt) -> str:
    """What became of every URL; empty when all of them are stored."""
    skipped = {reason: count for reason, count in pages.skipped.items() if count}
    parts = [f"{pages.fetched:,} stored"]
    if pages.failed:
        parts.append(f"{pages.failed:,} failed")
    if pages.queued:
        parts.append(f"{pages.queued:,} queued")
    if skipped:
        why = ", ".join(f"{count:,} {LEFT_OUT[reason]}" for reason, count in skipped.items())
        parts.append(f"{sum(skipped.values()):,} left out ({why})")
    return f"{some(pages.discovered, 'URL')} found: {', '.join(parts)}" if parts[1:] else ""


def running_job(job: Job, live: LiveJob | None, situation: Situation) -> str:
    """What a worker does with a job."""
    stage = live.stage if live else job.stage
    stage_for_s = live.stage_for_s if live else None
    if stage_for_s is None:
        stage_for_s = situation.now - job.stage_at
    doing = DOING.get(stage, f"at stage {stage}")
    parts = [f"{job.domain} has been {doing} for {whole(stage_for_s)}"]
    parts += _pages(job, situation)
    if job.charged:
        parts.append(f"{job.charged} of {situation.max_attempts} attempts failed before")
    if live and live.waits_for:
        parts.append(f"it waits for {live.waits_for}")
    if live and live.progress_age_s >= QUIET_S:
        parts.append(f"nothing new for {whole(live.progress_age_s)}")
    return "; ".join(parts)


def waiting_job(wait: Wait, situation: Situation) -> str:
    """Why a job waits for a time, and for how long."""
    job, left = wait.job, whole(wait.until - situation.now)
    if job.reason is not None:
        why = clause(job.detail or MEANING[job.reason].sentence)
        attempt = f"attempt {job.charged} of {situation.max_attempts}"
        first = f"{job.domain}: {attempt} failed ({why}), next attempt in {left}"
    elif job.wait_s > 0:
        first = f"{job.domain} asked to wait {whole(job.wait_s)}, {left} left"
    else:
        first = f"{job.domain} asked to be left alone, {left} left"
    return "; ".join([first, *_pages(job, situation)])


def _pages(job: Job, situation: Situation) -> list[str]:
    pages = job.pages
    if not pages.discovered:
        return []
    parts = [f"{pages.fetched:,} of {some(situation.batch.max_pages, 'page')} stored"]
    if pages.failed:
        parts.append(f"{pages.failed:,} failed")
    if robots := pages.skipped.get(SkipReason.ROBOTS, 0):
        parts.append(f"{robots:,} skipped by {_forbidden(situation.forbidden.get(job.job_id, ()))}")
    return parts


def _forbidden(found: Sequence[Forbidden]) -> str:
    """What said that pages are not wanted; the commonest of it, when several did."""
    if len(found) == 1 and found[0].by:
        return found[0].by
    lines = [(each.pages, each.by.removesuffix(" of robots.txt")) for each in found if each.by]
    named = [f"{pages:,} by {line}" for pages, line in lines[:REASONS]]
    return f"robots.txt ({', '.join(named)})" if named else "robots.txt"


def ended_jobs(state: JobState, situation: Situation) -> str:
    """Why jobs failed or are partial; empty when none is."""
    count = situation.batch.counts[state]
    if not count:
        return ""
    one, many = _ENDED[state]
    ended = f"{some(count, 'domain')} {one if count == 1 else many}"
    groups = [group for group in situation.ended if group.state is state]
    if situation.ended_among is not None:
        among = f"among the first {situation.ended_among:,} of the list"
        return f"{ended}; {among}: {_causes(groups) or 'none'}"
    if len(groups) != 1:
        return f"{ended}: {_causes(groups)}" if groups else ended
    if count == 1:
        return f"{groups[0].domain} {one} {_because(groups[0].reason)}"
    return f"{ended} {_because(groups[0].reason)}"


def advice(situation: Situation) -> Iterator[str]:
    """What to do about the commonest reasons; nothing about those that are told as problems."""
    reasons = dict.fromkeys(group.reason for group in situation.ended if group.reason is not None)
    named = [reason for reason in reasons if reason not in _TOLD_AS_PROBLEMS | _NOBODYS_CONCERN]
    for reason in named[:REASONS]:
        yield f"{reason}: {clause(MEANING[reason].advice)}"


def _causes(groups: Sequence[Group]) -> str:
    """The commonest first."""
    causes = [f"{_who(group)} {_because(group.reason)}" for group in groups[:REASONS]]
    if others := groups[REASONS:]:
        jobs = sum(group.jobs for group in others)
        causes.append(f"{jobs:,} for {some(len(others), 'other reason')}")
    return ", ".join(causes)


def _who(group: Group) -> str:
    return group.domain if group.jobs == 1 else f"{group.jobs:,}"


def _because(reason: Reason | None) -> str:
    if reason is None or reason is Reason.INTERNAL:  # never a bare "failed": it would be our bug
        return f"because of a bug of skybatch ({Reason.INTERNAL})"
    return f"because {clause(MEANING[reason].sentence)} ({reason})"
