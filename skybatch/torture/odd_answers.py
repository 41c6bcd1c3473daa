"""Sites that answer with what parsers trip over: as start page, inner page, robots.txt, sitemap."""

import gzip
import zlib
from collections.abc import Mapping
from functools import partial

from skybatch.model.reason import Reason
from skybatch.model.state import SkipReason
from skybatch.torture import innocent, view
from skybatch.torture.clients import Load
from skybatch.torture.stage import WORKERS, Stage

_END_S = 60.0
_ONE_ATTEMPT: Mapping[str, object] = {"max_attempts": 1}
_POOL_S = 1.0  # until every place of the pool is free again
_REASONS, _SKIPS = frozenset(map(str, Reason)), frozenset(map(str, SkipReason))
_PAGE = b"<title>A page</title><p>Some text</p>"
# By the first part of a host's label; the rest of it names the answer. `inner` links to them all.
_PLACES = {"start": "/", "robots": "/robots.txt", "sitemap": "/sitemap.xml"}


def _answer(*headers: str | bytes, body: bytes = _PAGE, status: str = "200 OK") -> bytes:
    """An answer as bytes; a type is added unless the headers give one."""
    lines = [line if isinstance(line, bytes) else line.encode("latin-1") for line in headers]
    if not any(line.lower().startswith(b"content-type") for line in lines):
        lines.append(b"Content-Type: text/html")
    return b"\r\n".join([f"HTTP/1.1 {status}".encode(), *lines, b"", body])


def _zipped(body: bytes, encoding: str = "gzip") -> bytes:
    return _answer(f"Content-Encoding: {encoding}", body=body)


def _charset(name: str | bytes, body: bytes = _PAGE) -> bytes:
    told = name if isinstance(name, bytes) else name.encode("latin-1")
    return _answer(b"Content-Type: text/html; charset=" + told, body=body)


def _chunked(body: bytes) -> bytes:
    return _answer("Transfer-Encoding: chunked", body=body)


def _moved(to: str | bytes | None) -> bytes:
    told = to.encode("latin-1") if isinstance(to, str) else to
    return _answer(*([] if told is None else [b"Location: " + told]), status="302 Found")


ANSWERS: Mapping[str, bytes] = {
    "nothing": b"",
    "no-http": b"what do you want?\r\n\r\n",
    "status-word": b"HTTP/1.1 fine\r\n\r\n",
    "status-999": _answer(status="999 Odd"),
    "status-0": _answer(status="000 Null"),
    "version": b"HTTP/9.9 200 OK\r\nContent-Type: text/html\r\n\r\n" + _PAGE,
    "shoutcast": b"ICY 200 OK\r\nContent-Type: text/html\r\n\r\n" + _PAGE,
    "continued": b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + _answer(),
    "switched": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" + _PAGE,
    "no-content": _answer(status="204 No Content", body=b""),
    "not-modified": _answer(status="304 Not Modified", body=b""),
    "empty": _answer("Content-Length: 0", body=b""),
    "blank": _answer(body=b" \n\t\xef\xbb\xbf"),
    "gzip-text": _zipped(_PAGE),
    "gzip-cut": _zipped(gzip.compress(_PAGE * 99)[:-20]),
    "gzip-damaged": _zipped(gzip.compress(_PAGE * 99)[:40] + b"\xff" * 200),
    "gzip-tail": _zipped(gzip.compress(_PAGE) + b"tail"),
    "gzip-empty": _zipped(b""),
    "gzip-bomb": _zipped(gzip.compress(b" " * 30_000_000)),
    "gzip-twice": _zipped(gzip.compress(gzip.compress(_PAGE)), "gzip, gzip"),
    "deflate-cut": _zipped(zlib.compress(_PAGE * 99)[:-9], "deflate"),
    "encoding-none": _zipped(_PAGE, "nonsense"),
    "length-long": _answer("Content-Length: 9999"),
    "length-short": _answer("Content-Length: 7"),
    "length-minus": _answer("Content-Length: -7"),
    "length-word": _answer("Content-Length: many"),
    "length-two": _answer("Content-Length: 5", "Content-Length: 9"),
    "length-digits": _answer("Content-Length: " + "9" * 5_000),
    "charset-none": _charset("klingon"),
    "charset-zlib": _charset("zlib"),
    "charset-undefined": _charset("undefined"),
    "charset-punycode": _charset("punycode", b"a-" * 5_000),
    "charset-utf16": _charset("utf-16", b"\xff\xfe<\x00t\x00\xd8"),
    "charset-utf7": _charset("utf-7", b"+AGE-+ADw-" * 9),
    "charset-quote": _charset('"'),
    "charset-bytes": _charset(b"\xff\x00\xfe"),
    "charset-long": _charset("x" * 7_000),
    "type-none": b"HTTP/1.1 200 OK\r\n\r\n" + _PAGE,
    "type-odd": _answer("Content-Type: ;;/=;,text/html;=;"),
    "type-two": _answer("Content-Type: text/html", "Content-Type: image/png"),
    "nul": _answer(body=b"\x00<title>a\x00b</title><a href='/\x00x'>\x00</a>" * 9),
    "bytes": _answer(body=bytes(range(256)) * 40),
    "surrogates": _answer(body=b"<title>\xed\xa0\x80 &#xd800; &#0; &#x110000;</title>" * 9),
    "header-64k": _answer("X-Long: " + "x" * 65_536),
    "header-many": _answer(*(f"X-{number}: {number}" for number in range(2_000))),
    "header-bytes": _answer(b"X-\xff\xfe: \x01\x02"),
    "header-folded": _answer("X-Folded: a\r\n b"),
    "header-no-colon": _answer("Content-Type text/html"),
    "header-cut": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "chunk-word": _chunked(b"xyz\r\n" + _PAGE),
    "chunk-minus": _chunked(b"-5\r\n" + _PAGE),
    "chunk-huge": _chunked(b"f" * 40 + b"\r\n" + _PAGE),
    "chunk-cut": _chunked(b"ff\r\n" + _PAGE),
    "chunk-endless": _chunked(b"5\r\n<a>bc\r\n"),
    "chunk-and-length": _answer("Transfer-Encoding: chunked", "Content-Length: 3", body=_PAGE),
    "moved-nowhere": _moved(None),
    "moved-empty": _moved(""),
    "moved-bare": _moved("http://"),
    "moved-slashes": _moved("///"),
    "moved-bracket": _moved("http://[::1"),
    "moved-port": _moved("http://a.example:99999/"),
    "moved-percent": _moved("http://%zz%00/"),
    "moved-script": _moved("javascript:alert(1)"),
    "moved-bytes": _moved(b"/\xff\xfe\x80"),
    "moved-off": _moved("http://nowhere.invalid/"),
    "moved-here": _moved("?"),
    "json": _answer(body=b'{"a": [' * 5_000),
    "json-ld": _answer(body=b'<script type="application/ld+json">' + b'{"@graph":[' * 5_000),
    "binary": _answer(body=b"\x7fELF\x02\x01\x01\x00" * 500),
    "brackets": _answer(body=b"<" * 50_000),
    "nested": _answer(body=b"<div>" * 5_000),
    "attributes": _answer(body=b"<a " + b"".join(b"x%d=1 " % n for n in range(20_000))),
    "links": _answer(
        body=b'<base href="http://["><meta http-equiv=refresh content="0;url=//[">'
        b'<a href="http://[::"><a href="//"><a href="http://a:b"><a href="mailto:"><a href="tel:+">'
        b'<a href="http://xn--a.xn--/"><a href="\xff\xfe"><a href="/%"><a href="?%ff=%zz">'
    ),
    "meta": _answer(body=b'<meta charset="zlib"><meta http-equiv=content-type content="text/html;'),
}

