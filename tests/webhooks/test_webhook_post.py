"""One message to one URL, over real HTTP: what counts as taken, and where nothing is sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from skybatch.crawl.settings import FetchSettings
from skybatch.model.clock import SystemClock
from skybatch.webhooks.post import Post, Taken, open_post
from tests.site import Answer, Page, Raw, Redirect, Silence, Site

LOOPBACK = ("127.0.0.0/8",)


@asynccontextmanager
async def posting(
    *networks: str, timeout_s: float = 5.0, settings: FetchSettings | None = None
) -> AsyncIterator[Post]:
    fetching = settings or FetchSettings(user_agent="skybatch-test")
    async with open_post(
        fetching, SystemClock(), allow_networks=networks, timeout_s=timeout_s
    ) as post:
        yield post


async def sent(answer: Answer, *, timeout_s: float = 5.0) -> tuple[Taken, list[str]]:
    """What becomes of a message to a receiver that answers so, and the paths that were asked."""
    async with Site({"*": {"/hook": answer, "*": Page()}}) as site:
        async with posting(*LOOPBACK, timeout_s=timeout_s) as post:
            taken = await post(f"http://127.0.0.1:{site.port}/hook", {"webhook-id": "1"}, "{}")
        return taken, [asked.path for asked in site.log]


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_any_2xx_takes_it(status: int) -> None:
    taken, _ = await sent(Page(status=status))
    assert (taken.status, taken.detail) == (status, None)


async def test_a_redirect_is_not_followed() -> None:
    taken, paths = await sent(Redirect("/elsewhere", status=307))
    assert (taken.status, taken.detail, taken.is_final) == (307, "it answered 307", False)
    assert paths == ["/hook"]


async def test_gone_ends_it_and_busy_is_heeded() -> None:
    gone, _ = await sent(Page(status=410))
    assert gone.is_final
    busy, _ = await sent(Page(status=503, headers={"Retry-After": "120"}))
    assert (busy.retry_after_s, busy.is_final) == (120.0, False)


@pytest.mark.parametrize(
    ("answer", "reason"), [(Silence(), "timeout"), (Raw(b"no HTTP"), "protocol_error")]
)
async def test_what_is_no_answer_is_told_with_its_reason(answer: Answer, reason: str) -> None:
    taken, _ = await sent(answer, timeout_s=0.3)
    assert taken.status is None
    assert taken.detail is not None
    assert taken.detail.startswith(f"{reason}: ")
    assert not taken.is_final


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_an_address_that_is_not_public_is_not_dialled(host: str) -> None:
    """Neither by its number nor by a name, whatever the crawl may dial."""
    async with Site({"*": {"*": Page()}}) as site:
        crawl = FetchSettings(
            user_agent="x", allow_networks=LOOPBACK, connect_to={"*:80": f"127.0.0.1:{site.port}"}
        )
        async with posting(settings=crawl) as post:
            taken = await post(f"http://{host}:{site.port}/hook", {}, "{}")
        assert taken.is_final
        assert taken.detail is not None
        assert taken.detail.startswith("blocked_address: ")
        assert site.connections == 0
