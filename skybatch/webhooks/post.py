"""One message to one URL: directly, without redirects, and to no address that is not public."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import aiohttp
from yarl import URL

from skybatch.crawl.client import open_session
from skybatch.crawl.connection import going_out
from skybatch.crawl.failure import ERRORS, Phase, failure
from skybatch.crawl.guard import BLOCKED, Guard
from skybatch.crawl.headers import retry_after_s
from skybatch.crawl.resolver import Resolver
from skybatch.crawl.scope import is_address
from skybatch.crawl.settings import FetchSettings
from skybatch.crawl.url import parts_of
from skybatch.model.clock import Clock
from skybatch.model.reason import Reason

_GONE = 410  # the receiver wants no more of this


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an attempt."""

    status: int | None = None  # of the answer; `None` = there was none
    detail: str | None = None  # why the message was not taken; `None` = it was
    retry_after_s: float | None = None
    is_final: bool = False  # there is no use in another attempt


class Post:
    """Sends messages. Open it with `open_post`."""

    def __init__(
        self, session: aiohttp.ClientSession, guard: Guard, settings: FetchSettings, clock: Clock
    ) -> None:
        self._session = session
        self._guard = guard
        self._settings = settings
        self._clock = clock

    async def __call__(self, url: str, headers: Mapping[str, str], body: str) -> Taken:
        """Send a message, and say whether it was taken."""
        parts = parts_of(url)
        if is_address(parts.host) and not self._guard.may_dial(parts.host):
            return Taken(detail=f"{Reason.BLOCKED_ADDRESS}: {BLOCKED}", is_final=True)
        going_out.set(lambda: None)
        try:
            async with self._session.post(
                URL(url, encoded=True),
                data=body.encode(),
                headers={**headers, "Content-Type": "application/json", "Accept": "*/*"},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self._settings.request_timeout_s),
            ) as answer:
                return self._judge(answer)
        except ERRORS as error:
            is_tls = url.startswith("https:")
            failed = failure(error, Phase.HEADERS, self._settings, is_tls=is_tls)
            is_final = failed.reason is Reason.BLOCKED_ADDRESS
            return Taken(detail=f"{failed.reason}: {failed.detail}", is_final=is_final)

    def _judge(self, answer: aiohttp.ClientResponse) -> Taken:
        if 200 <= answer.status < 300:
            return Taken(answer.status)
        return Taken(
            answer.status,
            f"it answered {answer.status}",
            retry_after_s(answer.headers, self._clock.now()),
            is_final=answer.status == _GONE,
        )


@asynccontextmanager
async def open_post(
    fetching: FetchSettings,
    clock: Clock,
    *,
    allow_networks: tuple[str, ...],
    timeout_s: float,
) -> AsyncIterator[Post]:
    """A post with the settings of the crawl, but with networks of its own that may be dialled."""
    settings = replace(
        fetching,
        allow_networks=allow_networks,
        request_timeout_s=timeout_s,
        proxy=None,
    )
    guard = Guard(allow_networks)
    resolver = Resolver(guard, clock, connect_to={}, servers=settings.dns_servers)
    try:
        async with open_session(settings, resolver, guard) as session:
            yield Post(session, guard, settings, clock)
    finally:
        await resolver.close()
