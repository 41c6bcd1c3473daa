"""What one call of the API is: its route, and what the reference tells of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from skybatch.api.cursor import DEFAULT_LIMIT, MAX_LIMIT

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Shape = type | None  # None = plain text
Schema = Mapping[str, object]  # JSON Schema 2020-12

JSON, NDJSON, CSV, TEXT = "application/json", "application/x-ndjson", "text/csv", "text/plain"
EVENTS = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a call; `name` is written as in the query, or as the header."""

    name: str
    meaning: str
    schema: Schema
    place: str = "query"  # or header
    is_repeated: bool = False  # a list: given again for each item, not separated by commas


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no problem: what it means, and its shape by media type. Several shapes of
    one type are alternatives."""

    status: int
    meaning: str
    content: Mapping[str, tuple[Shape, ...]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. The path is a template, `{name}` stands for an id in it."""

    method: str
    path: str
    handler: Handler
    group: str
    summary: str
    answers: tuple[Answer, ...]
    detail: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Schema] | None = None  # by media type; it must be sent
    is_open: bool = False  # wants no token
    has_head: bool = True

    @property
    def route(self) -> web.RouteDef:
        """As the router takes it."""
        if self.method == "GET":
            return web.get(self.path, self.handler, allow_head=self.has_head)
        return web.route(self.method, self.path, self.handler)


def json(shape: Shape, meaning: str, *, status: int = 200) -> Answer:
    """An answer in JSON."""
    return Answer(status, meaning, {JSON: (shape,)})


def text(meaning: str, *, status: int = 200) -> Answer:
    """An answer in plain text."""
    return Answer(status, meaning, {TEXT: (None,)})


def empty(status: int, meaning: str) -> Answer:
    """An answer without a body."""
    return Answer(status, meaning, {})


def words(name: str, meaning: str, *known: type[StrEnum]) -> Parameter:
    """Words of a list, separated by commas."""
    names = [member.value for each in known for member in each]
    schema = {"type": "array", "items": {"type": "string", "enum": names}}
    return Parameter(name, f"{meaning}; several are separated by commas", schema)


def one_of(name: str, meaning: str, *choices: str) -> Parameter:
    """One of a few words; the first is what is taken when it is not given."""
    return Parameter(
        name, meaning, {"type": "string", "enum": list(choices), "default": choices[0]}
    )


def flag(name: str, meaning: str) -> Parameter:
    """`1` or `true`, `0` or `false`."""
    words = ["1", "0", "true", "false"]
    return Parameter(name, meaning, {"type": "string", "enum": words, "default": "0"})


def word(name: str, meaning: str, **schema: object) -> Parameter:
    """A text."""
    return Parameter(name, meaning, {"type": "string", **schema})


def header(name: str, meaning: str, **schema: object) -> Parameter:
    """A header of the request."""
    return Parameter(name, meaning, {"type": "string", **schema}, "header")


LIMIT = Parameter(
    "limit",
    "How many items the answer has at most",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
)
CURSOR = word("cursor", "Where to go on: `next_cursor` of the part before")
SINCE = word("since", "Not before this moment (RFC 3339)", format="date-time")
KEY = header(
    "Idempotency-Key",
    "1 to 255 printable ASCII characters; the same request under the same key gets the first "
    "answer again for 24 hours",
    minLength=1,
    maxLength=255,
)
KNOWN = header("If-None-Match", "The ETag of an earlier answer: 304 when nothing has changed")
LAST_EVENT = header("Last-Event-ID", "Of a stream: begin behind this event")
