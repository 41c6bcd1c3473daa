"""Waiting for a condition instead of for a time."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable

_POLL_S = 0.005


async def until(
    condition: Callable[[], object | Awaitable[object]], timeout_s: float = 10.0
) -> None:
    """Return as soon as the condition holds; AssertionError when it does not in time."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        holds = condition()
        if isawaitable(holds):
            holds = await holds
        if holds:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {timeout_s:g} s: {condition}")
        await asyncio.sleep(_POLL_S)
