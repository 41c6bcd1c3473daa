"""How the threads of the store tell those who wait for them in the loop."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
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


class Teller:
    """Calls one after the other, a few in each turn of the loop, which others need meanwhile."""

    def __init__(self, each_turn: int) -> None:
        self._each_turn = each_turn
        self._calls: deque[Callable[[], None]] = deque()

    def __call__(self, calls: Iterable[Callable[[], None]]) -> None:
        """Some more, behind those that wait; in the loop's thread."""
        is_idle = not self._calls
        self._calls.extend(calls)
        if is_idle:
            self._turn()

    def _turn(self) -> None:
        try:
            for _ in range(min(self._each_turn, len(self._calls))):
                self._calls.popleft()()
        finally:
            if self._calls:
                asyncio.get_running_loop().call_soon(self._turn)

    async def rest(self) -> None:
        """Return when all have been called, also those that a thread has just handed over."""
        await asyncio.sleep(0)
        while self._calls:  # noqa: ASYNC110 - a handful of turns, at the end
            await asyncio.sleep(0)
