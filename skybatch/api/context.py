"""What every request handler needs, handed to the application once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aiohttp import web

from skybatch.bus import Bus
from skybatch.model.clock import Clock
from skybatch.model.explanation import Live
from skybatch.model.finding import Finding
from skybatch.model.options import Options
from skybatch.model.selfcheck import SelfCheck
from skybatch.model.vitals import Health, HostState, StorePart, System
from skybatch.store.database import Store

PREFIX = "/api/v3/batch_page_scraper"


class Authenticator(Protocol):
    """Tells who a bearer token belongs to."""

    def owner_of(self, token: bytes) -> str | None:
        """The id of the token, `None` when it is not valid. Must take the same time either way."""


class Links(Protocol):
    """Links that sign somebody in once."""

    def exchange(self, code: str) -> str | None:
        """The token for a code; `None` when it is used up, too old, or none of ours."""


class Vitals(Protocol):
    """What the daemon knows of itself."""

    def health(self, store: StorePart) -> Health:
        """How everything is, the store being so."""

    def system(self, sqlite: str) -> System:
        """The daemon from inside."""

    def hosts(self) -> Sequence[HostState]:
        """Hosts that are asked; those in trouble first."""


class Metrics(Protocol):
    """What the daemon counts of itself."""

    @property
    def content_type(self) -> str:
        """Of the text."""

    async def text(self) -> bytes:
        """All values of this moment, as Prometheus reads them."""


class Control(Protocol):
    """What the API may do to the daemon as a whole."""

    async def pause(self) -> None: ...

    async def resume(self) -> None: ...

    async def look(self) -> tuple[Finding, ...]:
        """What the monitor would find now."""

    async def round(self) -> tuple[Finding, ...]:
        """A round of the monitor."""

    async def check(self) -> SelfCheck:
        """The daemon tries itself."""


LONGEST_WAIT = 60.0  # seconds of a long poll


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes and times that a request must keep."""

    json_bytes: int = 8 * 1024 * 1024
    silence_seconds: float = 15.0  # without a byte of a body
    stream_domains: int = 2_000_000
    wait_seconds: float = LONGEST_WAIT
    streams: int = 100  # of events that are open at once
    streams_each: int = 50  # likewise, with one token
    beat_seconds: float = 15.0  # a stream without events shows that it lives
    linger_seconds: float = 2.0  # the stream of a batch outlives it, should somebody retry it
    stall_seconds: float = 20.0  # a client that takes nothing for so long is dropped


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of the daemon that the API talks to."""

    store: Store
    bus: Bus
    auth: Authenticator
    links: Links
    vitals: Vitals
    metrics: Metrics
    control: Control
    data_dir: Path
    wake: Callable[[], None]  # there may be something to claim
    wake_deliverer: Callable[[], None]  # there may be a message to send
    defaults: Options
    default_concurrency: int
    clock: Clock
    limits: Limits
    answered: Callable[[str, str, int, float], None]  # route, method, status, seconds
    custom_fields: tuple[str, ...] = ()  # names of the user's own fields
    live: Callable[[str], Live] = lambda _batch_id: Live()  # what goes on in a batch right now
    under_way: set[tuple[str, str]] = field(default_factory=set)  # owner and key; see `api.once`


CONTEXT = web.AppKey("context", Context)
OWNER = web.RequestKey("owner", str)
REQUEST_ID = web.RequestKey("request_id", str)
STARTED = web.RequestKey("started", web.StreamResponse)  # the answer whose head has been sent


def context_of(request: web.Request) -> Context:
    """The context of the application that a request came to."""
    return request.app[CONTEXT]
