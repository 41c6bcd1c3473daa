"""Lets a few through in each turn of the loop, so that a turn stays short.

A commit, or an answer of the DNS, wakes hundreds of workers in the same turn. Each makes its next
request, a millisecond or two of work, and an API call, which takes four turns, waits for all.
"""

import asyncio
from collections import deque


class Turnstile:
    """First come, first through."""

    def __init__(self, each_turn: int) -> None:
        self._each_turn = each_turn
        self._left = each_turn
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_turning = False

    async def __call__(self) -> None:
        """Return when it is your turn."""
        if self._left and not self._waiting:
            self._left -= 1
            self._turn_soon()
            return
        entered = asyncio.get_running_loop().create_future()
        self._waiting.append(entered)
        await entered

    def _turn_soon(self) -> None:
        if not self._is_turning:
            self._is_turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_turning = False
        self._left = self._each_turn
        while self._left and self._waiting:
            entered = self._waiting.popleft()
            if not entered.done():  # nobody has given up
                entered.set_result(None)
                self._left -= 1
        if self._left < self._each_turn:
            self._turn_soon()
