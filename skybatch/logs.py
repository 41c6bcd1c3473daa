"""The log: set up once, one line per state change; knows text and levels of events."""

import json
import logging
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from contextvars import Context
from typing import TextIO

import structlog

from skybatch.model.event import Event, EventType

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Fields = MutableMapping[str, object]

# How each event is told: its level, unless it ends badly (`_level`), and its sign on a console.
TOLD: Mapping[EventType, tuple[int, str]] = {
    EventType.BATCH_SUBMITTED: (logging.INFO, "📥"),
    EventType.BATCH_STARTED: (logging.INFO, "🚀"),
    EventType.BATCH_STUCK: (logging.ERROR, "🧊"),
    EventType.BATCH_FINISHED: (logging.INFO, "🏁"),
    EventType.BATCH_PAUSED: (logging.INFO, "💤"),
    EventType.BATCH_RESUMED: (logging.INFO, "🌅"),
    EventType.BATCH_CANCELLED: (logging.INFO, "🛑"),
    EventType.JOB_CLAIMED: (logging.INFO, "🔎"),
    EventType.JOB_START_FOUND: (logging.DEBUG, "🏠"),  # no change of state
    EventType.JOB_RETRY_SCHEDULED: (logging.WARNING, "🔁"),
    EventType.JOB_LEASE_LOST: (logging.WARNING, "👻"),
    EventType.JOB_RESCUED: (logging.WARNING, "🛟"),
    EventType.JOB_RELEASED: (logging.INFO, "⏳"),
    EventType.JOB_FINISHED: (logging.INFO, "📗"),
}
_SIGNS: Mapping[object, str] = {
    **{event.value: sign for event, (_, sign) in TOLD.items()},
    "warning": "🟡",
    "error": "🔴",
    "critical": "🔴",
}
_NO_SIGN = "  "  # a sign is two cells wide

_FIRST = ("timestamp", "level", "event", "logger")  # of a JSON line
_BELOW = ("exception", "stack")  # of a console line: several lines long

# Control characters, and those that turn the direction of text, as they would be written in JSON:
# no value may begin a line of its own or steer the terminal (CWE-117).
_CONTROL = {
    code: f"\\u{code:04x}"
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),  # halves of a pair: cannot be written as UTF-8
    )
} | {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}


def setup(format_: str, level: str, stream: TextIO | None = None, *, emoji: bool = True) -> None:
    """Send all log lines of this process, also those of libraries, to a stream (stderr).

    `format_` is `json`, `console` or `auto`: console on a terminal, else json.
    """
    output = _Output(stream or sys.stderr)
    if format_ == "auto":
        format_ = "console" if output.stream.isatty() else "json"
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    render = json_line if format_ == "json" else ConsoleLine(emoji=emoji)
    output.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    output.addFilter(Seldom("out of system resource", seconds=10.0))
    # What asyncio has planned of these retries when the server is closed: each with a traceback.
    output.addFilter(Seldom("_start_serving", seconds=10.0))
    output.addFilter(brief)
    logging.basicConfig(level=level.upper(), handlers=[output], force=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def log_event(event: Event) -> None:
    """A subscriber of the bus: one line per event."""
    # In an empty context: whoever happened to publish may work on another job.
    Context().run(_log_event, event)


def _log_event(event: Event) -> None:
    known = {"batch_id": event.batch_id, "job_id": event.job_id, "attempt": event.attempt}
    fields = {
        name: value for name, value in (known | dict(event.data)).items() if value is not None
    }
    log.log(_level(event), event.type.value, event_id=event.id, **fields)


def _level(event: Event) -> int:
    if event.data.get("reason") == "internal":
        return logging.ERROR
    if event.data.get("state") in ("failed", "partial"):
        return logging.WARNING
    return TOLD[event.type][0]


def json_line(_logger: object, _method: str, line: Fields) -> str:
    """One JSON object: timestamp, level, event and logger first."""
    ordered = {name: line.pop(name) for name in _FIRST if name in line}
    # ASCII only: every control character but DEL is escaped by that, whatever reads the line.
    return json.dumps({**ordered, **line}, default=str).replace("\x7f", "\\u007f")


class ConsoleLine:
    """`14:03:22 info    ✅ job.finished  domain=bakery.example state=complete`, times in UTC."""

    def __init__(self, *, emoji: bool) -> None:
        self._emoji = emoji

    def __call__(self, _logger: object, _method: str, line: Fields) -> str:
        time_of_day = str(line.pop("timestamp", ""))[11:19]
        level, event = line.pop("level", ""), line.pop("event", "")
        line.pop("logger", None)
        below = [str(line.pop(name)) for name in _BELOW if name in line]
        cells = [time_of_day, f"{level:<8}", f"{_plain(event):<20}"]
        if self._emoji:
            cells.insert(2, _SIGNS.get(event) or _SIGNS.get(level, _NO_SIGN))
        cells += [f"{name}={_value(value)}" for name, value in line.items()]
        # A traceback keeps its lines, behind a bar: none of them can pass for a line of the log.
        rows = [f"  | {_plain(row)}" for text in below for row in text.split("\n")]
        return "\n".join([" ".join(cells).rstrip(), *rows])


def _plain(value: object) -> str:
    return str(value).translate(_CONTROL)


def _value(value: object) -> str:
    text = _plain(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text


class Seldom(logging.Filter):
    """Lets records that contain a text through once in a while, and counts those in between.

    asyncio logs every accept() that fails for want of file descriptors, thousands a second.
    """

    def __init__(
        self, text: str, *, seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._text = text
        self._seconds = seconds
        self._monotonic = monotonic
        self._next_at = 0.0
        self._held_back = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if not isinstance(record.msg, str) or self._text not in record.msg:
            return True
        now = self._monotonic()
        if now < self._next_at:
            self._held_back += 1
            return False
        if self._held_back:
            record.msg = f"{record.msg} ({self._held_back} more since the last)"
        self._next_at, self._held_back = now + self._seconds, 0
        return True


def brief(record: logging.LogRecord) -> bool:
    """Tell in one line of info what a client got wrong.

    aiohttp calls each request that breaks the rules of HTTP an error, with its traceback: whoever
    reaches the port could fill the log, and errors of ours would drown.
    """
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return True
    # Not above: a command that only tells that a daemon runs already should not wait for aiohttp.
    from aiohttp.http_exceptions import HttpProcessingError

    if not isinstance(error, HttpProcessingError):
        return True
    record.msg = f"{record.getMessage()}: {error.message.partition(chr(10))[0].rstrip(':')}"
    record.args, record.exc_info, record.exc_text = (), None, None
    record.levelno, record.levelname = logging.INFO, "INFO"
    return logging.getLogger(record.name).isEnabledFor(logging.INFO)


class _Output(logging.StreamHandler[TextIO]):
    """Writes to the stream; a line that cannot be written is counted, and stops nobody."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        lost = self._lost
        super().emit(record)
        if lost and self._lost == lost:
            self._lost = 0
            log.error("log.lines_lost", lines=lost)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging calls it so
        # Where would one log it? A full disk or a closed pipe must not stop the work.
        self._lost += 1
