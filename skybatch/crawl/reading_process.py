"""The program that reads pages in a process of its own: `python -m skybatch.crawl.reading_process`.

It takes pages from its standard input, a socket, answers on the same, and ends when that is closed,
so it never outlives the daemon. A page that takes too long is ended by the kernel, together with
the process: no code of ours need be running for that.
"""

import ctypes
import os
import resource
import signal
import socket
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from skybatch.crawl import frames
from skybatch.crawl.frames import PAGE_CPU_S
from skybatch.errors import TooComplex
from skybatch.extract.own import Own, prepare
from skybatch.extract.reading import Large, read
from skybatch.model.facts import RawPage

MEMORY = 160 * 1024 * 1024  # of address space; 3 MB of documentation take 110 MB at their peak
_SWOLLEN = 56 * 1024 * 1024  # resident after a page: a fresh process takes 30 MB
_PIECE = 256 * 1024
_TOGETHER = 16  # answers that go out in one write
_LATE_S = 0.2  # since the last ones: who is silent for long is taken to be stuck
_NICE = 10  # the daemon goes first: it keeps all busy, and somebody waits for its answers
_TOO_MUCH = "reading it takes more memory than a page is given"
# Has a bit of all that is read: what is made ready for the first page of all takes 60 ms.
_SAMPLE = RawPage(
    url="https://www.example.com/",
    body=b"""<html lang=en><title>Acme Tools</title><script>var a = {"phone": "1"}</script>
      <a href=/kontakt>info@example.com</a> Acme GmbH, Tel. 030 1234567, info (at) example.com""",
    content_type="text/html; charset=utf-8",
    content_encoding=None,
    language=None,
    was_cut=False,
    max_bytes=10_000,
    default_region="DE",
)
_LARGE = 64 * 1024  # before a page of this size all answers go out: it may take its time


def main() -> None:
    """Read until there is nothing more to come."""
    _limit()
    with socket.socket(fileno=0) as channel, suppress(ConnectionError):  # the daemon is gone
        _serve(channel)


def _limit() -> None:
    os.nice(_NICE)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _serve(channel: socket.socket) -> None:
    give_back = _give_back()
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    answers: list[bytes] = []
    sent_at = time.monotonic()
    inbox = _Inbox(channel)
    added = inbox.take()
    if added is None:
        return
    own = prepare(frames.additions(added))
    _answer(_SAMPLE, own)
    channel.sendall(frames.HELLO)
    while True:
        has_time = inbox.has_page and not inbox.next_is_large
        is_late = len(answers) == _TOGETHER or time.monotonic() - sent_at > _LATE_S
        if answers and (is_late or not has_time):
            channel.sendall(b"".join(answers))
            answers.clear()
            sent_at = time.monotonic()
        page = inbox.take()
        if page is None:
            return
        answers.append(_answer(frames.raw_page(page), own))
        if _resident(statm) > _SWOLLEN:
            give_back()
        if _resident(statm) > _SWOLLEN:
            channel.sendall(b"".join(answers))
            # What is in our hands is read by the next one. At once: were we still tidying up when
            # the end of the channel is seen, we would be killed, and these pages suspects.
            os._exit(0)


def _give_back() -> Callable[[], object]:
    """Gives free memory that is kept for later pages back to the system; takes 1 ms (malloc_trim(3)
    of glibc; other libraries keep little)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return partial(trim, 0) if trim is not None else lambda: None


def _resident(statm: int) -> int:
    """Bytes of memory in use."""
    return int(os.pread(statm, 100, 0).split()[1]) * resource.getpagesize()


def _answer(page: RawPage, own: Own) -> bytes:
    began = time.process_time()
    with suppress(MemoryError):  # a hundred thousand long links are written twice
        reply = _read(page, own)
        return frames.framed(replace(reply, cpu_s=time.process_time() - began))
    # Only here: until its exception is gone, the page holds the memory that this takes.
    return frames.framed(frames.Reply(refusal=_TOO_MUCH))


def _read(page: RawPage, own: Own) -> frames.Reply:
    signal.setitimer(signal.ITIMER_PROF, PAGE_CPU_S)
    try:
        most = None if page.is_alone or page.is_sitemap else frames.LARGE_WITHIN
        return frames.Reply(reading=read(page, own, most=most))
    except Large:
        return frames.Reply(is_large=True)
    except TooComplex as error:
        return frames.Reply(refusal=str(error))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - told to whoever asked, with its traceback
        return frames.Reply(bug=traceback.format_exc())
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)


class _Inbox:
    """The frames that have come, whole, and the beginning of the next one."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._data = bytearray()

    @property
    def has_page(self) -> bool:
        """Whether a page is here as a whole."""
        return 0 < self._needed <= len(self._data)

    @property
    def next_is_large(self) -> bool:
        return self._needed > _LARGE

    @property
    def _needed(self) -> int:
        """Bytes of the next frame; 0 = not yet known."""
        if len(self._data) < frames.HEAD.size:
            return 0
        return int(frames.HEAD.unpack_from(self._data)[0]) + frames.HEAD.size

    def take(self) -> bytes | None:
        """What is in the next frame; `None` when no more will come."""
        while not self.has_page:
            piece = self._channel.recv(_PIECE)
            if not piece:
                return None
            self._data += piece
        needed = self._needed
        body = bytes(memoryview(self._data)[frames.HEAD.size : needed])
        del self._data[:needed]
        return body


if __name__ == "__main__":
    main()
