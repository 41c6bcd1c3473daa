"""Many small sites on one port of the loopback, with a log of their own of who asked for what."""

import socket
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self, TypeAlias

_Request: TypeAlias = socket.socket | tuple[bytes, socket.socket]
_HOST = "127.0.0.1"
_APART = frozenset({"/robots.txt", "/sitemap.xml"})  # asked for once in every attempt
_REMEMBERED = 10_000  # requests; more than there can be in a fifth of a second

Page: TypeAlias = tuple[str, str]  # host, path


@dataclass(slots=True)
class _Asked:
    """One request; times of `time.monotonic`."""

    page: Page
    began: float
    answered: float | None = None  # `None`: under way


def _no_odd_answer(_host: str, _path: str) -> bytes | None:
    return None


class Origin:
    """Every name is a site of `pages` pages, each of which links to the next two.

    A name `a.group` belongs to the site group `group`: what is asked of a group at a time is
    counted too. Answers take `latency_s`, more than 0, which may be changed at any time. `odd`
    gives what is sent as it is to a host and path, outside of the log; `None` = answer as usual.
    """

    def __init__(
        self,
        *,
        pages: int,
        latency_s: float = 0.01,
        odd: Callable[[str, str], bytes | None] = _no_odd_answer,
    ) -> None:
        self.pages = pages
        self.latency_s = latency_s
        self.odd = odd
        self.asked: Counter[Page] = Counter()  # without robots.txt and sitemaps
        self.most_per_host: Counter[str] = Counter()  # requests at a time
        self.most_per_group: Counter[str] = Counter()  # hosts at a time
        self._lock = threading.Lock()
        self._in_flight: Counter[str] = Counter()
        self._last: deque[_Asked] = deque(maxlen=_REMEMBERED)
        self._refusing = socket.socket()
        self._refusing.bind((_HOST, 0))  # without listen(): the kernel answers with a reset
        self._server = _Server((_HOST, 0), self)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._refusing.close()

    @property
    def connect_to(self) -> str:
        """The configuration that leads every name here; HTTPS is refused."""
        plain, refusing = self._server.server_port, self._refusing.getsockname()[1]
        return f'connect_to = {{"*:80" = "{_HOST}:{plain}", "*:443" = "{_HOST}:{refusing}"}}'

    def in_flight(self) -> int:
        """Requests that are being answered."""
        with self._lock:
            return self._in_flight.total()

    def under_way_since(self, at: float) -> set[Page]:
        """Pages whose request was not answered yet at a time of `time.monotonic`, or came later."""
        with self._lock:
            requests = (ask for ask in self._last if ask.answered is None or ask.answered >= at)
            return {ask.page for ask in requests}

    def has_begun_since(self, at: float) -> bool:
        """Whether a request has come since a time of `time.monotonic`."""
        with self._lock:
            return bool(self._last) and self._last[-1].began >= at

    def repeats(self) -> Counter[Page]:
        """How often each page was asked for again."""
        with self._lock:
            return Counter({page: times - 1 for page, times in self.asked.items() if times > 1})

    def pages_of_hosts(self) -> Counter[str]:
        """How many different pages each host was asked for."""
        with self._lock:
            return Counter(host for host, _ in self.asked)

    @contextmanager
    def answering(self, host: str, path: str) -> Iterator[None]:
        """Note a request while it is answered."""
        group = host.partition(".")[2]
        ask = _Asked((host, path), time.monotonic())
        with self._lock:
            self._last.append(ask)
            self.asked[ask.page] += 1
            self._in_flight[host] += 1
            hosts = sum(name.endswith(f".{group}") for name in self._in_flight)
            self.most_per_host[host] = max(self.most_per_host[host], self._in_flight[host])
            self.most_per_group[group] = max(self.most_per_group[group], hosts)
        try:
            yield
        finally:
            with self._lock:
                ask.answered = time.monotonic()
                self._in_flight[host] -= 1
                self._in_flight += Counter()  # drops hosts at zero

    def page(self, host: str, path: str) -> str | None:
        """The page of a path, which names its host; `None` when there is none."""
        name = path.strip("/") or "0"
        if not name.isdecimal() or int(name) >= self.pages:
            return None
        number = int(name)
        following = (n for n in (2 * number + 1, 2 * number + 2) if n < self.pages)
        links = "".join(f'<a href="/{n}">Page {n}</a>' for n in following)
        return f"<title>Page {number}</title><p>Page {number} of {host}</p>{links}"


class _Server(ThreadingHTTPServer):
    """One thread per request; a client that is killed is nothing to report."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], origin: Origin) -> None:
        self.origin = origin
        super().__init__(address, _Handler)

    def handle_error(self, request: _Request, client_address: object) -> None:
        """Tell of everything but a connection that broke: the daemon was killed, or gave up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer, and close the connection: at rest the daemon then holds none."""
        host = self.headers.get("Host", "").partition(":")[0]
        odd = self.server.origin.odd(host, self.path)
        if odd is not None:
            self.wfile.write(odd)
            return
        if self.path in _APART:
            self._send(404, "")
            return
        with self.server.origin.answering(host, self.path):
            self._take_time()
        page = self.server.origin.page(host, self.path)
        self._send(404 if page is None else 200, page or "")

    def _take_time(self) -> None:
        """Wait as long as the answer takes, but not for a client that has been killed."""
        self.connection.settimeout(self.server.origin.latency_s)
        with suppress(TimeoutError):
            if not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionResetError
        self.connection.settimeout(None)

    def _send(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the base class
        """Say nothing: the origin keeps the log."""
