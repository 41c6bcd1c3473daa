"""Requests go out a few in a turn of the loop."""

import asyncio
from itertools import pairwise

from skybatch.crawl.turnstile import Turnstile


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_few_go_through_at_once_and_the_rest_some_in_each_turn_in_their_order() -> None:
    turnstile, through = Turnstile(3), []

    async def visit(number: int) -> None:
        await turnstile()
        through.append(number)

    tasks = [asyncio.create_task(visit(number)) for number in range(10)]
    seen = []
    while len(through) < 10:
        await asyncio.sleep(0)
        seen.append(len(through))
    assert through == list(range(10))
    assert max(after - before for before, after in pairwise([0, *seen])) == 3
    await asyncio.gather(*tasks)


async def test_nobody_waits_where_nobody_else_is() -> None:
    turnstile = Turnstile(1)
    for _ in range(3):
        through = asyncio.ensure_future(turnstile())
        await turns(1)
        assert through.done()
        await turns(2)


async def test_who_gives_up_keeps_nobody_waiting() -> None:
    turnstile = Turnstile(1)
    first, *given_up, last = (asyncio.ensure_future(turnstile()) for _ in range(50))
    await turns(1)
    for each in given_up:
        each.cancel()
    await turns(3)
    assert first.done()
    assert last.done()
