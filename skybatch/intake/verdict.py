"""What becomes of one line of a list: the domain that it means, or why it is none."""

from dataclasses import replace

import msgspec

from skybatch.intake.target import MAX_TEXT, BadDomain, parse_target
from skybatch.model.batch import Accepted, Rejected
from skybatch.model.target import Entry

Columns = tuple[tuple[str, str], ...]


def entry_of(row: int, value: object, columns: Columns = ()) -> Entry | Rejected:
    """A line whose domain came as JSON; anything but a text is rejected, `not_text`."""
    if isinstance(value, str):
        return Entry(row, value, columns)
    text = msgspec.json.encode(value).decode()
    return _rejected(Entry(row, text, columns), "not_text", "a domain is written as a text")


def judge(entry: Entry | Rejected) -> Accepted | Rejected:
    """Hold a line against the rules for domains."""
    if isinstance(entry, Rejected):
        return entry
    try:
        return Accepted(entry, parse_target(entry.text))
    except BadDomain as bad:
        return _rejected(entry, bad.code, bad.detail)


def _rejected(entry: Entry, code: str, detail: str) -> Rejected:
    """What is kept and shown of a line that is no domain is bounded, and can be encoded."""
    text = entry.text[:MAX_TEXT].encode(errors="replace").decode()
    return Rejected(replace(entry, text=text), code, detail)
