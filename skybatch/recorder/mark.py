"""Says which page is being read, in a file that outlives the process: pages can kill a parser."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from skybatch.model.recovery import Suspect
from skybatch.recorder.lines import FOLDER

FILE = "reading"
_ROOM = 8_192  # bytes that are there before the disk is full
_NONE = b"\n"


class Mark:
    """The mark of one data directory; pages are read one after the other, so one is enough."""

    def __init__(self, data_dir: Path) -> None:
        """Raises OSError when the file cannot be made."""
        folder = data_dir / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        self._handle = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.posix_fallocate(self._handle, 0, _ROOM)
        self.trouble: str | None = None

    def left(self) -> Suspect | None:
        """What a dead process was reading when it died."""
        line = os.pread(self._handle, _ROOM, 0).partition(b"\n")[0]
        try:
            return msgspec.json.decode(line, type=Suspect)
        except msgspec.MsgspecError:
            return None

    def around(self, suspect: Suspect) -> "Marked":
        """The mark is there as long as the block lasts."""
        return Marked(self, suspect)

    def clear(self) -> None:
        """Nothing is being read."""
        self.write(_NONE)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)

    def write(self, text: bytes) -> None:
        """Never raises: without its mark a page is read all the same."""
        try:
            os.pwrite(self._handle, text, 0)
            self.trouble = None
        except OSError as error:
            self.trouble = f"the mark of the page being read cannot be written: {error.strerror}"


class Marked:
    """A block in which a page is read."""

    def __init__(self, mark: Mark, suspect: Suspect) -> None:
        self._mark = mark
        self._text = msgspec.json.encode(suspect)[: _ROOM - 1] + b"\n"

    def __enter__(self) -> Self:
        self._mark.write(self._text)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._mark.clear()
