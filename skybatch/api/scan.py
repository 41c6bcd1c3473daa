"""POST /scan: one domain, a batch of its own."""

from aiohttp import web

from skybatch.api import body
from skybatch.api.answers import answer
from skybatch.api.context import PREFIX, context_of
from skybatch.api.submit import submission_of
from skybatch.errors import Fault, Invalid, suggest
from skybatch.intake.verdict import entry_of, judge
from skybatch.model.batch import Accepted, Rejected
from skybatch.model.clock import rfc3339
from skybatch.store import batches, jobs, submissions

MEMBERS = ("base_url", "max_pages")
LISTED = 100  # unknown members that an answer names


async def scan(request: web.Request) -> web.Response:
    """202 with the job and its batch."""
    context = context_of(request)
    body.media_type(request, "application/json")
    members = await body.json_object(
        request,
        limit=context.limits.json_bytes,
        silence_seconds=context.limits.silence_seconds,
    )
    faults = [
        Fault(f"/{name}", "unknown", f"there is no member {name!r}{suggest(name, MEMBERS)}")
        for name in sorted(members.keys() - set(MEMBERS))[:LISTED]
    ]
    line = _line(members, faults)
    pages = {"max_pages": members["max_pages"]} if "max_pages" in members else {}
    try:
        submission = submission_of(request, pages)
    except Invalid as invalid:
        raise Invalid((*faults, *invalid.faults)) from invalid
    if faults:
        raise Invalid(tuple(faults))
    receipt = await submissions.submit(context.store, submission, submissions.one_slice([line]))
    context.wake()
    async with context.store.read() as db:
        batch = await batches.find(db, submission.batch_id)
        (job,) = await jobs.listing(db, batch.seq, limit=1)
    status_url = f"{PREFIX}/status/{job.job_id}"
    shape = {
        "job_id": job.job_id,
        "batch_id": batch.batch_id,
        "status_url": status_url,
        "created_at": rfc3339(receipt.created_at),
    }
    return answer(shape, status=202, headers={"Location": status_url})


def _line(members: dict[str, object], faults: list[Fault]) -> Accepted | Rejected:
    line = judge(entry_of(0, members.get("base_url")))
    if "base_url" not in members:
        faults.append(Fault("/base_url", "missing", "base_url is missing"))
    elif isinstance(line, Rejected):
        faults.append(Fault("/base_url", line.code, line.detail))
    return line
