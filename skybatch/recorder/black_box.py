"""The black box of one run: what the run before has left in it, and what this one writes."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from skybatch.model.clock import Clock
from skybatch.model.recovery import Asked
from skybatch.recorder.crash import LastWords
from skybatch.recorder.flight import Recorder
from skybatch.recorder.lines import tail
from skybatch.recorder.mark import Mark

_TAIL_BYTES = 2 * 1024 * 1024  # more than all requests that can be in flight at a time


class BlackBox:
    """Flight recorder, mark and last words of a data directory."""

    def __init__(self, data_dir: Path, boot: str, clock: Clock) -> None:
        """Raises OSError when the directory cannot be written."""
        self._data_dir = data_dir
        self.words = LastWords(data_dir)
        self.mark = Mark(data_dir)
        self.recorder = Recorder(data_dir, boot, clock)

    def asked(self) -> Sequence[Asked]:
        """The last requests before this run."""
        return [
            Asked(
                line.job_id,
                line.attempt,
                str(line.data.get("url")),
                line.at,
                is_page=line.type == "page.asked",
            )
            for line in tail(self._data_dir, _TAIL_BYTES, about='.asked"')
            if line.job_id and line.attempt and line.type in ("page.asked", "site.asked")
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.recorder.note("daemon.stopped")
        self.recorder.close()
        self.mark.close()
        self.words.close()
