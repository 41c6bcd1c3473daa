"""A disk that forgets: what may be left of files when the power goes, by POSIX and no more.

Promised is only what was synced. A sector of 512 bytes that was written since may be there or not,
each by itself; so may a size; and so may names, which a folder keeps in the order of their changes.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512


def dice(seed: int | str) -> random.Random:
    """The same seed throws the same numbers."""
    return random.Random(seed)  # noqa: S311 - no secrets


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes at an offset."""

    offset: int
    data: bytes

    @property
    def end(self) -> int:
        return self.offset + len(self.data)

    def sectors(self) -> list["Written"]:
        """The same bytes, cut where sectors of the disk begin."""
        pieces, at = [], self.offset
        while at < self.end:
            until = min(self.end, (at // SECTOR + 1) * SECTOR)
            pieces.append(Written(at, self.data[at - self.offset : until - self.offset]))
            at = until
        return pieces


@dataclass(frozen=True, slots=True)
class Sized:
    """A change of the size."""

    size: int


@dataclass(slots=True)
class File:
    """What is safe, and what came since."""

    safe: bytearray = field(default_factory=bytearray)
    since: list[Written | Sized] = field(default_factory=list)
    size: int = 0  # as programs see it

    def write(self, offset: int, data: bytes) -> None:
        self.since.append(Written(offset, data))
        self.size = max(self.size, offset + len(data))

    def truncate(self, size: int) -> None:
        self.since.append(Sized(size))
        self.size = size

    def sync(self) -> None:
        for change in self.since:
            _apply(self.safe, change)
        self.since.clear()

    def after_a_cut(self, rng: random.Random) -> bytes:
        """One of the many things that may be left."""
        left = bytearray(self.safe)
        sizes = [len(self.safe)]  # that it had since
        for change in self.since:
            if isinstance(change, Written):
                for sector in change.sectors():
                    if rng.random() < 0.5:
                        _apply(left, sector)
                sizes.append(max(sizes[-1], change.end))
            elif rng.random() < 0.5:
                _apply(left, change)
                sizes = [change.size]
        if rng.random() < 0.5:
            _apply(left, Sized(rng.choice(sizes)))
        return bytes(left)


def _apply(content: bytearray, change: Written | Sized) -> None:
    size = change.offset if isinstance(change, Written) else change.size
    if len(content) < size:
        content.extend(bytes(size - len(content)))
    if isinstance(change, Written):
        content[change.offset : change.end] = change.data
    else:
        del content[size:]


@dataclass(slots=True)
class Folder:
    """Names of files and of folders below."""

    safe: dict[str, "File | Folder"] = field(default_factory=dict)
    now: dict[str, "File | Folder"] = field(default_factory=dict)
    since: list[dict[str, "File | Folder | None"]] = field(default_factory=list)  # None: gone

    def change(self, names: dict[str, "File | Folder | None"]) -> None:
        """Names that change in one step."""
        self.since.append(names)
        _rename(self.now, names)

    def sync(self) -> None:
        for names in self.since:
            _rename(self.safe, names)
        self.since.clear()

    def after_a_cut(self, rng: random.Random) -> dict[str, "File | Folder"]:
        left = dict(self.safe)
        for names in self.since[: rng.randint(0, len(self.since))]:
            _rename(left, names)
        return left


def _rename(entries: dict[str, "File | Folder"], names: dict[str, "File | Folder | None"]) -> None:
    for name, entry in names.items():
        if entry is None:
            entries.pop(name, None)
        else:
            entries[name] = entry


class Disk:
    """A tree below one folder, which itself is safe."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._top = Folder()

    def folder(self, path: Path) -> Folder:
        """Raises KeyError when it is not there."""
        here = self._top
        for name in path.relative_to(self._root).parts:
            below = here.now[name]
            assert isinstance(below, Folder), f"{path} is no folder"
            here = below
        return here

    def entry(self, path: Path) -> File | Folder:
        """Raises KeyError when it is not there."""
        return self._top if path == self._root else self.folder(path.parent).now[path.name]

    def file(self, path: Path) -> File:
        """Raises KeyError when it is not there."""
        entry = self.entry(path)
        assert isinstance(entry, File), f"{path} is no file"
        return entry

    def after_a_cut(self, rng: random.Random, target: Path, keep: Callable[[str], bool]) -> None:
        """Write what may be left into an empty folder; files of other names are left out."""
        _lay_out(self._top, rng, target, keep)


def _lay_out(folder: Folder, rng: random.Random, target: Path, keep: Callable[[str], bool]) -> None:
    for name, entry in folder.after_a_cut(rng).items():
        if isinstance(entry, Folder):
            (target / name).mkdir()
            _lay_out(entry, rng, target / name, keep)
        elif keep(name):
            (target / name).write_bytes(entry.after_a_cut(rng))
