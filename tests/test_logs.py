"""The log: both forms, what comes through it, and what cannot break out of a line."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from aiohttp.http_exceptions import BadHttpMessage
from hypothesis import given
from hypothesis import strategies as st

from skybatch import logs
from skybatch.model.event import Event, EventType


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _leave_no_trace() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def json_lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def setup(format_: str = "json", level: str = "info", *, emoji: bool = False) -> io.StringIO:
    stream = io.StringIO()
    logs.setup(format_, level, stream, emoji=emoji)
    return stream


def finished(**data: str | None) -> Event:
    values = {"domain": "a.example", "state": "complete", "reason": None} | data
    return Event(7, 0.0, EventType.JOB_FINISHED, "B1", "J1", 2, values)


def test_a_json_line_has_time_level_event_logger_and_fields() -> None:
    stream = setup()
    structlog.get_logger().info("daemon.ready", port=8000)
    (line,) = json_lines(stream)
    assert list(line)[:4] == ["timestamp", "level", "event", "logger"]
    assert line["timestamp"][10] == "T"
    assert line["timestamp"].endswith("Z")
    assert (line["level"], line["event"], line["logger"]) == ("info", "daemon.ready", __name__)
    assert line["port"] == 8000


def test_auto_is_json_in_a_pipe_and_readable_on_a_terminal() -> None:
    pipe, terminal = io.StringIO(), Terminal()
    logs.setup("auto", "info", pipe)
    structlog.get_logger().info("x")
    logs.setup("auto", "info", terminal)
    structlog.get_logger().info("x")
    assert pipe.getvalue().startswith("{")
    assert not terminal.getvalue().startswith("{")


def test_the_bound_context_stands_in_every_line_also_of_libraries() -> None:
    stream = setup()
    with structlog.contextvars.bound_contextvars(batch_id="B", job_id="J", attempt=3):
        structlog.get_logger().info("ours")
        logging.getLogger("aiohttp.server").warning("theirs %s", 1)
    for line in json_lines(stream):
        assert (line["batch_id"], line["job_id"], line["attempt"]) == ("B", "J", 3)
    assert json_lines(stream)[1]["event"] == "theirs 1"
    assert json_lines(stream)[1]["logger"] == "aiohttp.server"


def test_what_is_below_the_level_is_not_logged() -> None:
    stream = setup(level="warning")
    structlog.get_logger().info("quiet")
    logging.getLogger("x").info("quiet")
    structlog.get_logger().warning("loud")
    assert [line["event"] for line in json_lines(stream)] == ["loud"]


@pytest.mark.parametrize("format_", ["json", "console"])
@given(text=st.text())
def test_no_value_begins_a_line_of_its_own_or_steers_the_terminal(format_: str, text: str) -> None:
    stream = setup(format_)
    structlog.get_logger().info("page.fetched", title=text, extra=[text])
    logging.getLogger("asyncio").error("bad: %s", text)
    written = stream.getvalue()
    assert written.count("\n") == len(written.splitlines()) == 2
    controls = {*range(32), *range(0x7F, 0xA0), 0x2028, 0x2029, 0x202E, 0x2066} - {10}
    assert not controls & {ord(character) for character in written}
    written.encode("utf-8")


def test_a_json_value_is_read_back_as_it_was() -> None:
    stream = setup()
    structlog.get_logger().info("x", title="a\r\nb\x1b[31m\x7f\u2028ü")
    assert json_lines(stream)[0]["title"] == "a\r\nb\x1b[31m\x7f\u2028ü"


@pytest.mark.parametrize("source", ["ours", "theirs"])
def test_a_traceback_is_kept_and_cannot_pass_for_a_line_of_the_log(source: str) -> None:
    for format_ in ("json", "console"):
        stream = setup(format_)
        try:
            raise ValueError("x\n12:00:00 info daemon.ready")
        except ValueError:
            if source == "ours":
                structlog.get_logger().exception("job.crashed")
            else:
                logging.getLogger("asyncio").exception("job.crashed")
        if format_ == "json":
            (line,) = json_lines(stream)
            assert line["exception"].endswith("x\n12:00:00 info daemon.ready")
        else:
            head, *below = stream.getvalue().splitlines()
            assert "job.crashed" in head
            assert below[-1] == "  | 12:00:00 info daemon.ready"
            assert all(row.startswith("  | ") for row in below)


def test_a_console_line_is_readable_with_and_without_emoji() -> None:
    with_signs, without = setup("console", emoji=True), None
    logs.log_event(finished())
    without = setup("console")
    logs.log_event(finished())
    told = "job.finished         event_id=7 batch_id=B1 job_id=J1 attempt=2"
    assert with_signs.getvalue()[8:] == f" info     📗 {told} domain=a.example state=complete\n"
    assert without.getvalue()[8:] == f" info     {told} domain=a.example state=complete\n"


def test_every_event_has_a_level_and_a_sign() -> None:
    assert set(logs.TOLD) == set(EventType)
    assert len({sign for _, sign in logs.TOLD.values()}) == len(EventType)


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (finished(), "info"),
        (finished(state="failed", reason="nxdomain"), "warning"),
        (finished(state="partial", reason="timeout"), "warning"),
        (finished(state="failed", reason="internal"), "error"),
        (Event(1, 0.0, EventType.BATCH_FINISHED, "B1", data={"state": "failed"}), "warning"),
        (Event(1, 0.0, EventType.JOB_RESCUED, "B1", "J1", 1), "warning"),
    ],
)
def test_a_bad_end_is_louder(event: Event, level: str) -> None:
    stream = setup()
    logs.log_event(event)
    assert json_lines(stream)[0]["level"] == level


def test_an_event_carries_its_own_names_and_not_those_of_the_publisher() -> None:
    stream = setup()
    with structlog.contextvars.bound_contextvars(job_id="other", attempt=9):
        logs.log_event(Event(1, 0.0, EventType.BATCH_STARTED, "B1"))
    (line,) = json_lines(stream)
    assert line["batch_id"] == "B1"
    assert {"job_id", "attempt"} & set(line) == set()


@pytest.mark.parametrize(("level", "count"), [("info", 1), ("warning", 0)])
def test_a_request_that_is_no_http_is_a_line_of_info_without_traceback(
    level: str, count: int
) -> None:
    stream = setup(level=level)
    try:
        raise BadHttpMessage("Invalid char in url path:\n\n  b'GET /\\xff HTTP/1.1'")
    except BadHttpMessage:
        logging.getLogger("aiohttp.server").exception("Error handling request from %s", "1.2.3.4")
    lines = json_lines(stream)
    assert [(line["level"], line["event"]) for line in lines] == [
        ("info", "Error handling request from 1.2.3.4: Invalid char in url path")
    ] * count
    assert "Traceback" not in stream.getvalue()


def test_running_out_of_file_descriptors_is_logged_once_in_ten_seconds() -> None:
    now = 100.0
    seldom = logs.Seldom("out of system resource", seconds=10, monotonic=lambda: now)

    def passes(text: str) -> str | None:
        record = logging.LogRecord("asyncio", logging.ERROR, "", 0, text, (), None)
        return str(record.msg) if seldom.filter(record) else None

    text = "socket.accept() out of system resource"
    assert passes(text) == text
    assert [passes(text) for _ in range(9_000)] == [None] * 9_000
    assert passes("Task exception was never retrieved") is not None
    now = 110.0
    assert passes(text) == f"{text} (9000 more since the last)"
    now = 120.0
    assert passes(text) == text


def test_a_log_that_cannot_be_written_stops_nobody_and_tells_later_what_was_lost() -> None:
    class Full(io.StringIO):
        is_full = True

        def write(self, text: str) -> int:
            if self.is_full:
                raise OSError(28, "No space left on device")
            return super().write(text)

    stream = Full()
    logs.setup("json", "info", stream)
    structlog.get_logger().info("lost")
    structlog.get_logger().info("lost")
    stream.is_full = False
    structlog.get_logger().info("kept")
    assert [line["event"] for line in json_lines(stream)] == ["kept", "log.lines_lost"]
    assert json_lines(stream)[1]["lines"] == 2
