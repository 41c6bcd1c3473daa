"""`skybatch trace`: the life of one job."""

import asyncio
from collections.abc import Mapping

import click

from skybatch.cli.black_box import or_story_of
from skybatch.cli.client import Answer, Client, connect
from skybatch.cli.exits import CommandError, Exit
from skybatch.cli.view import AttemptView, JobsView, TraceView
from skybatch.cli.wording import duration, plain
from skybatch.model.ids import is_uuid

# Members that have a place of their own: the domain stands above everything.
_TOLD = frozenset({"id", "type", "at", "source", "stack", "domain"})
_USUAL = {"tries": 1, "score": 0}  # say nothing
# Of some types, the members that a phrase tells, and the phrase.
_PHRASES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "job.stage": (("stage",), "{stage}"),
    "site.asked": (("url",), "{url}"),
    "page.asked": (("url",), "{url}"),
    "page.fetched": (
        ("status", "url", "bytes", "elapsed_ms"),
        "{status}  {url}  {bytes} bytes in {elapsed_ms} ms",
    ),
    "page.failed": (("reason", "url"), "{reason}  {url}"),
    "job.start_found": (("url",), "{url}"),
    "job.finished": (("state",), "{state}"),
}


@click.command()
@click.argument("job", metavar="JOB_ID|DOMAIN")
@click.option("--batch", help="Look for the domain in this batch instead of in the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
def command(*, job: str, batch: str | None, as_json: bool) -> None:
    """Tell the life of a job, attempt by attempt: what the database knows of it, and what only the
    flight recorder saw. Without a daemon the recorder tells alone.
    """
    with or_story_of(job.lower(), as_json=as_json):
        answer = asyncio.run(_trace(job, batch))
    if as_json:
        click.echo(answer.body)
    else:
        tell(answer.read(TraceView))


async def _trace(job: str, batch: str | None) -> Answer:
    async with connect() as client:
        job_id = job.lower() if is_uuid(job.lower()) else await _job_of(client, job, batch)
        return await client.get(f"/job/{job_id}/trace")


async def _job_of(client: Client, domain: str, batch: str | None) -> str:
    batch_id = await client.find_batch(batch)
    jobs = (await client.get(f"/batch/{batch_id}/jobs", {"domain": domain})).read(JobsView)
    for job in jobs.items:
        return job.job_id
    raise CommandError(f"batch {batch_id} has no job for {domain}", Exit.NOT_FOUND)


def tell(trace: TraceView) -> None:
    """Print a trace for people: seconds from the beginning of each attempt."""
    click.echo(f"{plain(trace.domain)}  {trace.status}  job {trace.job_id}")
    for event in trace.events:
        click.echo(f"  {event.get('at')}  {_words(event)}")
    for attempt in trace.attempts:
        _tell_attempt(attempt)


def _tell_attempt(attempt: AttemptView) -> None:
    took = f", {duration(attempt.seconds)}" if attempt.seconds is not None else ""
    error = f"  {plain(attempt.error)}" if attempt.error else ""
    head = f"attempt {attempt.attempt}: {attempt.outcome or 'runs'}{took}{error}"
    click.echo(f"{head}  (since {attempt.started_at})")
    for event in attempt.events:
        click.echo(f"  {attempt.offset(event):>9}  {_words(event)}")
    for line in (attempt.stack or "").splitlines():
        click.echo(f"  | {plain(line)}")


def _words(event: dict[str, object]) -> str:
    """The type, what matters of it in words, and whatever else there is."""
    members = {
        name: plain(value)
        for name, value in event.items()
        if name not in _TOLD and value not in (None, _USUAL.get(name))
    }
    kind = str(event.get("type", ""))
    names, phrase = _PHRASES.get(kind, ((), ""))
    if not all(name in members for name in names):
        names, phrase = (), ""
    told = phrase.format_map(members)
    rest = [f"{name}={value}" for name, value in members.items() if name not in names]
    seen = "(recorder only)" if event.get("source") == "recorder" else ""
    return "  ".join(filter(None, (f"{kind:<16}", told, *rest, seen)))
