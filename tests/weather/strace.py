"""What a program asked of the kernel, read from the log of `strace`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Everything that changes files or folders; a call of these that the disk does not know is an error.
CHANGING = (
    "pwrite64,pwritev,pwritev2,write,writev,ftruncate,truncate,fallocate,copy_file_range,sendfile,"
    "rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,"
    "openat,open,creat,fsync,fdatasync,sync_file_range,sync,syncfs"
)
SENDING = "sendto,sendmsg"

_LINE = re.compile(rb"(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)", re.DOTALL)
_STRING = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
_NAMED = re.compile(rb"(-?\w+)<((?:\\x[0-9a-f]{2})*)>")
_RESULT = re.compile(rb"\) += (-?\d+)")
_UNFINISHED = b" <unfinished ...>"


@dataclass(slots=True)
class Call:
    """One system call."""

    name: str
    files: list[tuple[str, str]]  # descriptors in the order of the line, each with its path
    strings: list[bytes]
    numbers: list[int]  # plain arguments behind the last string, or behind the descriptor
    flags: str  # of an open
    result: int
    entered: int  # numbers of the lines on which it began and ended
    left: int


def recording(log: Path, *, paths: tuple[Path, ...] = (), calls: str = CHANGING) -> list[str]:
    """The wrapper that runs a program and writes its calls, with all their bytes, to a log."""
    command = ["strace", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "100000000"]
    command += ["-e", "signal=none", "-e", f"trace={calls}", "-o", str(log)]
    for path in paths:
        command += ["-P", str(path)]
    return command


def read(log: Path) -> Iterator[Call]:
    """The calls that came back, in the order in which they ended."""
    begun: dict[bytes, tuple[int, bytes]] = {}
    with log.open("rb") as lines:
        for number, line in enumerate(lines):
            found = _LINE.match(line)
            if found is None:  # a process ended
                continue
            pid, resumed, name, rest = found.groups()
            if resumed is not None:
                entered, head = begun.pop(pid)
                yield _call(resumed, head + rest, entered, number)
            elif rest.rstrip().endswith(_UNFINISHED):
                begun[pid] = number, rest.rstrip().removesuffix(_UNFINISHED)
            else:
                yield _call(name, rest, number, number)


def _call(name: bytes, text: bytes, entered: int, left: int) -> Call:
    found = list(_RESULT.finditer(text))[-1:]
    arguments = text[: found[0].start()] if found else text
    strings = list(_STRING.finditer(arguments))
    behind = arguments[strings[-1].end() :] if strings else arguments.partition(b">")[2]
    return Call(
        name=name.decode(),
        files=[(fd.decode(), _plain(path).decode()) for fd, path in _NAMED.findall(text)],
        strings=[_plain(string[1]) for string in strings],
        numbers=[int(word) for word in re.findall(rb"(?<=, )-?\d+\b", behind)],
        flags=behind.decode("ascii", "replace"),
        result=int(found[0][1]) if found else -1,
        entered=entered,
        left=left,
    )


def _plain(escaped: bytes) -> bytes:
    return bytes.fromhex(escaped.replace(b"\\x", b"").decode())
