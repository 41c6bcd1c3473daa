"""The wire format of Server-Sent Events (HTML Standard, 9.2)."""

import re

CONTENT_TYPE = "text/event-stream"
BEAT = b":\n\n"  # a comment: keeps the connection in the tables of those between
_BREAK = re.compile(rb"\r\n|\r|\n")  # each of them ends a line


def message(data: bytes, *, event: str, number: int | None = None) -> bytes:
    """One event. Without a number the client keeps the last one that it had."""
    lines = [b"data: " + line for line in _BREAK.split(data)]
    head = [b"event: " + _BREAK.sub(b" ", event.encode())]
    if number is not None:
        head.insert(0, b"id: %d" % number)
    return b"\n".join((*head, *lines)) + b"\n\n"


def retry(seconds: float) -> bytes:
    """How long the client waits before it connects anew."""
    return b"retry: %d\n\n" % round(seconds * 1000)


def event_id(text: str) -> int:
    """What a client says it had last. Raises ValueError."""
    # So many digits are below the 63 bits of SQLite.
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError("is not the id of an event")
    return int(text)


def is_asked_for(accept: str) -> bool | None:
    """Whether an Accept header (RFC 9110, 12.5.1) wants a stream rather than JSON; `None` when it
    wants neither. A stream is for those who name it: a program that takes anything gets a list."""
    weights = dict(filter(None, map(_weighed, accept.split(",")))) if accept.strip() else {}
    stream = weights.get(CONTENT_TYPE, 0.0)
    named = ("application/json", "application/*", "*/*")
    given = (weights[name] for name in named if name in weights)  # the most exact one counts
    as_json = next(given, 0.0) if weights else 1.0
    if stream == as_json == 0.0:
        return True if weights.get("text/*") else None
    return stream >= as_json


def _weighed(media_range: str) -> tuple[str, float] | None:
    name, *parameters = (part.strip().lower() for part in media_range.split(";"))
    weight = 1.0
    for parameter in parameters:
        if match := re.fullmatch(r"q\s*=\s*([01](?:\.\d{0,3})?)", parameter):
            weight = float(match[1])
    return (name, weight) if name else None
