"""Starts the processes that read pages."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PROGRAM = (sys.executable, "-m", "skybatch.crawl.reading_process")
_BUFFER = 1024 * 1024  # of the socket
# The parts of a large page go back to the system one by one. By itself glibc would raise the limit
# after the first such page, and keep 25 MB more of each (mallopt(3), M_MMAP_THRESHOLD).
# What most pages take is kept for the next one (M_TRIM_THRESHOLD): to get it anew takes a tenth of
# the time of reading.
_MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": str(1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(4 * 1024 * 1024),
}


@asynccontextmanager
async def spawned(
    additions: bytes,
) -> AsyncIterator[tuple["subprocess.Popen[bytes]", asyncio.StreamReader, asyncio.StreamWriter]]:
    """A process that reads, and our two ends of its socket. The first that it is told are the
    `additions`, a frame."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        # Spawned, not forked: a fork would keep the lock on the data folder after our death. In a
        # group of its own, as Ctrl-C is for us alone; not in a session of its own, whose part of
        # the processor Linux would weigh against ours, however nice it is (sched(7), autogroup).
        child = subprocess.Popen(  # noqa: ASYNC220, S603 - milliseconds; our own program
            _PROGRAM,
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            process_group=0,
            env={**os.environ, **_MALLOC},
        )
        theirs.close()
        try:
            reader, writer = await asyncio.open_connection(sock=ours)
        except BaseException:  # cancelled: nobody else knows of the process
            child.kill()
            child.wait()
            raise
        writer.write(additions)
        try:
            yield child, reader, writer
        finally:
            writer.transport.abort()
