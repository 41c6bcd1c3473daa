"""Long lists over HTTP, as a client sends and reads them: in pieces, and never whole in memory."""

import http.client
import json
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from tests.e2e.process import PREFIX, TOKEN, DaemonProcess

PIECE = 2_000  # lines
READ = 1 << 18
TIMEOUT_S = 900.0
_HEADERS = {"Authorization": f"Bearer {TOKEN}"}
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def names(count: int) -> Iterator[bytes]:
    """A table of so many domains that nobody has sorted: a list in order is easier on indexes."""
    lines = ["domain\n"]
    for number in range(count):
        # An odd factor makes each number of 32 bits another one, and leaves no order.
        lines.append(f"{_text(number * 2_654_435_761 % 2**32)}-company.example\n")
        if len(lines) >= PIECE:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join(lines).encode()


def _text(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits += _DIGITS[digit]
    return digits or "0"


def send(daemon: DaemonProcess, path: str, body: Iterable[bytes]) -> dict:
    """Submit a table; what the daemon answered once it has it."""
    connection = _connected(daemon)
    headers = {**_HEADERS, "Content-Type": "text/csv"}
    connection.request("POST", PREFIX + path, body, headers, encode_chunked=True)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status != 202:
        raise SystemExit(f"the list was not taken: {text!r}")
    return json.loads(text)


def read(daemon: DaemonProcess, path: str) -> tuple[int, int, str]:
    """Lines and bytes of an answer, and its last line."""
    connection = _connected(daemon)
    connection.request("GET", PREFIX + path, headers=_HEADERS)
    answer = connection.getresponse()
    lines = size = 0
    end = b""
    while piece := answer.read(READ):
        lines += piece.count(b"\n")
        size += len(piece)
        end = (end + piece)[-READ:]
    connection.close()
    return lines, size, end.rstrip(b"\n").rpartition(b"\n")[2].decode()


def _connected(daemon: DaemonProcess) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(daemon.url).netloc, timeout=TIMEOUT_S)
