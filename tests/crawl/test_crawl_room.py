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
        assert web.room._places._value == room._PLACES
