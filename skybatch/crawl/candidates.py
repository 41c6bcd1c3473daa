"""Where the start page of a domain may be: the candidates in order, until one answers."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from skybatch.crawl.fetcher import FetchError
from skybatch.crawl.scope import is_address
from skybatch.crawl.url import bracketed, parse
from skybatch.model.reason import Reached, Reason
from skybatch.model.target import Target

_WITHOUT_ADDRESS = frozenset({Reason.NXDOMAIN, Reason.NO_ADDRESS})

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Start(Generic[Answer]):
    """The candidate that answered, and its answer."""

    url: str
    answer: Answer


class NoStart(Exception):
    """No candidate gave a start page; this one got furthest."""

    def __init__(self, url: str, error: FetchError) -> None:
        super().__init__(f"{url}: {error.detail}")
        self.url = url
        self.error = error


async def find_start(target: Target, ask: Callable[[str], Awaitable[Answer]]) -> Start[Answer]:
    """Ask one candidate after the other; raises NoStart.

    A candidate whose DNS, connect or TLS fails makes room for the next one. Any answer over HTTP
    is final, good or bad.
    """
    best: NoStart | None = None
    for urls in _candidates(target):
        has_address = False
        for url in urls:
            try:
                return Start(url, await ask(url))
            except FetchError as error:
                if best is None or error.reached > best.error.reached:
                    # With its traceback it would hold this frame, which holds it, and the crawl.
                    best = NoStart(url, error.with_traceback(None))
                if error.reached >= Reached.HTTP:
                    raise best from error
                has_address = has_address or error.reason not in _WITHOUT_ADDRESS
        if has_address:
            break
    if best is None:
        raise ValueError(f"{target} has no URL")
    raise best from best.error


def _candidates(target: Target) -> Iterator[list[str]]:
    """The URLs of the host as written; after them those of its `www.` twin."""
    yield _urls(target, target.host)
    if not target.host.startswith("www.") and not is_address(target.host):
        yield _urls(target, "www." + target.host)


def _urls(target: Target, host: str) -> list[str]:
    schemes = ("https", "http") if target.scheme is None else (target.scheme,)
    port = "" if target.port is None else f":{target.port}"
    texts = (f"{scheme}://{bracketed(host)}{port}{target.path}" for scheme in schemes)
    return [url for url in map(parse, texts) if url is not None]
