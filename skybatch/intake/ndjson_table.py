"""Reads entries out of lines of JSON: a string each, or an object that has a domain."""

from collections.abc import Iterator, Sequence

import msgspec

from skybatch.errors import Fault, Invalid, suggest
from skybatch.intake.csv_table import DOMAIN_COLUMNS, MAX_COLUMNS, too_many_columns
from skybatch.intake.lines import line_fault
from skybatch.intake.verdict import entry_of
from skybatch.model.batch import Rejected
from skybatch.model.target import Entry

MAX_FAULTS = 1_000


class NdjsonTable:
    """Lines in, entries out; faults are gathered, so that all broken lines are told at once."""

    def __init__(self, column: str | None = None) -> None:
        """`column`: name of the member that holds the domain."""
        self._column = column
        self._line = 0
        self._rows = 0
        self._names: set[str] = set()  # of the members, all lines together
        self._faults: list[Fault] = []

    def read(self, lines: Sequence[str], *, is_last: bool) -> Iterator[Entry | Rejected]:
        """The entries of these lines. Raises Invalid with the broken lines, at the latest at the
        end; what is given out before is void then."""
        for line in lines:
            self._line += 1
            if line.strip() and (entry := self._entry(line)) is not None:
                self._rows += 1
                yield entry
        if self._faults and (is_last or len(self._faults) >= MAX_FAULTS):
            raise Invalid(tuple(self._faults))

    def _entry(self, line: str) -> Entry | Rejected | None:
        try:
            value: object = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._faults.append(line_fault(self._line, "bad_json", f"is no JSON: {error}"))
            return None
        if not isinstance(value, dict):
            return entry_of(self._rows, value)
        name = self._name(value)
        if name is None:
            return None
        self._names.update(value)
        if len(self._names) > MAX_COLUMNS:
            raise Invalid((*self._faults, too_many_columns(self._line)))
        columns = tuple((key, _text(other)) for key, other in value.items() if key != name)
        return entry_of(self._rows, value[name], columns)

    def _name(self, value: dict[str, object]) -> str | None:
        """The member that holds the domain; `None` when there is none, which is a fault."""
        wanted = DOMAIN_COLUMNS if self._column is None else (self._column.lower(),)
        by_lower = {key.lower(): key for key in reversed(value)}
        for name in wanted:
            if name in by_lower:
                return by_lower[name]
        hint = suggest(wanted[0], value)
        detail = f"has no member {' or '.join(map(repr, wanted))}{hint}"
        self._faults.append(line_fault(self._line, "no_column", detail))
        return None


def _text(value: object) -> str:
    """A member as the cell of a table."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
