"""Where the interpreter writes its last words when it dies of a signal such as SIGSEGV."""

import faulthandler
from pathlib import Path

from skybatch.recorder.lines import FOLDER

FILE = "crash.txt"
LONGEST = 20_000  # characters of it that are told


class LastWords:
    """The file of one data directory."""

    def __init__(self, data_dir: Path) -> None:
        """Raises OSError when the file cannot be made."""
        path = data_dir / FOLDER / FILE
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self.left = path.read_text("utf-8", "replace")[:LONGEST] if path.exists() else ""
        self._file = path.open("w", encoding="utf-8")
        faulthandler.enable(self._file, all_threads=False)

    def close(self) -> None:
        """A process that ends in peace leaves no words."""
        faulthandler.disable()
        self._file.close()
