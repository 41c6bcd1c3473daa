"""Results: streamed in slices, in a stable order, also while the batch runs."""

import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import msgspec
from aiohttp import web

from skybatch.api import csv_export, cursor
from skybatch.api.batches import batch_id_of
from skybatch.api.context import Context, context_of
from skybatch.errors import Fault, Invalid, suggest
from skybatch.model.batch import Batch, Leftover
from skybatch.model.facts import EmailKind
from skybatch.model.job import Job
from skybatch.model.profile import Profile
from skybatch.model.record import DomainRecord, PageRecord, domain_record, page_record
from skybatch.model.state import JobState
from skybatch.store import batches
from skybatch.store.reader import Snapshot
from skybatch.store.results import domain_results, page_results

SLICE = 200  # rows of one read
MOST = 1_000_000_000  # lines that may be asked for
_TYPES = {"json": "application/json", "ndjson": "application/x-ndjson", "csv": "text/csv"}
REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the query asks for."""

    form: str
    is_page_level: bool
    include_all: bool
    all_rows: bool
    limit: int | None
    after: int
    fields: tuple[str, ...] = ()  # none = all
    kinds: tuple[EmailKind, ...] = ()  # of e-mail addresses; none = all

    @property
    def record(self) -> type[DomainRecord | PageRecord]:
        return PageRecord if self.is_page_level else DomainRecord


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the results, whatever its form."""

    position: int  # for the cursor
    record: DomainRecord | PageRecord
    columns: tuple[tuple[str, str], ...] = ()


async def results(request: web.Request) -> web.StreamResponse:
    """GET /batch/{id}/results."""
    wanted = _wanted(request)
    context, batch_id = context_of(request), batch_id_of(request)
    batch, names = await context.store.read(partial(_batch, batch_id))
    wanted = _with_fields(wanted, names, context.custom_fields)
    response = web.StreamResponse()
    response.content_type = _TYPES[wanted.form]
    if wanted.form == "csv":
        response.charset = "utf-8"
        response.headers["Content-Disposition"] = f'attachment; filename="{batch_id}.csv"'
    await response.prepare(request)
    async for chunk in _encoded(_rows(context, batch, wanted), wanted):
        await response.write(chunk)
    await response.write_eof()
    return response


def _batch(batch_id: str, db: Snapshot) -> tuple[Batch, tuple[str, ...]]:
    """The batch, and the names of its input's other columns. Raises NotFound."""
    batch = batches.find(db, batch_id)
    return batch, batches.columns(db, batch.seq)


def _wanted(request: web.Request) -> _Wanted:
    query = cursor.Query(request)
    form = query.one_of("format", "json", "ndjson", "csv")
    level = query.one_of("level", "domain", "page")
    include = query.one_of("include", "", "all")
    all_rows = query.flag("all_rows")
    limit = query.whole("limit", low=1, high=MOST, default=0)
    after = query.cursor()
    fields = tuple(filter(None, (query.text("fields") or "").split(",")))
    kinds = query.words("kind", EmailKind)
    if level == "page" and kinds:
        query.fault("kind", "is for level=domain")
    if level == "domain" and include:
        query.fault("include", "is for level=page")
    if level == "page" and all_rows:
        query.fault("all_rows", "is for level=domain")
    if all_rows and (limit or after):
        query.fault("all_rows", "gives the whole list, without limit and cursor")
    query.check()
    return _Wanted(
        form, level == "page", include == "all", all_rows, limit or None, after or 0, fields, kinds
    )


def _with_fields(wanted: _Wanted, inputs: Sequence[str], custom: Sequence[str]) -> _Wanted:
    """What is wanted, with the columns of a table. Raises Invalid for fields that there are not."""
    columns = csv_export.columns_of(wanted.record, inputs, custom)
    if wanted.form == "csv":
        known = (*columns, *csv_export.EXTRA_COLUMNS[wanted.record])
    else:
        members = (field.name for field in dataclasses.fields(wanted.record))
        others = () if wanted.is_page_level else (f"input.{name}" for name in inputs)
        known = (*members, *others)
    unknown = [name for name in wanted.fields if name not in known]
    if unknown:
        told = (
            f"there is no field {name!r} in {wanted.form}{suggest(name, known)}; there are "
            f"{', '.join(known)}"
            for name in unknown
        )
        raise Invalid(tuple(Fault("?fields", "unknown", detail) for detail in told))
    is_whole_table = wanted.form == "csv" and not wanted.fields
    return replace(wanted, fields=columns) if is_whole_table else wanted


async def _rows(context: Context, batch: Batch, wanted: _Wanted) -> AsyncIterator[list[_Row]]:
    """Slices of rows, each from a read of its own: no cursor stays open across the network."""
    if wanted.all_rows:
        async for rows in _all_rows(context, batch):
            yield rows
        return
    after, left = wanted.after, wanted.limit
    while left is None or left > 0:
        size = SLICE if left is None else min(SLICE, left)
        rows = await context.store.read(partial(_slice, batch.seq, wanted, after, size))
        if rows:
            yield rows
            after = rows[-1].position
        if len(rows) < size:
            return
        left = None if left is None else left - len(rows)


