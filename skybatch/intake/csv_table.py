"""Reads entries out of the lines of a CSV: delimiter, header and the column of the domain."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from skybatch.errors import Fault, Invalid, suggest
from skybatch.intake.lines import MAX_LINE, line_fault
from skybatch.intake.target import BadDomain, parse_target
from skybatch.model.target import Entry

DOMAIN_COLUMNS = ("domain", "url", "website", "homepage", "email")  # the first that is there
DELIMITERS = ",;\t"
MAX_COLUMNS = 1_000  # of one list
MAX_DIGITS = 4  # of the number of a column


@dataclass(frozen=True, slots=True)
class Header:
    """Where the domain stands, and what the columns are called."""

    domain: int  # index of the column
    names: tuple[str, ...]
    is_data: bool  # the first line is no header, but the first entry


class CsvTable:
    """Lines in, entries out; a record may span lines."""

    def __init__(self, column: str | None = None) -> None:
        """`column`: name of the domain's column, or its number from 1."""
        self._column = column
        self._delimiter = ""
        self._header: Header | None = None
        self._held: list[str] = []  # lines of a record that is not complete
        self._line = 0  # lines before the held ones
        self._rows = 0

    def read(self, lines: Sequence[str], *, is_last: bool) -> Iterator[Entry]:
        """The entries that these lines complete. Raises Invalid for a broken line or header."""
        if not self._delimiter and lines:
            self._delimiter = _sniff(next((line for line in lines if line.strip()), ""))
        for cells in self._records(lines, is_last=is_last):
            if self._header is None and cells:
                self._header = read_header(cells, self._column)
                if not self._header.is_data:
                    continue
            if self._header is not None and any(cell.strip() for cell in cells):
                yield _entry(self._rows, cells, self._header)
                self._rows += 1

    def _records(self, lines: Sequence[str], *, is_last: bool) -> Iterator[list[str]]:
        held = [*self._held, *lines]
        self._held = []
        # Strict, or an open quote would swallow the rest of the file without a word.
        reader = csv.reader(held, delimiter=self._delimiter or ",", strict=True)
        while True:
            begin = reader.line_num
            try:
                cells = next(reader, None)
            except csv.Error as error:
                self._held = held[begin:]
                if reader.line_num == len(held) and not is_last and self._may_go_on():
                    break  # it ran out of lines inside a quoted field: more may come
                fault = line_fault(self._line + begin + 1, "bad_csv", _reason(error))
                raise Invalid((fault,)) from error
            if cells is None:
                begin = len(held)
                break
            if len(cells) > MAX_COLUMNS:
                raise Invalid((too_many_columns(self._line + begin + 1),))
            yield cells
        self._line += begin

    def _may_go_on(self) -> bool:
        return sum(map(len, self._held)) <= MAX_LINE


def too_many_columns(line: int) -> Fault:
    """Every column of a list comes back in every line of its results: they are bounded."""
    return line_fault(line, "too_many_columns", f"takes the list over {MAX_COLUMNS:,} columns")


def _reason(error: csv.Error) -> str:
    if str(error) == "unexpected end of data":
        return "opens a quote that is not closed"
    return f"is no CSV: {error}"


def _sniff(line: str) -> str:
    """The delimiter that the first line has most of, outside quotes."""
    plain = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS, key=plain.count)


def read_header(cells: Sequence[str], column: str | None) -> Header:
    """What the first record says about the columns. Raises Invalid when it has none to use.

    A name that is asked for or known makes it a header. Without one it is data when a domain
    stands where the domains are.
    """
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise Invalid((Fault("/lines/1", "no_column", "line 1 names no column"),))
    lower = [name.lower() for name in names]
    wanted = DOMAIN_COLUMNS if column is None else (column.strip().lower(),)
    named = next((lower.index(name) for name in wanted if name in lower), None)
    if named is not None:
        return Header(named, _unique(names), is_data=False)
    index = 0 if column is None else _numbered(column, names)
    is_data = _is_domain(names[index]) and not set(DOMAIN_COLUMNS) & set(lower)
    return Header(index, _unique([""] * len(names) if is_data else names), is_data)


def _numbered(column: str, names: Sequence[str]) -> int:
    """The index of a column that was asked for by its number."""
    number = int(column) if column.isdecimal() and len(column) <= MAX_DIGITS else 0
    if 1 <= number <= len(names):
        return number - 1
    there = ", ".join(repr(name) for name in names[:50])
    detail = f"there is no column {column!r}, there are {there}{suggest(column, names)}"
    raise Invalid((Fault("?column", "unknown", detail),))


def _is_domain(text: str) -> bool:
    try:
        parse_target(text)
    except BadDomain:
        return False
    return True


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Names that are told apart: a missing one is the number of its column."""
    taken: set[str] = set()
    unique = []
    for number, name in enumerate(names, 1):
        candidate = wanted = name or str(number)
        again = 1
        while candidate in taken:
            again += 1
            candidate = f"{wanted}_{again}"
        taken.add(candidate)
        unique.append(candidate)
    return tuple(unique)


def _entry(row: int, cells: Sequence[str], header: Header) -> Entry:
    names = header.names
    if len(cells) > len(names):
        names = _unique([*names, *[""] * (len(cells) - len(names))])
    text = cells[header.domain] if header.domain < len(cells) else ""
    if len(names) == 1:
        return Entry(row, text)
    columns = tuple(
        (name, cell)
        for index, (name, cell) in enumerate(zip(names, cells, strict=False))
        if index != header.domain
    )
    return Entry(row, text, columns)
