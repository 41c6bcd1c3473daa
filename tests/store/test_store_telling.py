"""How those who wait are told: in order, and a few in each turn of the loop."""

import asyncio

import pytest

from skybatch.store.telling import Teller


async def test_a_few_are_called_in_each_turn_and_all_in_their_order():
    told, turns = [], []
    teller = Teller(each_turn=3)
    teller(lambda n=n: told.append(n) for n in range(7))
    teller([lambda: told.append("later")])
    while len(told) < 8:
        turns.append(len(told))
        await asyncio.sleep(0)
    assert told == [*range(7), "later"]
    assert turns == [3, 6]


async def test_a_call_that_fails_keeps_nobody_else_waiting(caplog):
    told = []
    teller = Teller(each_turn=1)
    teller([lambda: told.append(1)])
    with pytest.raises(ZeroDivisionError):
        teller([lambda: 1 / 0, lambda: told.append(2)])
    await teller.rest()
    assert told == [1, 2]
