"""Power cuts, replayed from what a program asked of the kernel."""

import os
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.weather.disk import Disk, File, Folder, dice
from tests.weather.strace import Call, read

_SYNCING = {"fsync", "fdatasync"}
_ACCEPTED = re.compile(rb"HTTP/1\.1 202 .*?\r\nLocation: \S*/batch/([0-9a-f-]{36})/", re.DOTALL)


@dataclass(slots=True)
class Opened:
    """A descriptor, for calls that write where the last one ended."""

    at: int
    is_appending: bool


class Replay:
    """Applies calls to a disk, in the order in which they count.

    A write may reach the disk as soon as it has begun; a sync has done nothing until it came back.
    """

    def __init__(self, log: Path, tree: Path) -> None:
        """`tree` is a folder that the program makes; nothing else in its parent is looked at."""
        self.disk = Disk(tree.parent)
        self._tree = tree
        calls = sorted(read(log), key=_counts_from)
        self.steps = [call for call in calls if self._matters(call)]
        self._opened: dict[str, Opened] = {}
        self.is_root_synced = False  # whether a new folder below it is taken as safe

    def _matters(self, call: Call) -> bool:
        if call.result < 0:
            return False
        return accepted(call) is not None or any(map(self._is_ours, _paths(call)))

    def _is_ours(self, path: Path) -> bool:
        return path == self._tree.parent or path.is_relative_to(self._tree)

    def apply(self, call: Call) -> None:
        """Raises NotImplementedError for a call that changes files in a way unknown here."""
        known: dict[str, Callable[[Call], None]] = {
            "openat": self._open,
            "write": self._write,
            "pwrite64": self._pwrite,
            "ftruncate": self._truncate,
            "fallocate": self._allocate,
            "fsync": self._sync,
            "fdatasync": self._sync,
            "rename": self._rename,
            "unlink": self._unlink,
            "mkdir": self._mkdir,
            "sendto": lambda _: None,
        }
        if call.name not in known:
            raise NotImplementedError(f"{call.name} on {_paths(call)}")
        known[call.name](call)

    def _open(self, call: Call) -> None:
        number, name = call.files[-1]
        path = Path(name)
        if "O_DIRECTORY" in call.flags or "O_CREAT" not in call.flags:
            return
        if path.name not in self.disk.folder(path.parent).now:
            self.disk.folder(path.parent).change({path.name: File()})
        if "O_TRUNC" in call.flags:
            self.disk.file(path).truncate(0)
        self._opened[number] = Opened(0, "O_APPEND" in call.flags)

    def _write(self, call: Call) -> None:
        number, name = call.files[0]
        opened, file = self._opened[number], self.disk.file(Path(name))
        if opened.is_appending:
            opened.at = file.size
        file.write(opened.at, call.strings[0][: call.result])
        opened.at += call.result

    def _pwrite(self, call: Call) -> None:
        file = self.disk.file(Path(call.files[0][1]))
        file.write(call.numbers[-1], call.strings[0][: call.result])

    def _truncate(self, call: Call) -> None:
        self.disk.file(Path(call.files[0][1])).truncate(call.numbers[0])

    def _allocate(self, call: Call) -> None:
        file = self.disk.file(Path(call.files[0][1]))
        file.truncate(max(file.size, sum(call.numbers[-2:])))

    def _sync(self, call: Call) -> None:
        self.disk.entry(Path(call.files[0][1])).sync()

    def _rename(self, call: Call) -> None:
        old, new = _paths(call)
        assert old.parent == new.parent, "between folders is not modelled"
        folder = self.disk.folder(old.parent)
        folder.change({old.name: None, new.name: folder.now[old.name]})

    def _unlink(self, call: Call) -> None:
        (path,) = _paths(call)
        self.disk.folder(path.parent).change({path.name: None})

    def _mkdir(self, call: Call) -> None:
        (path,) = _paths(call)
        parent = self.disk.folder(path.parent)
        parent.change({path.name: Folder()})
        if self.is_root_synced and path == self._tree:
            parent.sync()


def accepted(call: Call) -> str | None:
    """The id of the batch, when this call sends the head of a 202."""
    if call.name != "sendto":
        return None
    found = _ACCEPTED.match(call.strings[0])
    return found[1].decode() if found else None


def _counts_from(call: Call) -> int:
    return call.left if call.name in _SYNCING else call.entered


def _paths(call: Call) -> list[Path]:
    if call.name == "openat":
        return [Path(call.files[-1][1])]
    if call.files:
        return [Path(call.files[0][1])]
    return [Path(os.fsdecode(string)) for string in call.strings]


@dataclass(slots=True)
class Verdict:
    """What was found after all cuts; each sorrow names the seed that brings it again."""

    cuts: int = 0
    acknowledged: int = 0  # summed over the cuts
    lost: int = 0  # acknowledged submissions that were not there, or not whole
    lossy_cuts: int = 0
    corrupt: int = 0
    sorrows: list[str] = field(default_factory=list)


Check = Callable[[Path, list[str]], "tuple[list[str], list[str]]"]


def cut_power(replay: Replay, seeds: Iterable[int], check: Check) -> Verdict:
    """Cut at one random step for each seed, and look at what is left.

    `check(folder, acknowledged ids)` answers which of them are lost, and what is corrupt.
    """
    verdict = Verdict()
    seeds_at: dict[int, list[int]] = {}
    for seed in seeds:
        step = dice(f"step {seed}").randrange(len(replay.steps))
        seeds_at.setdefault(step, []).append(seed)
    acknowledged: list[str] = []
    for number, call in enumerate(replay.steps):
        replay.apply(call)
        if (batch_id := accepted(call)) is not None:
            acknowledged.append(batch_id)
        for seed in seeds_at.get(number, ()):
            _look(replay.disk, seed, acknowledged, check, verdict)
    return verdict


def _is_kept(name: str) -> bool:
    """Not the index of the log, which SQLite makes anew, nor megabytes of nothing."""
    return not name.endswith("-shm") and name != "reserve"


def _look(disk: Disk, seed: int, acknowledged: list[str], check: Check, verdict: Verdict) -> None:
    with tempfile.TemporaryDirectory(prefix="skybatch-power-") as folder:
        disk.after_a_cut(dice(seed), Path(folder), _is_kept)
        lost, corrupt = check(Path(folder), acknowledged)
    verdict.cuts += 1
    verdict.acknowledged += len(acknowledged)
    verdict.lost += len(lost)
    verdict.lossy_cuts += bool(lost)
    verdict.corrupt += bool(corrupt)
    if lost or corrupt:
        verdict.sorrows.append(f"seed {seed}: lost {lost[:3]}, corrupt {corrupt[:3]}")
