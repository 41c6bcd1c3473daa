"""One stage of a self-check, tried."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from skybatch.model.selfcheck import Stage


class StageFailed(Exception):
    """A stage did not do what it must; the text says what it did."""


async def tried(stage: str, work: Callable[[], Awaitable[str]], *, limit_s: float) -> Stage:
    """Do the work of a stage; whatever happens is told, and keeps no other from being tried.

    `work` returns the detail of a success, and raises for anything else.
    """
    began = time.monotonic()
    try:
        async with asyncio.timeout(limit_s):
            detail, is_ok = await work(), True
    except TimeoutError:
        detail, is_ok = f"not done within {limit_s:g} s", False
    except Exception as error:  # noqa: BLE001 - told in the stage, which is the purpose of it
        detail, is_ok = str(error) or type(error).__name__, False
    return Stage(stage, is_ok, round((time.monotonic() - began) * 1_000), detail)


def not_tried(stage: str, why: str) -> Stage:
    """A stage that has no chance."""
    return Stage(stage, ok=False, ms=0, detail=f"not tried: {why}")