_INNER = "".join(f'<a href="/{name}">{name}</a>' for name in ANSWERS).encode()
_NOT_FOUND = _answer(status="404 Not Found")


def answer(host: str, path: str) -> bytes | None:
    """What a site of `visit` sends; `None` for ordinary sites, and where it is an ordinary one."""
    label = host.partition(".")[0]
    if label == "inner":
        return ANSWERS.get(path[1:], _NOT_FOUND) if path != "/" else _answer(body=_INNER)
    place, _, name = label.partition("--")
    return ANSWERS[name] if path == _PLACES.get(place) else None


def is_odd(domain: str) -> bool:
    """Whether a domain is of a site of `visit`."""
    return domain.startswith("inner.") or "--" in domain.partition(".")[0]


def visit(stage: Stage) -> None:
    """Every answer in every place, beside ordinary sites; then the pool is whole again."""
    inner = Load(("inner",), max_pages=len(ANSWERS) + 1, options=_ONE_ATTEMPT)
    sites = tuple(f"{place}--{name}" for place in _PLACES for name in ANSWERS)
    options = {**_ONE_ATTEMPT, "use_sitemaps": True}
    outer = Load(sites, max_pages=2, max_concurrent_jobs=WORKERS, options=options)
    for batch_id in [stage.submit("odd", load) for load in (inner, outer)]:
        ended = partial(view.has_ended, stage.child, batch_id)
        stage.until(ended, _END_S, "the batches of odd sites end")


def check(stage: Stage) -> None:
    """No ordinary site has suffered, each odd one has its reason, and every worker is free."""
    innocent.check(stage, is_odd)
    for batch_id in stage.acknowledged():
        found = [job for job in view.jobs(stage.child, batch_id) if is_odd(job.domain)]
        for job in found:
            _check_reason(stage, job.domain, job.status, job.reason, _REASONS)
        for page in view.pages(stage.child, batch_id) if found else ():
            known = _SKIPS if page.outcome == "skipped" else _REASONS
            _check_reason(stage, page.url, page.outcome, page.reason, known)

    def is_whole() -> bool:
        pool = view.health(stage.child).pool
        return (pool.workers, pool.busy) == (WORKERS, 0)

    stage.until(is_whole, _POOL_S, f"all {WORKERS} workers are free")


def _check_reason(
    stage: Stage, what: str, state: str, reason: str | None, known: frozenset[str]
) -> None:
    is_good = state in ("complete", "fetched", "queued")
    if reason == Reason.INTERNAL or (not is_good and reason not in known):
        stage.complain(f"{what} is {state}, and the reason is {reason}")
    elif reason in _REASONS:
        stage.note(f"odd answers told as {reason}")
