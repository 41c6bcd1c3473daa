"""Reads streamed lists, `text/csv`, `text/plain` and `application/x-ndjson`, slice by slice."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Protocol

from skybatch.errors import Fault, Invalid
from skybatch.intake.csv_table import CsvTable
from skybatch.intake.lines import Lines
from skybatch.intake.ndjson_table import NdjsonTable
from skybatch.model.batch import Rejected
from skybatch.model.target import Entry

MAX_ENTRIES = 2_000_000
SLICE_ROWS = 2_000
SLICE_BYTES = 1 << 20  # of the body; a slice of long lines has fewer rows
MEDIA_TYPES = ("text/csv", "text/plain", "application/x-ndjson")


class Table(Protocol):
    """One format of a list."""

    def read(self, lines: Sequence[str], *, is_last: bool) -> Iterator[Entry | Rejected]:
        """The entries that these lines complete. Raises Invalid."""


class PlainTable:
    """One domain per line; blank lines and `#` comments are nothing."""

    def __init__(self) -> None:
        self._rows = 0

    def read(self, lines: Sequence[str], *, is_last: bool) -> Iterator[Entry]:
        """The entries of these lines."""
        for line in lines:
            text = line.strip()
            if text and not text.startswith("#"):
                yield Entry(self._rows, text)
                self._rows += 1


async def read_table(
    chunks: AsyncIterator[bytes],
    media_type: str,
    *,
    column: str | None = None,
    limit: int = MAX_ENTRIES,
) -> AsyncIterator[list[Entry | Rejected]]:
    """The entries of a body in slices of at most 2,000; `row` counts them from 0.

    `media_type` is one of MEDIA_TYPES, `column` the name (of a CSV also the number from 1) of the
    column that holds the domain. Raises Invalid for a body that cannot be read as such a list,
    has no entry, or has more than `limit`; slices given out before are void then. Holds one
    chunk and one slice.
    """
    lines, table = Lines(), _table(media_type, column)
    held: list[Entry | Rejected] = []
    size = count = 0
    async for chunk, is_last in _with_end(chunks):
        size += len(chunk)
        for entry in table.read(lines.feed(chunk, is_last=is_last), is_last=is_last):
            held.append(entry)
            count += 1
            if count > limit:
                fault = Fault("", "too_many", f"a list has at most {limit:,} domains")
                raise Invalid((fault,))
            if len(held) == SLICE_ROWS:
                yield held
                held, size = [], 0
        if held and size >= SLICE_BYTES:
            yield held
            held, size = [], 0
    if held:
        yield held
    if not count:
        raise Invalid((Fault("", "empty", "the list holds no domain"),))


def _table(media_type: str, column: str | None) -> Table:
    match media_type:
        case "text/csv":
            return CsvTable(column)
        case "application/x-ndjson":
            return NdjsonTable(column)
        case "text/plain" if column is not None:
            fault = Fault("?column", "unknown", "a list of one domain per line has no columns")
            raise Invalid((fault,))
        case "text/plain":
            return PlainTable()
    raise ValueError(f"{media_type} is no list")


async def _with_end(chunks: AsyncIterator[bytes]) -> AsyncIterator[tuple[bytes, bool]]:
    """Each chunk, and whether it is the end: an empty one after the last."""
    async for chunk in chunks:
        yield chunk, False
    yield b"", True
