"""Where the interpreter writes its last words when it dies of a signal such as SIGSEGV."""

import faulthandler
from pathlib import Path

from skybatch.recorder.lines import FOLDER

FILE = "crash.txt"
LEFT = "crash.left.txt"
LONGEST = 20_000  # characters of it that are told


class LastWords:
    """The file of one data directory. What the run before has left stays until it is told."""

    def __init__(self, data_dir: Path) -> None:
        """Raises OSError when the file cannot be made."""
        folder = data_dir / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        path, self._left = folder / FILE, folder / LEFT
        if path.exists() and path.stat().st_size:
            path.replace(self._left)
        self._file = path.open("w", encoding="utf-8")
        faulthandler.enable(self._file, all_threads=False)

    def left(self) -> str:
        """What the process before said when it died; empty when it said nothing."""
        if not self._left.exists():
            return ""
        return self._left.read_text("utf-8", "replace")[:LONGEST]

    def told(self) -> None:
        """The last words are where they belong."""
        self._left.unlink(missing_ok=True)

    def close(self) -> None:
        """A process that ends in peace leaves no words."""
        faulthandler.disable()
        self._file.close()
