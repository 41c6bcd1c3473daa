"""POST /batch: a list of domains becomes a batch, all of it or nothing."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from aiohttp import web

from skybatch.api import body, once
from skybatch.api.answers import answer
from skybatch.api.context import OWNER, Context, context_of
from skybatch.api.shaping import submitted
from skybatch.errors import Fault, Invalid
from skybatch.intake.query import at_query, query_members
from skybatch.intake.submission import parse_submission
from skybatch.intake.table import MEDIA_TYPES, read_table
from skybatch.intake.verdict import entry_of, judge
from skybatch.model.batch import Accepted, Receipted, Rejected, Submission
from skybatch.model.ids import uuid7
from skybatch.model.target import Entry
from skybatch.store import submissions
from skybatch.store.tx import Tx

JSON = "application/json"
SLICE = 500  # lines judged in one turn of the loop: a few milliseconds
DRY_RUN = "dry_run"

Lines = AsyncIterator[Sequence[Accepted | Rejected]]


async def submit(request: web.Request) -> web.Response:
    """202 once the batch is on disk; with `dry_run=1` 200, and nothing is stored."""
    if body.media_type(request, JSON, *MEDIA_TYPES) == JSON:
        asked = await _from_json(request)
    else:
        asked = _from_stream(request)
    if asked.is_dry:
        return answer(submitted(None, DRY_RUN, await dry_run(asked.lines)))
    key = once.key_of(request, asked.submission, has_own_id=asked.has_own_id)
    return await take_once(request, asked.submission, asked.lines, key)


async def take_once(
    request: web.Request, submission: Submission, lines: Lines, key: str | None
) -> web.Response:
    """Take a submission in; the same under the same key gets the first answer again."""
    return await once.once(request, key, lambda: _take(request, submission, lines, key))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request asks for."""

    submission: Submission
    lines: Lines
    is_dry: bool
    has_own_id: bool  # the client has chosen the id of the batch


async def _take(
    request: web.Request, submission: Submission, lines: Lines, key: str | None
) -> web.Response:
    """Store a submission, wake the workers, tell what became of it."""
    context = context_of(request)

    def encoded(receipt: Receipted) -> bytes:
        return msgspec.json.encode(submitted(submission.batch_id, "pending", receipt))

    def conclude(tx: Tx, receipt: Receipted) -> None:
        once.remember(tx, request, submission, key, encoded(receipt))

    receipt = await submissions.submit(context.store, submission, lines, conclude)
    context.wake()
    return once.response(encoded(receipt))


def submission_of(request: web.Request, members: Mapping[str, object]) -> Submission:
    """The members as a submission of whoever sent the request. Raises Invalid."""
    context = context_of(request)
    return parse_submission(
        members,
        defaults=context.defaults,
        default_concurrency=context.default_concurrency,
        owner=request[OWNER],
        batch_id=uuid7(context.clock.now()),
    )


async def judged(slices: AsyncIterator[Sequence[Entry | Rejected]]) -> Lines:
    """Each line held against the rules; other requests get their turn in between."""
    async for entries in slices:
        lines: list[Accepted | Rejected] = []
        for start in range(0, len(entries), SLICE):
            lines += map(judge, entries[start : start + SLICE])
            await asyncio.sleep(0)
        yield lines


async def _from_json(request: web.Request) -> _Asked:
    limits = context_of(request).limits
    members = await body.json_object(
        request, limit=limits.json_bytes, silence_seconds=limits.silence_seconds
    )
    faults: list[Fault] = []
    is_dry = _query_of_json(request, faults)
    domains = members.pop("domains", None)
    lines: Lines | None = None
    if not isinstance(domains, list):
        detail = "domains is missing" if domains is None else "domains must be a list of texts"
        faults.append(Fault("/domains", "missing" if domains is None else "invalid", detail))
    elif not domains:
        faults.append(Fault("/domains", "empty", "domains must hold at least one domain"))
    else:
        lines = judged(_entries(domains))
    submission = None
    try:
        submission = submission_of(request, members)
    except Invalid as invalid:
        faults += invalid.faults
    if submission is None or lines is None or faults:
        raise Invalid((*faults, *await _of_lines(lines)))
    return _Asked(submission, lines, is_dry, has_own_id=members.get("batch_id") is not None)


async def _of_lines(lines: Lines | None) -> tuple[Fault, ...]:
    """The faults of the lines, when none of them is a domain."""
    rejected: list[Rejected] = []
    if lines is not None:
        async for part in lines:
            rejected += (line for line in part if isinstance(line, Rejected))
            if any(isinstance(line, Accepted) for line in part):
                return ()
    return submissions.no_domain(rejected[: submissions.LISTED]).faults


def _query_of_json(request: web.Request, faults: list[Fault]) -> bool:
    """Whether it is a dry run; a JSON body has no other parameters."""
    for name in request.query:
        if name != "dry_run":
            detail = f"there is no parameter {name!r}: it goes into the JSON body"
            faults.append(Fault(f"?{name}", "unknown", detail))
    return _is_dry(request, faults)


def _is_dry(request: web.Request, faults: list[Fault]) -> bool:
    faults += [
        Fault(f"?{name}", "invalid", f"{name} is given twice")
        for name in sorted(_OWN)
        if len(request.query.getall(name, ())) > 1
    ]
    text = request.query.get(DRY_RUN)
    if text not in (None, "0", "1", "true", "false"):
        faults.append(Fault("?dry_run", "invalid", "dry_run must be 1 or 0"))
    return text in ("1", "true")


async def _entries(domains: Sequence[object]) -> AsyncIterator[list[Entry | Rejected]]:
    for start in range(0, len(domains), 2_000):
        part = domains[start : start + 2_000]
        yield [entry_of(start + index, value) for index, value in enumerate(part)]


def _from_stream(request: web.Request) -> _Asked:
    context = context_of(request)
    pairs = [(name, text) for name, text in request.query.items() if name not in _OWN]
    members, faults = query_members(pairs)
    is_dry = _is_dry(request, faults)
    try:
        submission = submission_of(request, members)
    except Invalid as invalid:
        faults += map(at_query, invalid.faults)
        raise Invalid(tuple(faults)) from invalid
    if faults:
        raise Invalid(tuple(faults))
    lines = judged(_table(request, context))
    return _Asked(submission, lines, is_dry, has_own_id="batch_id" in members)


_OWN = frozenset({"dry_run", "column"})  # parameters of this call, not of the submission


def _table(request: web.Request, context: Context) -> AsyncIterator[list[Entry | Rejected]]:
    return read_table(
        body.chunks(request, context.limits.silence_seconds),
        request.content_type,
        column=request.query.get("column"),
        limit=context.limits.stream_domains,
    )


async def dry_run(lines: Lines) -> Receipted:
    """What the submission would be. Raises Invalid when no line is a domain."""
    domains: set[int] = set()
    count = rejected_count = 0
    rejected: list[Rejected] = []
    async for part in lines:
        for line in part:
            count += 1
            if isinstance(line, Accepted):
                domains.add(hash(line.target.domain))  # 64 bits each: a million fit in memory
                continue
            rejected_count += 1
            if len(rejected) < submissions.LISTED:
                rejected.append(line)
    if not domains:
        raise submissions.no_domain(rejected)
    duplicates = count - rejected_count - len(domains)
    return Receipted(len(domains), duplicates, tuple(rejected), rejected_count, 0.0)
