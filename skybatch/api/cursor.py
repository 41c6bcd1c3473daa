"""Opaque cursors, and the other query parameters of lists."""

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from aiohttp import web

from skybatch.errors import Fault, Invalid, suggest
from skybatch.intake.target import BadDomain, parse_target

DEFAULT_LIMIT, MAX_LIMIT = 100, 1_000
LONGEST = 19  # characters of a position, far below the 63 bits of SQLite
E = TypeVar("E", bound=StrEnum)


def encode(position: int) -> str:
    """The cursor that stands behind a row."""
    return base64.urlsafe_b64encode(b"c%d" % position).decode().rstrip("=")


def decode(text: str) -> int:
    """The row that a cursor stands behind. Raises ValueError."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise ValueError("is not a cursor of this list") from error
    if not raw.startswith(b"c") or not raw[1:].isdigit() or len(raw) > LONGEST:
        raise ValueError("is not a cursor of this list")
    return int(raw[1:])


class Query:
    """The query parameters of a request, read one by one; every fault is raised at the end."""

    def __init__(self, request: web.Request) -> None:
        self._given = request.query
        self.known: set[str] = set()  # parameters that were read
        self._faults: list[Fault] = []

    def text(self, name: str) -> str | None:
        """The text of a parameter."""
        self.known.add(name)
        return self._given.get(name)

    def number(self, name: str, *, low: float, high: float, default: float) -> float:
        """A number within bounds."""
        text = self.text(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if low <= value <= high:
            return value
        self.fault(name, f"must be a number from {low:g} to {high:g}")
        return default

    def time(self, name: str) -> float | None:
        """A time in RFC 3339, as seconds since the epoch."""
        text = self.text(name)
        if text is None:
            return None
        try:
            # The + of an offset that was not encoded has become a space.
            moment = datetime.fromisoformat(re.sub(r" (\d\d:\d\d)$", r"+\1", text))
            if moment.tzinfo is not None:
                return moment.timestamp()
        except (ValueError, OverflowError):
            pass  # told below
        self.fault(name, "must be a time such as 2026-01-31T12:00:00Z")
        return None

    def domain(self, name: str) -> str | None:
        """A domain, as it is stored, however it is written."""
        text = self.text(name)
        try:
            return parse_target(text).domain if text else None
        except BadDomain as bad:
            self.fault(name, f"is no domain: {bad.detail}")
            return None

    def limit(self) -> int:
        """How many items a list gives at most."""
        return self.whole("limit", low=1, high=MAX_LIMIT, default=DEFAULT_LIMIT)

    def whole(self, name: str, *, low: int, high: int, default: int) -> int:
        """A whole number within bounds, in digits."""
        text = self.text(name)
        if text is None:
            return default
        if re.fullmatch(r"[0-9]{1,12}", text) and low <= int(text) <= high:
            return int(text)
        self.fault(name, f"must be a whole number from {low} to {high}")
        return default

    def flag(self, name: str) -> bool:
        """`1` or `true`, `0` or `false`."""
        text = self.text(name)
        if text not in (None, "", "0", "1", "true", "false"):
            self.fault(name, "must be 1 or 0")
        return text in ("1", "true")

    def cursor(self) -> int | None:
        """The row that the list goes on behind."""
        text = self.text("cursor")
        try:
            return decode(text) if text else None
        except ValueError as error:
            self.fault("cursor", str(error))
            return None

    def words(self, name: str, *known: type[E]) -> tuple[E, ...]:
        """A list of words, separated by commas."""
        members = {member.value: member for each in known for member in each}
        found = []
        for word in filter(None, (self.text(name) or "").split(",")):
            if word in members:
                found.append(members[word])
            else:
                names = ", ".join(members)
                self.fault(name, f"{word!r} is none of {names}{suggest(word, members)}")
        return tuple(found)

    def one_of(self, name: str, *choices: str) -> str:
        """One of a few words; the first is the default."""
        text = self.text(name) or choices[0]
        if text not in choices:
            self.fault(name, f"must be one of {', '.join(choices)}{suggest(text, choices)}")
        return text

    def fault(self, name: str, detail: str) -> None:
        """Remember a fault of a parameter."""
        self._faults.append(Fault(f"?{name}", "invalid", f"{name} {detail}"))

    def check(self) -> None:
        """Raise Invalid with every fault, parameters that nobody asked for included."""
        faults = [*self._faults, *self._unknown(set(self._given)), *self._repeated()]
        if faults:
            raise Invalid(tuple(faults))

    def _repeated(self) -> Iterable[Fault]:
        for name in self.known:
            if len(self._given.getall(name, [])) > 1:
                yield Fault(f"?{name}", "invalid", f"{name} is given twice")

    def _unknown(self, names: Iterable[str]) -> Iterable[Fault]:
        for name in names:
            if name not in self.known:
                detail = f"there is no parameter {name!r}{suggest(name, self.known)}"
                yield Fault(f"?{name}", "unknown", detail)
