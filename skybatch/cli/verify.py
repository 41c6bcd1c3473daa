"""`skybatch verify`: proves a running daemon from end to end."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import click
import msgspec

from skybatch.cli.black_box import or_last_lines
from skybatch.cli.client import Client, Unreachable, connect
from skybatch.cli.exits import CommandError, Exit
from skybatch.cli.view import JobView, SelfCheckView, SubmittedView, TraceView
from skybatch.cli.wording import plain
from skybatch.model.selfcheck import Stage

# What a job goes through when all is well, in this order.
_LIFE = ("job.claimed", "page.fetched", "job.start_found", "job.finished")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the stages as JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Prove that the running daemon does its work: its API, a job through every state, the file
    that the job leaves. Submits nothing of yours, and fetches nothing but a page of its own.
    """
    with or_last_lines():
        stages = asyncio.run(_verify())
    is_ok = all(stage.ok for stage in stages)
    if as_json:
        click.echo(msgspec.json.encode({"ok": is_ok, "stages": stages}))
    else:
        for stage in stages:
            mark = "ok  " if stage.ok else "FAIL"
            click.echo(f"{mark}  {stage.stage:<13} {stage.ms:>5} ms  {plain(stage.detail)}")
    ctx.exit(Exit.OK if is_ok else Exit.ERROR)


async def _verify() -> list[Stage]:
    async with connect() as client:
        stages = [
            await _tried("token", lambda: _knows_us(client)),
            await _tried("submission", lambda: _reads_a_list(client)),
        ]
        check = (await client.get("/test_background_task")).read(SelfCheckView)
        stages += check.stages
        if check.job_id is not None:
            job_id = check.job_id
            stages.append(await _tried("job", lambda: _has_ended(client, job_id)))
            stages.append(await _tried("trace", lambda: _has_lived(client, job_id)))
        if check.marker_file is not None:
            marker = Path(check.marker_file)
            stages.append(await _tried("marker file", lambda: _has_marker(marker)))
        return stages


async def _tried(name: str, look: Callable[[], Awaitable[str]]) -> Stage:
    began = time.monotonic()
    try:
        detail, is_ok = await look(), True
    except Unreachable:
        raise
    except CommandError as error:
        detail, is_ok = str(error), False
    return Stage(name, is_ok, round((time.monotonic() - began) * 1_000), detail)


async def _knows_us(client: Client) -> str:
    await client.get("/batch", {"limit": "1"})
    return "the API answers, and knows the token"


async def _reads_a_list(client: Client) -> str:
    body = msgspec.json.encode({"domains": ["shop.example", "SHOP.example.", "no domain"]})
    answer = await client.post(
        "/batch", {"dry_run": "1"}, body=body, content_type="application/json"
    )
    seen = answer.read(SubmittedView)
    if (seen.job_count, seen.duplicates, seen.rejected_count) != (1, 1, 1):
        raise CommandError(f"of one domain, its duplicate and one that is none it read: {seen}")
    return "of three lines: 1 job, 1 duplicate, 1 rejected; nothing is stored"


async def _has_ended(client: Client, job_id: str) -> str:
    job = (await client.get(f"/status/{job_id}")).read(JobView)
    if job.status != "complete":
        raise CommandError(f"the job is {job.status} ({job.reason})")
    return "its status is complete"


async def _has_lived(client: Client, job_id: str) -> str:
    trace = (await client.get(f"/job/{job_id}/trace")).read(TraceView)
    types = [event.get("type") for attempt in trace.attempts for event in attempt.events]
    if missing := [kind for kind in _LIFE if kind not in types]:
        raise CommandError(f"its trace lacks {', '.join(missing)}")
    recorded = "stage" in {name for attempt in trace.attempts for e in attempt.events for name in e}
    if not recorded:
        raise CommandError("the flight recorder saw nothing of it")
    return "pending, claimed, fetched, finished; seen by the flight recorder too"


async def _has_marker(marker: Path) -> str:
    if await asyncio.to_thread(marker.is_file):
        return str(marker)
    return f"{marker} is on the machine of the daemon"
