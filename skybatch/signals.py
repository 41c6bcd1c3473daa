"""How the daemon is asked to stop."""

import asyncio
import os
import signal

import structlog

log = structlog.get_logger()


def asked_to_stop() -> "asyncio.Future[None]":
    """Done at the first signal; a second one ends the process where it stands."""
    loop = asyncio.get_running_loop()
    asked: asyncio.Future[None] = loop.create_future()

    def note() -> None:
        if asked.done():
            # Everything acknowledged is on disk: what is cut off here is recovered at the start.
            log.warning("daemon.stopped_at_once")
            os._exit(1)
        asked.set_result(None)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, note)
    return asked
