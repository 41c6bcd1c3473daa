"""How the threads of the store tell those who wait for them in the loop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


def in_loop(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """From a thread: call something in the loop's."""
    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(callback)


def tell(future: "asyncio.Future[T]", result: T | None, error: Exception | None) -> None:
    """In the loop's thread: what came of it, for whoever still waits."""
    if future.done():  # whoever waited was cancelled
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)  # type: ignore[arg-type]  # None only if T is


def raisable(error: Exception) -> Exception:
    """The error as a future can carry it: StopIteration is none that it can."""
    if isinstance(error, StopIteration):
        return RuntimeError("a function for the database raised StopIteration")
    return error
