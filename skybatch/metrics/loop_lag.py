"""How late the loop comes to what is due."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from skybatch.model.durations import Durations

SAMPLE_SECONDS = 0.25
_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


@asynccontextmanager
async def loop_lag() -> AsyncIterator[Durations]:
    """Inside, a task asks to be woken four times a second, and notes how late it is."""
    lags = Durations(_BOUNDS)
    task = asyncio.create_task(_sample(lags), name="loop lag")
    try:
        yield lags
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sample(lags: Durations) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + SAMPLE_SECONDS
        await asyncio.sleep(SAMPLE_SECONDS)
        lags.add(max(0.0, loop.time() - due))
