"""How a crawl is asked to end."""

import asyncio

import pytest

from skybatch.crawl.stop import Interrupted, Stop
from skybatch.crawl.web import open_web
from skybatch.extract import reading
from skybatch.model.clock import SystemClock
from skybatch.model.outcome import Ended
from tests.crawl.scene import HOST, Scene, settings_of
from tests.site import Page, Site


@pytest.mark.parametrize("ended", [Ended.CANCELLED, Ended.DEADLINE])
async def test_an_immediate_stop_interrupts_what_is_awaited(ended: Ended) -> None:
    stop = Stop()

    async def request() -> None:
        async with stop.waiting() as wait:
            wait.begin()
            await asyncio.Event().wait()

    asyncio.get_running_loop().call_soon(stop.ask, ended)
    with pytest.raises(Interrupted):
        await request()
    assert stop.ended is ended


async def test_a_drain_interrupts_a_wait_but_no_request() -> None:
    stop = Stop()
    asyncio.get_running_loop().call_soon(stop.ask, Ended.DRAINED)
    with pytest.raises(Interrupted):
        async with stop.waiting():
            await asyncio.Event().wait()

    stop, answer = Stop(), asyncio.Event()
    asyncio.get_running_loop().call_soon(stop.ask, Ended.DRAINED)
    asyncio.get_running_loop().call_later(0.01, answer.set)
    async with stop.waiting() as wait:
        wait.begin()
        await answer.wait()
    assert stop.ended is Ended.DRAINED


async def test_a_request_does_not_go_out_in_the_turn_in_which_it_is_given_up() -> None:
    """It would be cut off at once, and asked again by the next attempt."""
    stop = Stop()
    async with stop.waiting() as wait:
        stop.ask(Ended.DRAINED)
        with pytest.raises(Interrupted):
            wait.begin()


async def test_nothing_is_waited_for_any_more_after_a_stop() -> None:
    stop = Stop()
    stop.ask(Ended.DRAINED)
    with pytest.raises(Interrupted):
        async with stop.waiting():
            raise AssertionError


async def test_waits_within_waits_end_together() -> None:
    stop = Stop()
    asyncio.get_running_loop().call_soon(stop.ask, Ended.CANCELLED)
    with pytest.raises(Interrupted):
        async with stop.waiting(), stop.waiting():
            await asyncio.Event().wait()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_the_first_one_wins_but_for_a_drain() -> None:
    stop = Stop()
    stop.ask(Ended.DRAINED)
    assert not stop.is_immediate
    stop.ask(Ended.DEADLINE)
    assert stop.is_immediate
    stop.ask(Ended.CANCELLED)
    stop.ask(Ended.DRAINED)
    assert stop.ended is Ended.DEADLINE


def test_nobody_can_ask_for_an_end_that_has_to_be_earned() -> None:
    with pytest.raises(ValueError, match="dry"):
        Stop().ask(Ended.DRY)


async def test_a_cancelled_task_stays_cancelled() -> None:
    stop = Stop()

    async def wait() -> None:
        async with stop.waiting():
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_timeout_of_somebody_else_is_not_taken_for_a_stop() -> None:
    with pytest.raises(TimeoutError):
        async with Stop().waiting():
            raise TimeoutError


async def test_the_answer_that_is_waited_for_longest_is_told_and_after_a_redirect_the_next_one():
    stop = Stop()
    assert stop.longest is None
    async with stop.waiting(), stop.waiting("http://a/1") as first, stop.waiting("http://a/2") as b:
        assert stop.longest in (first, b)
        b.begin()
        first.begin()
        assert stop.longest is b
        b.turn_to("http://b/2")
        assert stop.longest is first
        async with stop.waiting("http://b/robots.txt") as rules:
            first.turn_to("http://c/1")
            rules.begin()
            assert stop.longest is rules
        assert first.is_out, "a drain lets it finish"
    assert stop.longest is None


async def test_after_a_redirect_a_request_waits_for_its_turn_again():
    stop = Stop()
    async with stop.waiting("http://a/1") as wait:
        assert stop.waits_for_turn
        wait.begin()
        assert not stop.waits_for_turn
        wait.turn_to("http://b/2")
        assert stop.waits_for_turn


async def test_a_crawl_can_be_asked_to_end_while_it_is_about_to():
    stop = Stop()

    def ask_once_more() -> None:
        stop.ask(Ended.CANCELLED)

    async def asked_twice() -> None:
        async with stop.waiting():
            stop.ask(Ended.DRAINED)
            asyncio.get_running_loop().call_soon(ask_once_more)
            await asyncio.Event().wait()

    with pytest.raises(Interrupted):
        await asked_twice()
    assert stop.ended is Ended.CANCELLED


async def test_a_page_that_is_read_waits_for_no_answer():
    is_reading, done = asyncio.Event(), asyncio.Event()

    async def read(raw, _within):
        is_reading.set()
        await done.wait()
        return reading.read(raw)

    async with (
        Site({HOST: {"/": Page("<p>")}}) as site,
        open_web(settings_of(site), SystemClock(), read=read) as web,
    ):
        scene = Scene(web)
        crawl = asyncio.create_task(scene.run())
        await is_reading.wait()
        assert scene.stop.longest is not None
        assert scene.stop.longest.is_answered
        done.set()
        await crawl
