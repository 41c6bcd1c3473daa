"""Faults that come from outside of the process."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

WRITES, SYNCS = "pwrite64", "fdatasync,fsync"


def striking(
    calls: str, fault: str, when: str, *, paths: Sequence[Path], log: Path | None = None
) -> list[str]:
    """The wrapper that lets calls on these paths fail, or end the process.

    `fault` is `error=ENOSPC` or `signal=SIGKILL`; `when` says which of the calls: `3`, `3+` from
    there on, `3..9`. Every thread has a count of its own.
    """
    command = ["strace", "-f", "-qq", "-o", str(log or os.devnull), "-e", "signal=none"]
    if fault.startswith("error="):
        command.insert(1, "--seccomp-bpf")  # fast, but strace 6.1 injects no signal with it
    for path in paths:
        command += ["-P", str(path)]
    return [*command, "-e", f"trace={calls}", "-e", f"inject={calls}:{fault}:when={when}"]


@contextmanager
def failing(pid: int, calls: str, fault: str, *, paths: Sequence[Path]) -> Iterator[None]:
    """Let such calls of a running process fail as long as the context lasts."""
    command = striking(calls, fault, "1+", paths=paths)
    command.remove("-qq")  # it says when it has attached itself
    strace = subprocess.Popen([*command, "-p", str(pid)], stderr=subprocess.PIPE, text=True)
    try:
        assert "attached" in (line := strace.stderr.readline()), line
        yield
    finally:
        strace.terminate()
        strace.wait(10)
        strace.stderr.close()


@contextmanager
def mounted(folder: Path, *, megabytes: int) -> Iterator[None]:
    """A disk of its own at a folder, which is gone at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder))
    try:
        yield
    finally:
        _run("umount", "--lazy", str(folder))


def remount(folder: Path, option: str) -> None:
    """`ro` or `rw`."""
    _run("mount", "-o", f"remount,{option}", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Not a page is left on the disk of a folder."""
    ballast = folder / "ballast"
    handle = os.open(ballast, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for size in (1 << 20, 4096):
            _write_until_full(handle, bytes(size))
        yield
    finally:
        os.close(handle)
        ballast.unlink()


def _write_until_full(handle: int, data: bytes) -> None:
    try:
        while True:
            os.write(handle, data)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


@contextmanager
def locked(database: Path, *, seconds: float) -> Iterator[None]:
    """Another program takes the right to write, and gives it back after so many seconds."""
    shell = subprocess.Popen(
        ["sqlite3", "-batch", str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    end = threading.Timer(seconds, shell.stdin.close)  # which ends it, and its transaction
    try:
        shell.stdin.write("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE; SELECT 'held';\n")
        while "held" not in (line := shell.stdout.readline()):
            assert line, "sqlite3 ended"
        end.start()
        yield
        end.join()
    finally:
        end.cancel()
        shell.kill()
        shell.wait(10)
        shell.stdin.close()
        shell.stdout.close()


class Calendar:
    """A wall clock that can be set while a process runs; the monotonic one is left alone."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "faketime"
        self.set("+0")

    def set(self, offset: str) -> None:
        """As `faketime` has it: `+1d`, `-1h`, `-10y`."""
        draft = self._file.with_name("faketime.new")
        draft.write_text(offset + "\n", "ascii")
        draft.rename(self._file)

    @property
    def env(self) -> dict[str, str]:
        """The environment that makes a process look at this clock."""
        (library, *_) = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",  # s; else each look at the clock reads the file
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def shell(redirection: str) -> list[str]:
    """The wrapper that starts a program with its output somewhere else: `2>/dev/full`, `2>&-`."""
    return ["sh", "-c", f'exec "$@" {redirection}', "sh"]


def broken_pipe(number: int) -> list[str]:
    """The wrapper that starts a program with a descriptor into a pipe that nobody reads."""
    code = (
        "import os, sys\n"
        f"r, w = os.pipe(); os.dup2(w, {number}); os.close(r); os.close(w)\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    return [sys.executable, "-c", code]
