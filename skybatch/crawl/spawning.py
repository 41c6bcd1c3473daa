"""Starts the processes that read pages."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PROGRAM = (sys.executable, "-m", "skybatch.crawl.reading_process")
_BUFFER = 1024 * 1024  # of the socket


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
        # session of its own, as Ctrl-C is for us alone.
        child = subprocess.Popen(  # noqa: ASYNC220, S603 - milliseconds; our own program
            _PROGRAM, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, start_new_session=True
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
