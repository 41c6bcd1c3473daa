"""Large bodies share a few places."""

import asyncio

from skybatch.crawl import room
from skybatch.crawl.fetcher import Request
from skybatch.crawl.room import LARGE, Room
from tests.crawl.scene import HOST, Scene, links, web_of
from tests.site import Page, Site
from tests.until import until


async def test_a_large_body_waits_until_there_is_room_and_a_small_one_does_not() -> None:
    large, small = Page("x" * 2 * LARGE), Page("x" * 1_000)
    async with Site({"*": {"/large": large, "/small": small}}) as site, web_of(site) as web:
        released = asyncio.Event()
        asking = asyncio.create_task(
            web.fetcher.get(Request("http://a.test/large", room=released.wait, max_bytes=10**7))
        )
        await until(lambda: site.log)
        answer = await web.fetcher.get(Request("http://b.test/small", room=released.wait))
        assert len(answer.body or b"") == 1_000
        assert not asking.done()
        released.set()
        assert len((await asking).body or b"") == 2 * LARGE


async def test_a_share_is_given_back_however_it_ends() -> None:
    places = Room()
    for _ in range(3 * room._PLACES):
        async with places.share() as share:
            await share.take()
            await share.take()
    held = [places.share() for _ in range(room._PLACES)]
    for share in [await each.__aenter__() for each in held]:
        await share.take()
    async with places.share() as share:
        waiting = asyncio.create_task(share.take())
        await asyncio.sleep(0)
        assert not waiting.done()
        await held[0].__aexit__(None, None, None)
        await waiting
    for each in held[1:]:
        await each.__aexit__(None, None, None)


async def test_a_crawl_gives_its_room_back_after_each_page() -> None:
    big = Page(links("/a", "/b") + "x" * 2 * LARGE)
    async with Site({HOST: {"*": big}}) as site, web_of(site) as web:
        await Scene(web, max_pages=3).run()
        assert web.room._places._free._value == room._PLACES


async def test_who_drips_gives_his_place_to_those_who_wait(monkeypatch) -> None:
    """Thirty-six sites that dripped kept a healthy one out for a minute, and it was called slow."""
    monkeypatch.setattr(room, "_STAY_S", 0.0)
    places = Room()
    async with places.share() as share:
        assert await share.take()
        assert await share.take(), "nobody waits"
        others = [places.share() for _ in range(room._PLACES)]
        tasks = [asyncio.create_task((await other.__aenter__()).take()) for other in others]
        await until(lambda: places._places.waiting == 1)
        assert not await share.take()
    await asyncio.gather(*tasks)
    for other in others:
        await other.__aexit__(None, None, None)


async def test_what_may_not_go_on_is_kept_as_far_as_it_came() -> None:
    async def no_more() -> bool:
        return False

    async with Site({"*": {"*": Page("x" * 20 * LARGE)}}) as site, web_of(site) as web:
        request = Request("http://a.test/", room=no_more, max_bytes=10**8)
        answer = await web.fetcher.get(request)
    assert answer.was_cut
    assert LARGE < len(answer.body or b"") < 20 * LARGE


async def test_waiting_for_room_is_not_held_against_the_server() -> None:
    pauses = iter([1.5])  # longer than the request may take

    async def room_later() -> bool:
        await asyncio.sleep(next(pauses, 0))
        return True

    async with (
        Site({"*": {"*": Page("x" * 2 * LARGE)}}) as site,
        web_of(site, request_timeout_s=0.5, read_timeout_s=9.0) as web,
    ):
        request = Request("http://a.test/", room=room_later, max_bytes=10**7)
        answer = await web.fetcher.get(request)
    assert len(answer.body or b"") == 2 * LARGE
    assert answer.elapsed_s < 1.0
