"""What is handed in on the command line: a list in a file, on stdin, or a few domains."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO

import click

from skybatch.cli.client import CHUNK
from skybatch.cli.wording import plain
from skybatch.errors import Invalid
from skybatch.intake.csv_table import CsvTable
from skybatch.intake.lines import Lines
from skybatch.intake.ndjson_table import NdjsonTable
from skybatch.intake.table import PlainTable, Table
from skybatch.intake.target import BadDomain, parse_target
from skybatch.model.batch import Rejected

TYPES = {
    ".csv": "text/csv",
    ".tsv": "text/csv",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".txt": "text/plain",
}
_UNREAD = frozenset({".json", ".xlsx", ".xls", ".ods", ".parquet"})  # lists, but not for us
_SHOWN = 200  # characters


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list that is read while it is sent."""

    path: Path | None  # `None` is stdin
    content_type: str
    column: str | None = None  # that holds the domains

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes; read in a thread, for the file may be a slow pipe."""
        file: BinaryIO = self.path.open("rb") if self.path else sys.stdin.buffer
        with file:
            while piece := await asyncio.to_thread(file.read, CHUNK):
                yield piece


Source = ListFile | tuple[str, ...]


def source_of(words: tuple[str, ...], column: str | None) -> Source:
    """What the words of the command line mean: one list, or domains."""
    lists = [word for word in words if _is_list(word)]
    if len(words) == 1 and S_ISREG(_mode(words[0])):
        lists = [words[0]]
    if not lists:
        if column:
            raise click.UsageError("--column is for a CSV")
        return words
    if len(words) > 1:
        raise click.UsageError(f"{lists[0]} is a list, and a batch is one list or a few domains")
    if words == ("-",):
        return ListFile(None, "text/csv" if column else "text/plain", column)
    path = Path(words[0])
    _check(path)
    return ListFile(path, TYPES.get(path.suffix.lower(), "text/plain"), column)


def _is_list(word: str) -> bool:
    if word == "-":
        return True
    if "://" in word:
        return False
    return Path(word).suffix.lower() in TYPES.keys() | _UNREAD or _is_folder(word)


def _is_folder(word: str) -> bool:
    """A folder that is named like a domain does not keep the domain from being one."""
    try:
        parse_target(word)
    except BadDomain:
        return S_ISDIR(_mode(word))
    return False


def _mode(path: str | Path) -> int:
    """Of a file or folder; 0 when there is none, or when no file can have such a name."""
    try:
        return Path(path).stat().st_mode
    except OSError:
        return 0


def _check(path: Path) -> None:
    """Raises UsageError for what cannot be read as a list."""
    mode = _mode(path)
    if S_ISDIR(mode):
        raise click.UsageError(f"{path} is a folder")
    if not S_ISREG(mode):
        raise click.UsageError(f"there is no file {path}")
    if path.suffix.lower() in _UNREAD:
        raise click.UsageError(f"{path} is not read: a list is a {', '.join(TYPES)} file")
    if not os.access(path, os.R_OK):
        raise click.UsageError(f"{path} may not be read")


def places(source: Source, rows: Collection[int]) -> dict[int, str]:
    """How to name entries to who wrote them, `line 4: no domain`; `rows` count from 0.

    What was read from stdin is gone, and is named by its number alone.
    """
    if isinstance(source, tuple):
        return {row: written(source[row]) for row in rows}
    named = {row: f"entry {row + 1}" for row in rows}
    if source.path is None or not rows:
        return named
    last = max(rows)
    try:
        for row, line, text in _entries(source, source.path):
            if row in named:
                named[row] = f"line {line}: {written(text)}"
            if row >= last:
                break
    except (OSError, Invalid):
        return named  # the file is another one by now
    return named


def written(text: str) -> str:
    """A domain as it was written, as far as that helps to find it."""
    return plain(text)[:_SHOWN] or "(empty)"


def _entries(source: ListFile, path: Path) -> Iterator[tuple[int, int, str]]:
    """Row from 0, line from 1 and text of each entry, read as the daemon reads them."""
    table = _table(source)
    # The first line that is not blank shows the delimiter.
    for line, text in dropwhile(lambda pair: not pair[1].strip(), enumerate(_lines(path), 1)):
        for found in table.read([text], is_last=False):
            entry = found.entry if isinstance(found, Rejected) else found
            cells = (entry.text, *(cell for _, cell in entry.columns))
            # A record of a CSV may span lines, and it is its last one that completes it.
            spanned = sum(cell.count("\n") for cell in cells) if _is_csv(source) else 0
            yield entry.row, line - spanned, entry.text


def _lines(path: Path) -> Iterator[str]:
    lines = Lines()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield from lines.feed(piece)
    yield from lines.feed(b"", is_last=True)


def _is_csv(source: ListFile) -> bool:
    return source.content_type == "text/csv"


def _table(source: ListFile) -> Table:
    if _is_csv(source):
        return CsvTable(source.column)
    if source.content_type == "text/plain":
        return PlainTable()
    return NdjsonTable(source.column)
