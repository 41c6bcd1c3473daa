"""A small client of the API: requests out, bytes and messages in."""

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
import msgspec

import skybatch
from skybatch.cli.access import Access, find_access
from skybatch.cli.exits import CommandError, Exit
from skybatch.cli.view import BatchView, ListView, ProblemView
from skybatch.model.ids import is_uuid

PREFIX = "/api/v3/batch_page_scraper"
CHUNK = 64 * 1024
_CODES = {
    400: Exit.USAGE,
    403: Exit.AUTH,
    404: Exit.NOT_FOUND,
    413: Exit.USAGE,
    422: Exit.USAGE,
}
_TYPES = frozenset({"application/json", "application/x-ndjson", "text/csv"})
_SET = (
    "set SKYBATCH_TOKEN to the daemon's token "
    "(its auth.token, or the file `token` in its data directory)"
)
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=120)

Body = bytes | AsyncIterator[bytes]
Words = Mapping[str, str]
_View = TypeVar("_View")


class NoDaemon(CommandError):
    """Something answers, and it is no daemon of ours."""

    def __init__(self, url: str, how: str) -> None:
        message = f"what answers at {url} is not a skybatch daemon ({how})"
        super().__init__(message, Exit.UNREACHABLE)


class Unreachable(CommandError):
    """No daemon answers."""

    def __init__(self, url: str, why: object) -> None:
        start = "start one with: skybatch serve"
        super().__init__(f"no daemon answers at {url} ({why})\n{start}", Exit.UNREACHABLE)


class Broken(Unreachable):
    """A daemon was there, and the connection broke before its answer was whole."""

    def __init__(self, url: str, why: object) -> None:
        message = f"the answer of {url} broke off ({why}); the daemon's log says why"
        CommandError.__init__(self, message, Exit.UNREACHABLE)


class Refused(CommandError):
    """The daemon says no; every fault stands on a line of its own."""

    def __init__(self, problem: ProblemView, exit_code: Exit) -> None:
        faults = [f"  {fault.detail}" for fault in problem.errors]
        lines = [problem.title, *faults] if faults else [problem.detail or problem.title]
        super().__init__("\n".join(lines), exit_code)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Answer:
    """What the daemon said."""

    url: str  # of the daemon
    status: int
    body: bytes
    etag: str

    def read(self, shape: type[_View]) -> _View:
        """The body as a shape of `view`. Raises NoDaemon when it is another."""
        try:
            return msgspec.json.decode(self.body, type=shape)
        except msgspec.MsgspecError as error:
            raise NoDaemon(self.url, "its JSON has another shape") from error


class Client:
    """Talks to one daemon. Whatever it refuses is a CommandError that names all faults."""

    def __init__(self, session: aiohttp.ClientSession, access: Access) -> None:
        self._session = session
        self._access = access

    async def get(self, path: str, query: Words | None = None, *, etag: str = "") -> Answer:
        """The answer to a GET; status 304 when it is still the one of the `etag`."""
        headers = {"If-None-Match": etag} if etag else {}
        async with self._ask("GET", path, query=query, headers=headers) as response:
            return await self._answer(response)

    async def post(
        self,
        path: str,
        query: Words | None = None,
        *,
        body: Body = b"",
        content_type: str = "",
        key: str = "",
    ) -> Answer:
        """The answer to a POST; an iterator is sent as it comes. With a `key` it may be sent again:
        the daemon does it once."""
        headers = {"Content-Type": content_type} if content_type else {}
        if key:
            headers["Idempotency-Key"] = key
        async with self._ask("POST", path, query=query, headers=headers, body=body) as response:
            return await self._answer(response)

    async def stream(self, path: str, query: Words) -> AsyncIterator[bytes]:
        """The body of a GET, piece by piece as it comes."""
        async with self._ask("GET", path, query=query, headers={}) as response:
            async for piece in response.content.iter_chunked(CHUNK):
                yield piece

    async def find_batch(self, text: str | None) -> str:
        """The id of a batch: the newest without a text, else the one whose id begins so."""
        if text is None:
            newest = [batch.batch_id for batch in (await self._slice({"limit": "1"})).items]
            return _only(newest, "there is no batch yet")
        if not text.strip():
            raise CommandError("the id of a batch is empty", Exit.USAGE)
        if is_uuid(text.lower()):
            return text.lower()
        found = [
            batch.batch_id
            async for batch in self.batches()
            if batch.batch_id.startswith(text.lower())
        ]
        return _only(found, f"there is no batch whose id begins with {text!r}")

    async def batches(self) -> AsyncIterator[BatchView]:
        """All batches, newest first."""
        query = {"limit": "1000"}
        while True:
            slice_ = await self._slice(query)
            for batch in slice_.items:
                yield batch
            if slice_.next_cursor is None:
                return
            query["cursor"] = slice_.next_cursor

    async def _slice(self, query: Words) -> ListView:
        return (await self.get("/batch", query)).read(ListView)

    @asynccontextmanager
    async def _ask(
        self, method: str, path: str, *, query: Words | None, headers: Words, body: Body = b""
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        url = self._access.url
        with _told(url):
            async with self._session.request(
                method,
                url + PREFIX + path,
                params=query,
                headers=headers,
                data=body or None,
                allow_redirects=False,  # the token goes nowhere else
            ) as response:
                if response.status not in (200, 202, 304):
                    raise self._refusal(response.status, await response.read())
                if response.status != 304 and response.content_type not in _TYPES:
                    raise NoDaemon(url, f"it answers with {response.content_type}")
                yield response

    async def _answer(self, response: aiohttp.ClientResponse) -> Answer:
        etag = response.headers.get("ETag", "")
        return Answer(self._access.url, response.status, await response.read(), etag)

    def _refusal(self, status: int, body: bytes) -> CommandError:
        url, token = self._access.url, self._access.token
        try:
            problem = msgspec.json.decode(body, type=ProblemView)
        except msgspec.MsgspecError:
            return NoDaemon(url, f"it answers {status}")
        if status == 401:
            known = f"the daemon at {url} does not know this token (from {token.source}); "
            return CommandError((known if token.text else "no token was found: ") + _SET, Exit.AUTH)
        return Refused(problem, _CODES.get(status, Exit.ERROR))


@asynccontextmanager
async def connect(access: Access | None = None) -> AsyncIterator[Client]:
    """A client of the daemon that environment and configuration name."""
    access = access or find_access()
    headers = {"User-Agent": f"skybatch/{skybatch.__version__}"}
    if access.token.text:
        headers["Authorization"] = f"Bearer {access.token.text}"
    # No proxies from the environment: the token is for the daemon only.
    async with aiohttp.ClientSession(
        headers=headers, timeout=_TIMEOUT, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield Client(session, access)


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Failures of the network as messages."""
    try:
        yield
    except aiohttp.ClientConnectorError as error:
        os_error = error.os_error
        why = os.strerror(error.errno) if error.errno else os_error.strerror or os_error
        raise Unreachable(url, why) from error
    except aiohttp.InvalidURL as error:
        raise CommandError(f"{url} is no URL of a daemon", Exit.USAGE) from error
    except TimeoutError as error:
        raise Unreachable(url, "it does not answer in time") from error
    except aiohttp.ClientError as error:
        raise Broken(url, error) from error


def _only(found: list[str], otherwise: str) -> str:
    if len(found) == 1:
        return found[0]
    if not found:
        raise CommandError(otherwise, Exit.NOT_FOUND)
    shown = "\n".join(f"  {name}" for name in found[:10])
    raise CommandError(f"more than one batch has an id that begins so:\n{shown}", Exit.USAGE)
