"""Domains that the operator has put on the list are never contacted, whatever leads there."""

from skybatch.model.outcome import Ended
from skybatch.model.reason import Reason
from tests.crawl.scene import HOST, Scene, links, web_of
from tests.site import Page, Redirect, Site


async def test_a_listed_domain_is_not_contacted() -> None:
    async with Site({HOST: {"/": Page("x")}}) as site, web_of(site, never=(HOST,)) as web:
        report = await Scene(web).run()
        assert (report.ended, report.reason) == (Ended.NO_START, Reason.BLOCKED_ADDRESS)
        assert site.log == []


async def test_a_listed_domain_covers_its_subdomains_and_no_other_name() -> None:
    parent = HOST.partition(".")[2]
    hosts = {HOST: {"/": Page(links())}}
    async with Site(hosts) as site, web_of(site, never=(parent,)) as web:
        assert (await Scene(web).run()).reason is Reason.BLOCKED_ADDRESS
    async with Site(hosts) as site, web_of(site, never=("x" + HOST,)) as web:
        assert (await Scene(web).run()).ended is Ended.DRY


async def test_a_redirect_to_a_listed_domain_is_not_followed() -> None:
    hosts = {HOST: {"/": Page(links("/a")), "/a": Redirect(f"http://www.{HOST}/b")}}
    async with Site(hosts) as site, web_of(site, never=(f"www.{HOST}",)) as web:
        scene = Scene(web)
        await scene.run()
        assert all(asked.host == HOST for asked in site.log)
