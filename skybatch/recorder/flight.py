"""Writes the flight recorder: one line per thing that happens, handed to the kernel at once."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from skybatch.model.clock import Clock
from skybatch.model.event import Event
from skybatch.recorder.lines import FOLDER, Line, files_of

FILE_BYTES = 8 * 1024 * 1024
FILES = 8
_AGAIN_S = 1.0  # between two tries to open a file on a disk that takes none


class Recorder:
    """Appends to numbered files; the oldest is removed when the newest is full.

    A line is in the hands of the kernel when `note` returns: it outlives `kill -9`, though not a
    power cut. Costs a few microseconds, never raises, never waits: what cannot be written is
    counted, and the next line that can be written says so.
    """

    def __init__(
        self,
        data_dir: Path,
        boot: str,
        clock: Clock,
        *,
        file_bytes: int = FILE_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lost = 0  # lines that could not be written since the last one that could
        self.trouble: str | None = None  # why
        self._folder = data_dir / FOLDER
        self._boot = boot
        self._clock = clock
        self._file_bytes = file_bytes
        self._monotonic = monotonic
        self._handle: int | None = None
        self._path = self._folder
        self._size = 0
        self._again_at = 0.0

    def note(
        self,
        kind: str,
        *,
        batch_id: str | None = None,
        job_id: str | None = None,
        attempt: int | None = None,
        **data: str | int | float | None,
    ) -> None:
        """Record that something happened just now."""
        self._append(Line(self._clock.now(), self._boot, kind, batch_id, job_id, attempt, data))

    def hear(self, event: Event) -> None:
        """A subscriber of the bus: record an event that is in the database too."""
        self._append(
            Line(
                event.at,
                self._boot,
                event.type.value,
                event.batch_id,
                event.job_id,
                event.attempt,
                dict(event.data),
                event.id,
            )
        )

    def check(self) -> None:
        """Notice a file that was taken away: what is written to it nobody can read."""
        handle = self._handle
        if handle is None:
            return
        try:
            is_there = os.path.samestat(os.fstat(handle), self._path.stat())
        except OSError:
            is_there = False
        if not is_there:
            self.lost += 1
            self.trouble = f"{self._path} was taken away"
            self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _append(self, line: Line) -> None:
        if self._handle is None and self._monotonic() < self._again_at:
            self.lost += 1
            return
        try:
            self._write(line)
        except UnicodeError as error:  # a text that nobody has made storable: a bug, but not here
            self.lost += 1
            self.trouble = f"the flight recorder cannot be written: {error}"
        except OSError as error:
            self.lost += 1
            self.trouble = f"the flight recorder cannot be written: {error.strerror}"
            self._again_at = self._monotonic() + _AGAIN_S
            self.close()

    def _write(self, line: Line) -> None:
        handle = self._handle
        if handle is None or self._size >= self._file_bytes:
            self.close()
            handle = self._handle = self._open()
        encoded = msgspec.json.encode(line) + b"\n"
        if self.lost:
            gap = Line(line.at, self._boot, "recorder.lost", data={"lines": self.lost})
            encoded = msgspec.json.encode(gap) + b"\n" + encoded
        written = os.write(handle, encoded)
        self._size += written
        if written < len(encoded):  # the disk is full: a piece of a line, which readers skip
            raise OSError(0, "the disk is full")
        self.lost, self.trouble = 0, None

    def _open(self) -> int:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        files = files_of(self._folder)
        path = files[-1] if files else self._folder / "00000001.ndjson"
        if files and path.stat().st_size >= self._file_bytes:
            path = self._folder / f"{int(path.stem) + 1:08}.ndjson"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._path = path
        self._size = os.fstat(handle).st_size
        if self._size:
            os.write(handle, b"\n")  # the line before may have been cut off
        for old in files[: -(FILES - 1)]:
            old.unlink(missing_ok=True)
        return handle
