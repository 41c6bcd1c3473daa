"""Reads the flight recorder: whoever looks needs neither the daemon nor the database."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import msgspec

FOLDER = "trace"  # of the data directory


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened."""

    at: float  # seconds since the epoch
    boot: str  # the run of the daemon that wrote it
    type: str
    batch_id: str | None = None
    job_id: str | None = None
    attempt: int | None = None
    data: dict[str, str | int | float | None] = {}
    event: int | None = None  # its id in the database, when it was stored there


_LONGEST = 256 * 1024  # bytes of a line: one with a stack, see `model.text`, and every escape
_DECODER = msgspec.json.Decoder(Line)


def files_of(folder: Path) -> list[Path]:
    """The files of the recorder, oldest first; none when there is no folder."""
    return sorted(folder.glob("[0-9]*.ndjson"))


def read(data_dir: Path, *, about: str = "") -> Iterator[Line]:
    """All lines in order that contain a text, such as the id of a job.

    What is no line is left out: a kill may have cut one off, and the disk may have been full.
    """
    wanted = about.encode()
    for path in files_of(data_dir / FOLDER):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue  # made room for a newer one while we looked
        yield from _lines(content, wanted)


def last(data_dir: Path, count: int) -> list[Line]:
    """The last lines, oldest first."""
    return list(deque(tail(data_dir, count * _LONGEST), maxlen=count))


def tail(data_dir: Path, size: int, *, about: str = "") -> Iterator[Line]:
    """The lines in the last `size` bytes that contain a text."""
    pieces: list[bytes] = []
    for path in reversed(files_of(data_dir / FOLDER)):
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - size))
            pieces.append(file.read(size))
        size -= len(pieces[-1])
        if size <= 0:
            break
    for content in reversed(pieces):
        yield from _lines(content, about.encode())


def _lines(content: bytes, wanted: bytes) -> Iterator[Line]:
    for text in content.split(b"\n"):
        if not text or wanted not in text:
            continue
        try:
            yield _DECODER.decode(text)
        except msgspec.MsgspecError:
            continue
