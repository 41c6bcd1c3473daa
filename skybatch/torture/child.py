"""A real `skybatch serve` as a child process, driven from outside over HTTP and by signals."""

import http.client
import os
import resource
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import urlsplit

import msgspec

from skybatch.errors import SkybatchError

API = "/api/v3/batch_page_scraper"
LOST = (OSError, http.client.HTTPException)  # no answer: it was refused, reset, cut off or late
_SERVE = (sys.executable, "-P", "-c", "from skybatch.cli.main import main; main()", "serve")
_POLL_S = 0.005
_PROBE_S = 5.0
_TAIL = 40  # lines of the log that explain a failure

T = TypeVar("T")


class ChildFailed(SkybatchError):
    """The daemon did not do what was asked of it in time."""

    code = "child_failed"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the API, whatever its status."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def read(self, shape: type[T]) -> T:
        """The JSON body in a shape; members that the shape does not have are left out."""
        return msgspec.json.decode(self.body, type=shape)


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a process holds of the system."""

    fds: int
    threads: int
    mb: int  # resident memory


class Child:
    """A daemon on a free port of 127.0.0.1 and a folder that outlives it; may be started again.

    `settings` is the whole configuration file but for address, data directory and token; `wrap` is
    a command that runs the daemon, such as `strace -f`; `env` is added to our environment without
    its SKYBATCH_ variables; `preexec` runs in the child before the program. As a context manager it
    leaves no process behind.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: str = "",
        wrap: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        preexec: Callable[[], None] | None = None,
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "daemon.log"
        self.config = folder / "skybatch.toml"
        self.token = secrets.token_urlsafe(16)
        self.url = ""  # of the last start
        self._wrap = tuple(wrap)
        self._env = dict(env or {})
        self._preexec = preexec
        self.port = 0  # one that is free
        self._process: subprocess.Popen[bytes] | None = None
        self._spawned_at = 0.0
        folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(settings, "utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def start(self, *, timeout_s: float = 20.0) -> float:
        """Start, and wait until submissions are taken; returns the seconds that it took.

        Raises ChildFailed, with the end of the log, when it ends or is not ready in time.
        """
        self.spawn()
        return self.wait_until_ready(timeout_s=timeout_s)

    def wait_until_ready(self, *, timeout_s: float = 20.0) -> float:
        """As `start`, for what was spawned; the seconds count from then."""
        began = self._spawned_at
        while not self._is_ready():
            if self.exit_code is not None:
                raise ChildFailed(f"the daemon ended with {self.exit_code}:\n{self._tail()}")
            if time.monotonic() - began > timeout_s:
                raise ChildFailed(f"the daemon is not ready after {timeout_s:g} s:\n{self._tail()}")
            time.sleep(_POLL_S)
        return time.monotonic() - began

    def spawn(self) -> None:
        """Start without waiting for anything."""
        with suppress(OSError):  # on a disk that is read-only no daemon will become ready
            (self.data / "address").unlink(missing_ok=True)
        self._spawned_at = time.monotonic()
        flags = ("--config", self.config, "--host", "127.0.0.1", "--port", str(self.port))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*self._wrap, *_SERVE, *flags, "--data-dir", self.data],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self._environment(),
                preexec_fn=self._preexec,
                process_group=0,  # a Ctrl-C is ours, and a wrapper is ended with what it runs
            )

    def _environment(self) -> dict[str, str]:
        ours = {key: value for key, value in os.environ.items() if not key.startswith("SKYBATCH_")}
        return {**ours, "SKYBATCH_AUTH__TOKEN": self.token, "NO_COLOR": "1", **self._env}

    def _is_ready(self) -> bool:
        try:
            self.url = (self.data / "address").read_text("ascii").strip()
            return (
                bool(self.url) and self.request("GET", "/readyz", timeout_s=_PROBE_S).status == 200
            )
        except LOST:
            return False

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """What was started last: the daemon, or its wrapper."""
        if self._process is None:
            raise ChildFailed("the daemon was never started")
        return self._process

    @property
    def pid(self) -> int:
        """Of the daemon; under a wrapper that of the wrapper until the folder is locked."""
        return self._holder() or self.process.pid

    @property
    def has_folder(self) -> bool:
        """Whether the daemon has locked its folder: from then on it opens the database."""
        return self._holder() is not None

    def _holder(self) -> int | None:
        """Who has locked the folder, if it is the process that we started or a child of it."""
        try:
            pid = int((self.data / "skybatch.lock").read_text("ascii"))
            return pid if os.getpgid(pid) == self.process.pid else None
        except (OSError, ValueError):
            return None

    @property
    def exit_code(self) -> int | None:
        """`None` while it runs; negative is the signal that ended it."""
        return self.process.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the daemon, not to its wrapper; nothing happens when it has ended."""
        if self.exit_code is None:
            os.kill(self.pid, number)

    def freeze(self) -> None:
        """SIGSTOP, and wait until it stands still."""
        self.signal(signal.SIGSTOP)
        stat = Path("/proc") / str(self.pid) / "stat"
        while (
            self.exit_code is None and stat.read_text("ascii").rpartition(")")[2].split()[0] != "T"
        ):
            time.sleep(_POLL_S)

    def terminate(self) -> None:
        """SIGTERM, without waiting."""
        self.signal(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9, and wait until the process is gone."""
        self.signal(signal.SIGKILL)
        self.wait(10)

    def wait(self, timeout: float) -> int:
        """The exit code once it has ended; raises ChildFailed when it has not in time."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise ChildFailed(f"still running after {timeout:g} s:\n{self._tail()}") from None

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 60.0,
    ) -> Reply:
        """Ask the daemon, from any thread; a path from the root, a body that becomes JSON.

        Raises one of LOST when there is no whole answer.
        """
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        data = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=timeout_s)
        try:
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, names, answer.read())
        finally:
            connection.close()

    def log_lines(self) -> list[str]:
        """What all starts have written to stdout and stderr."""
        return self.log.read_text("utf-8", "replace").splitlines() if self.log.exists() else []

    @property
    def log_size(self) -> int:
        """Bytes: a place in the log that `has_logged` looks from."""
        return self.log.stat().st_size if self.log.exists() else 0

    def has_logged(self, text: str, *, since: int) -> bool:
        """Whether a text was written to stdout or stderr after a place in the log."""
        with self.log.open("rb") as log:
            log.seek(since)
            return text.encode() in log.read()

    def footprint(self) -> Footprint | None:
        """What the daemon holds; `None` where the system has no /proc."""
        process = Path("/proc") / str(self.pid)
        try:
            fds = len(list((process / "fd").iterdir()))
            pages = int((process / "statm").read_text("ascii").split()[1])
            mb = round(pages * resource.getpagesize() / 1_000_000)
            return Footprint(fds, len(list((process / "task").iterdir())), mb)
        except OSError:
            return None

    def _tail(self) -> str:
        return "\n".join(self.log_lines()[-_TAIL:])
