"""Who gets in, what every answer carries, and what becomes of requests that are no HTTP."""

import asyncio
import re

import pytest
from structlog.testing import capture_logs

from skybatch.api.context import PREFIX
from skybatch.intake import table
from skybatch.store import staging
from tests.api.conftest import NOTHING, TOKEN, Api
from tests.until import until

OPEN = ["/livez", "/readyz", "/readyz?verbose"]


@pytest.mark.parametrize("path", OPEN)
async def test_liveness_and_readiness_need_no_token(api: Api, path):
    assert (await api.get(path, prefix="", token="")).status == 200


async def test_readiness_tells_its_findings_when_asked(api: Api):
    assert (await api.get("/readyz?verbose=0", prefix="", token="")).body == b"ok\n"
    assert b"store: ok" in (await api.get("/readyz?verbose", prefix="")).body


async def test_health_tells_of_store_and_daemon(api: Api):
    body = (await api.get("/health")).json
    assert body["status"] == "ok"
    assert body["store"]["ok"]
    assert body["pool"]["workers"] == 200


BAD_HEADERS = {
    "none": [],
    "empty": [b""],
    "scheme only": [b"Bearer"],
    "scheme and space": [b"Bearer "],
    "no scheme": [TOKEN.encode()],
    "basic": [b"Basic " + TOKEN.encode()],
    "token scheme": [b"Token " + TOKEN.encode()],
    "wrong": [b"Bearer scraper_sky_2025"],
    "prefix": [b"Bearer " + TOKEN[:-1].encode()],
    "longer": [b"Bearer " + TOKEN.encode() + b"x"],
    "other case": [b"Bearer " + TOKEN.upper().encode()],
    "two tokens": [b"Bearer " + TOKEN.encode() + b" x"],
    "comma": [b"Bearer " + TOKEN.encode() + b", Bearer x"],
    "no space": [b"Bearer" + TOKEN.encode()],
    "quoted": [b'Bearer "' + TOKEN.encode() + b'"'],
    "0xff": [b"Bearer \xff\xfe"],
    "good and 0xff": [b"Bearer " + TOKEN.encode() + b"\xff"],
    "umlaut": ["Bearer schlüssel".encode()],
    "latin umlaut": ["Bearer schlüssel".encode("latin-1")],
    "5,000 characters": [b"Bearer " + b"x" * 5_000],
    "good one twice": [b"Bearer " + TOKEN.encode()] * 2,
    "good and bad": [b"Bearer " + TOKEN.encode(), b"Bearer x"],
    "bad and good": [b"Bearer x", b"Bearer " + TOKEN.encode()],
    "unknown id": [b"Bearer skb_abcdefgh_" + b"x" * 43],
}


@pytest.mark.parametrize("values", BAD_HEADERS.values(), ids=BAD_HEADERS)
@pytest.mark.parametrize("path", [f"{PREFIX}/batch", f"{PREFIX}/batch?token={TOKEN}", "/nowhere"])
async def test_without_exactly_one_valid_token_nobody_gets_in(api: Api, path, values):
    headers = b"".join(b"Authorization: " + value + b"\r\n" for value in values)
    answer = await raw(
        api, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n"
    )
    assert status_of(answer) == 401
    assert b"\r\nWWW-Authenticate: Bearer" in answer
    assert b"application/problem+json" in answer


async def test_a_submission_without_a_token_stores_nothing(api: Api):
    answer = await api.post("/batch", {"domains": ["a.com"]}, token="")
    assert answer.status == 401
    assert await api.stored() == NOTHING


EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/livez", 200),
        ("GET", f"{PREFIX}/batch", 200),
        ("GET", f"{PREFIX}/batch?x=1", 422),
        ("GET", f"{PREFIX}/status/x", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/static/..%2f..%2fetc/passwd", 404),
        ("DELETE", f"{PREFIX}/batch", 405),
        ("PUT", f"{PREFIX}/scan", 405),
        ("TRACE", f"{PREFIX}/batch", 405),
        ("OPTIONS", f"{PREFIX}/batch", 405),
        ("POST", f"{PREFIX}/batch", 415),
    ],
)
async def test_every_answer_carries_the_security_headers(api: Api, method, path, status):
    answer = await api.request(method, path, prefix="")
    assert answer.status == status
    for name, value in EVERYWHERE.items():
        assert answer.headers[name] == value
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search("aiohttp|python", answer.headers.get("Server", ""), re.IGNORECASE)
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    if status >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["request_id"] == answer.headers["X-Request-Id"]


async def test_a_wrong_method_is_answered_with_the_right_ones(api: Api):
    answer = await api.request("DELETE", "/batch")
    assert set(re.split(r",\s*", answer.headers["Allow"])) == {"GET", "HEAD", "POST"}


async def test_a_bug_is_a_500_with_an_id_and_the_log_has_the_traceback(api: Api):
    api.vitals.is_broken = True
    with capture_logs() as lines:
        answer = await api.get("/health")
    assert answer.status == 500
    assert answer.json["type"].endswith(":internal")
    assert b"vitals" not in answer.body
    (line,) = lines
    assert line["request_id"] == answer.json["request_id"]
    assert line["exc_info"]


START = f"POST {PREFIX}/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
PLAIN = START + b"Content-Type: text/plain\r\n"


async def raw(api: Api, request: bytes, *, then_close: bool = False) -> bytes:
    """What comes back for these bytes, up to the end of the connection or a whole answer."""
    host, _, port = api.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        if then_close:
            writer.write_eof()
        async with asyncio.timeout(10):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"\r\nContent-Length: (\d+)", head)
            return head + (await reader.readexactly(int(length[1])) if length else b"")
    finally:
        writer.close()
        await writer.wait_closed()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


BROKEN = {
    "no HTTP": b"hello\r\n\r\n",
    "HTTP/9.9": b"GET /livez HTTP/9.9\r\nHost: x\r\n\r\n",
    "two lengths": PLAIN + b"Content-Length: 6\r\nContent-Length: 7\r\n\r\na.com\n",
    "length and chunks": PLAIN
    + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": PLAIN + b"Content-Length: -6\r\n\r\na.com\n",
    "signed length": PLAIN + b"Content-Length: +6\r\n\r\na.com\n",
    "length in words": PLAIN + b"Content-Length: six\r\n\r\na.com\n",
    "space before the colon": PLAIN + b"Content-Length : 6\r\n\r\na.com\n",
    "folded header": PLAIN + b"X: a\r\n b\r\n\r\n",
    "NUL in a header": PLAIN + b"X: a\0b\r\n\r\n",
    "broken chunk": PLAIN + b"Transfer-Encoding: chunked\r\n\r\nzz\r\na.com\n\r\n0\r\n\r\n",
    "100 kB header": START + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
    "100 kB token": b"GET /x HTTP/1.1\r\nAuthorization: Bearer " + b"x" * 100_000 + b"\r\n\r\n",
    "100 kB path": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("request_", BROKEN.values(), ids=BROKEN)
async def test_what_breaks_the_rules_of_http_is_a_4xx_and_stores_nothing(api: Api, request_):
    answer = await raw(api, request_)
    assert status_of(answer) in (400, 401, 505)
    await until_nothing(api)


async def test_an_upload_that_is_cut_off_leaves_nothing(api: Api, monkeypatch):
    monkeypatch.setattr(table, "SLICE_ROWS", 1_000)
    host, _, port = api.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    lines = b"".join(b"d%d.example\n" % number for number in range(4_000))
    writer.write(PLAIN + b"Content-Length: 1000000\r\n\r\n" + lines)
    await until(lambda: api.rows("jobs"))  # the first slice is staged
    writer.close()
    await writer.wait_closed()
    await until_nothing(api)
    assert (await api.get("/batch")).json["items"] == []


async def until_nothing(api: Api) -> None:
    async def is_empty() -> bool:
        await api.store.write(staging.discard)
        return await api.stored() == NOTHING

    await until(is_empty)