def _slice(batch: int, wanted: _Wanted, after: int, size: int, db: Snapshot) -> list[_Row]:
    if wanted.is_page_level:
        found = page_results(db, batch, include_all=wanted.include_all, after=after, limit=size)
        return [_Row(row.seq, page_record(row)) for row in found]
    results = domain_results(db, batch, after=after, limit=size)
    return [_Row(job.seq, domain_record(job, profile), job.columns) for job, profile in results]


async def _all_rows(context: Context, batch: Batch) -> AsyncIterator[list[_Row]]:
    """One row for each line of the input: jobs and leftovers, both in order, merged."""
    leftovers: list[Leftover] = []
    after_job, after_row, is_last = 0, -1, False
    while not is_last:
        found = await context.store.read(
            partial(domain_results, batch=batch.seq, after=after_job, limit=SLICE)
        )
        is_last = len(found) < SLICE
        upto = None if is_last else found[-1][0].input_row
        rows = [(job.input_row, _job_row(job, profile)) for job, profile in found]
        async for line in _leftovers_upto(context, batch, after_row, upto, leftovers):
            rows.append((line.row, await _leftover_row(context, batch, line)))
            after_row = line.row
        if found:
            after_job = found[-1][0].seq
        yield [row for _, row in sorted(rows, key=lambda item: item[0])]


async def _leftovers_upto(
    context: Context, batch: Batch, after_row: int, upto: int | None, held: list[Leftover]
) -> AsyncIterator[Leftover]:
    """Leftovers behind a row, up to another; those read too far are held for the next call."""
    while True:
        while held and (upto is None or held[0].row < upto):
            line = held.pop(0)
            after_row = line.row
            yield line
        if held:
            return
        held += await context.store.read(
            partial(batches.leftovers, batch=batch.seq, after_row=after_row, limit=SLICE)
        )
        if not held:
            return


def _job_row(job: Job, profile: Profile) -> _Row:
    return _Row(job.seq, domain_record(job, profile), job.columns)


async def _leftover_row(context: Context, batch: Batch, line: Leftover) -> _Row:
    """A duplicate repeats the facts of its job; a rejected line says why."""
    if line.job_seq is None:
        return _Row(0, _rejected(batch, line), line.columns)
    before = line.job_seq - 1
    ((job, profile),) = await context.store.read(
        lambda db: domain_results(db, batch.seq, after=before, limit=1)
    )
    own = replace(job, input=line.input, input_row=line.row)
    return _Row(0, domain_record(own, profile), line.columns)


def _rejected(batch: Batch, line: Leftover) -> DomainRecord:
    empty = Job(
        seq=0,
        job_id="",
        batch_id=batch.batch_id,
        domain=line.input,  # there is none; what was written says which line it is
        input=line.input,
        input_row=line.row,
        state=JobState.FAILED,
        detail=line.detail,
    )
    return replace(domain_record(empty, Profile()), status=REJECTED, reason=line.code)


async def _encoded(slices: AsyncIterator[list[_Row]], wanted: _Wanted) -> AsyncIterator[bytes]:
    """The slices in the form asked for."""
    sheet = csv_export.Sheet(wanted.fields)
    if wanted.form == "csv":
        yield sheet.header()
    elif wanted.form == "json":
        yield b'{"items":['
    separator, last, count = b"", 0, 0
    async for whole in slices:
        rows = [_narrowed(row, wanted.kinds) for row in whole] if wanted.kinds else whole
        if wanted.form == "csv":
            yield b"".join(sheet.line(row.record, row.columns) for row in rows)
        elif wanted.form == "ndjson":
            yield b"".join(_json(row, wanted.fields) + b"\n" for row in rows)
        else:
            yield separator + b",".join(_json(row, wanted.fields) for row in rows)
            separator = b","
        last, count = rows[-1].position if rows else last, count + len(rows)
    if wanted.form == "json":
        cut = wanted.limit is not None and count == wanted.limit
        yield b'],"next_cursor":%s}' % msgspec.json.encode(cursor.encode(last) if cut else None)


def _narrowed(row: _Row, kinds: Sequence[EmailKind]) -> _Row:
    """The row with e-mail addresses of these kinds only."""
    if isinstance(row.record, PageRecord):
        return row
    contact = row.record.contact_info
    kept = tuple(email for email in contact.emails if email.kind in kinds)
    return replace(row, record=replace(row.record, contact_info=replace(contact, emails=kept)))


def _json(row: _Row, fields: Sequence[str]) -> bytes:
    """The record, with the other columns of the input where there are any."""
    if fields:
        given = {f"input.{name}": value for name, value in row.columns}
        return msgspec.json.encode({name: _member(row.record, name, given) for name in fields})
    encoded = msgspec.json.encode(row.record)
    if not row.columns:
        return encoded
    extra = msgspec.json.encode({f"input.{name}": value for name, value in row.columns})
    return encoded[:-1] + b"," + extra[1:]


def _member(record: DomainRecord | PageRecord, name: str, given: Mapping[str, str]) -> object:
    return given.get(name) if name.startswith("input.") else getattr(record, name)
