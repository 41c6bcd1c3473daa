"""POST /scan: one domain, a batch of its own."""

import msgspec
from aiohttp import web

from skybatch.api import body, once
from skybatch.api.context import PREFIX, context_of
from skybatch.api.shapes import ScannedShape
from skybatch.api.submit import submission_of
from skybatch.errors import Fault, Invalid, suggest
from skybatch.intake.verdict import entry_of, judge
from skybatch.model.batch import Accepted, Receipted, Rejected, Submission
from skybatch.model.clock import rfc3339
from skybatch.store import jobs, submissions
from skybatch.store.tx import Tx

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
    key = once.key_of(request, submission, has_own_id=False)
    return await once.once(request, key, lambda: _take(request, submission, line, key))


async def _take(
    request: web.Request, submission: Submission, line: Accepted | Rejected, key: str | None
) -> web.Response:
    context, encoded = context_of(request), b""

    def conclude(tx: Tx, receipt: Receipted) -> None:
        nonlocal encoded
        job_id = jobs.first_of(tx, submission.batch_id)
        encoded = msgspec.json.encode(
            ScannedShape(
                job_id=job_id,
                batch_id=submission.batch_id,
                status_url=f"{PREFIX}/status/{job_id}",
                created_at=rfc3339(receipt.created_at),
            )
        )
        once.remember(tx, request, submission, key, encoded)

    lines = submissions.one_slice([line])
    await submissions.submit(context.store, submission, lines, conclude)
    context.wake()
    return once.response(encoded)


def _line(members: dict[str, object], faults: list[Fault]) -> Accepted | Rejected:
    line = judge(entry_of(0, members.get("base_url")))
    if "base_url" not in members:
        faults.append(Fault("/base_url", "missing", "base_url is missing"))
    elif isinstance(line, Rejected):
        faults.append(Fault("/base_url", line.code, line.detail))
    return line
