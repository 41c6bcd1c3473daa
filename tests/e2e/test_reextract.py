"""Bodies that are kept, and read again by the extractors of another day, without a request."""

import asyncio

from tests.site import Page, Site
from tests.until import until

PAGE = "<title>One</title><body data-rooms=12>info@one.example<a href=/a>a</a>"
LEAF = Page("<p>sales@one.example", headers={"Content-Language": "de"})
FIELD = '[[extract.field]]\nname = "rooms"\nselector = "body"\nattribute = "data-rooms"\n'


async def test_kept_bodies_are_read_again_without_a_request(daemon_before):
    async with Site({"one.example": {"/": Page(PAGE), "/a": LEAF}}) as site:
        process = await asyncio.to_thread(daemon_before, site)

        def crawl() -> tuple[str, dict]:
            batch_id = process.submit(
                ["one.example", "gone.invalid"], max_pages=5, options={"store_html": True}
            )
            process.wait(batch_id)
            return batch_id, process.results(batch_id)[0]

        batch_id, before = await asyncio.to_thread(crawl)
        asked = len(site.log)

        def ask_again():
            process.stop()
            process.config.write_text(f"{process.config.read_text()}\n{FIELD}")
            process.start()
            return process.post(f"/batch/{batch_id}/reextract")

        answer = await asyncio.to_thread(ask_again)

        async def is_done() -> bool:
            return not (await asyncio.to_thread(process.status, batch_id))["reextracting"]

        await until(is_done)
        after, failed = await asyncio.to_thread(process.results, batch_id)
        pages = await asyncio.to_thread(process.results, batch_id, "&level=page")
        assert len(site.log) == asked
    assert (answer.status, answer.json["bodies"]) == (202, 2)
    assert before["custom"] == {}
    assert after["custom"] == {"rooms": ["12"]}
    assert {**after, "custom": {}} == before
    assert [page["custom"] for page in pages if page["outcome"] == "fetched"] == [
        {"rooms": ["12"]},
        {},
    ]
    assert failed["reason"] == "nxdomain"


async def test_a_batch_without_bodies_says_how_to_keep_them(daemon_before):
    async with Site({"one.example": {"/": Page(PAGE)}}) as site:
        process = await asyncio.to_thread(daemon_before, site)

        def play():
            batch_id = process.submit(["one.example"], max_pages=1)
            process.wait(batch_id)
            return process.post(f"/batch/{batch_id}/reextract")

        answer = await asyncio.to_thread(play)
    assert answer.status == 409
    assert "store_html" in answer.json["detail"]
