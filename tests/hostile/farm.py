"""Sites that mean harm, by their host name: `python -m tests.hostile.farm`, a process of its own.

In the order of the attacks: bodies without an end, drips, broken answers, compression, redirects,
endless spaces, slow pages, charsets, cookies, headers, robots.txt, sitemaps, types.
"""

import asyncio
import gzip
import re
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count

import brotli

from skybatch.extract.body import zstd
from tests.site import Asked, Drip, Endless, Page, Paths, Raw, Redirect, Silence, Site

MIB = 1024 * 1024
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
_NUMBERS = count()


@cache
def bomb(megabytes: int = 64) -> bytes:
    """Zeros, a little at a time: only the compressed form is ever whole."""
    compressor = zlib.compressobj(9, wbits=31)
    pieces = [compressor.compress(bytes(MIB)) for _ in range(megabytes)]
    return b"".join([*pieces, compressor.flush()])


@dataclass(frozen=True)
class Flood:
    """A beginning, and then the same piece again and again until the client leaves."""

    head: bytes
    piece: bytes

    async def send(self, writer: asyncio.StreamWriter) -> bool:
        writer.write(self.head)
        while True:
            writer.write(self.piece)
            await writer.drain()


def coded(coding: str, body: bytes) -> Page:
    return Page(body, headers={"Content-Encoding": coding})


def page(*targets: str, text: str = "") -> Page:
    anchors = "".join(f'<a href="{target}">go</a>' for target in targets)
    return Page(f"<!doctype html><title>A page</title><body>{text}{anchors}</body>")


def session(asked: Asked) -> Page:
    """The same three pages under a session id that is new each time."""
    number = next(_NUMBERS)
    return page(
        *(f"/{name};jsessionid={number:032x}?sid={number}" for name in "abc"),
        text=asked.path.partition(";")[0],
    )


def calendar(asked: Asked) -> Page:
    day = int((re.findall(r"d=(\d+)", asked.path) or ["0"])[0])
    return page(f"/cal?d={day + 1}", f"/cal?d={day + 2}&view=week", f"/cal?d={day + 1}&view=day")


def facets(asked: Asked) -> Page:
    path = asked.path + ("&" if "?" in asked.path else "?")
    return page(*(f"{path}{name}={value}" for name in "abc" for value in range(5)))


def loops(asked: Asked) -> Page:
    path = asked.path.rstrip("/")
    return page(f"{path}/a/b/", f"{path}/c/../a/b/")


def hop(asked: Asked) -> Redirect:
    return Redirect(f"/{int(asked.path.strip('/') or 0) + 1}")


_DIVS = b"<div>" * 200_000
_TEMPLATES = b"<template>" * 100_000
_ATTRIBUTES = b"<a " + b" ".join(b"a%d=1" % n for n in range(50_000)) + b">x</a>"
_LINKS = b"".join(b"<a href=/l%d>x</a>" % n for n in range(200_000))
# Passes the sieve, and would cost far more than a page is given, were all of it read.
_QUADRATIC = (b"<div>" * 2_900 + b"</div>" * 2_900) * 300
_ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_XML_BOMB = (
    f'<!DOCTYPE u [<!ENTITY l0 "lol">{_ENTITIES}]><urlset><url><loc>/&l9;</loc></url></urlset>'
)
_XXE = (
    '<!DOCTYPE u [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    "<urlset><url><loc>/&f;</loc></url></urlset>"
)


def hosts() -> Mapping[str, Paths]:
    """Every site: host -> path -> answer."""
    sites: dict[str, Paths] = {
        "endless-body": {"/": Endless()},
        "endless-line": {"/": Flood(_OK + b"\r\n", b"a" * 65_536)},
        "drip": {"/": Drip(0.3)},
        "silent": {"/": Silence()},
        "half-head": {"/": Silence(b"HTTP/1.1 200 OK\r\nContent-Ty")},
        "half-body": {"/": Raw(_OK + b"Content-Length: 1000\r\n\r\n<p>only this")},
        "not-http": {"/": Raw(b"SSH-2.0-OpenSSH_9.6\r\n")},
        "closed": {"/": Raw()},
        "gzip-bomb": {"/": coded("gzip", bomb())},
        "gzip-in-gzip": {"/": coded("gzip, gzip", gzip.compress(bomb()))},
        "many-members": {"/": coded("gzip", gzip.compress(b"<p>") * 20_000)},
        "br-bomb": {"/": coded("br", brotli.compress(bytes(64 * MIB), quality=5))},
        "zstd-bomb": {"/": coded("zstd", zstd.compress(bytes(64 * MIB)))},
        "redirect-loop": {"/": Redirect("/a"), "/a": Redirect("/")},
        "hundred-hops": {"*": hop, "/": Redirect("/1")},
        "to-ftp": {"/": Redirect("ftp://to-ftp.example/")},
        "to-script": {"/": Redirect("javascript:alert(1)")},
        "to-file": {"/": Redirect("file:///etc/passwd")},
        "off-site": {"/": Redirect("http://elsewhere.example/x")},
        "calendar": {"*": calendar},
        "facets": {"*": facets},
        "loops": {"*": loops},
        "sessions": {"*": session},
        "deep": {"/": Page(_DIVS)},
        "templates": {"/": Page(_TEMPLATES)},
        "attributes": {"/": Page(_ATTRIBUTES)},
        "quadratic": {"/": Page(_QUADRATIC)},
        "many-links": {"/": Page(_LINKS), "*": page()},
        "long-title": {"/": Page("<title>" + "x" * 5_000_000)},
        "lists": {"/": Page("<ul><li>" * 50_000)},
        "elements": {"/": Page("<p>" * 1_500_000)},
        "redos": {
            "/": page("/b", "/c", text="a" * 60_000 + "a." * 20_000 + "@" * 20_000),
            "/b": page(text="1 " * 100_000 + "+49 " * 20_000),
            "/c": Page("<title>" * 10_000 + "&#" * 100_000),
        },
        "punycode": {"/": Page("a-" * 75_000, content_type="text/html; charset=punycode")},
        "utf-7": {"/": Page("+ADw-p+AD4-", content_type="text/html; charset=utf-7")},
        "long-charset": {"/": Page("<p>x", content_type="text/html; charset=" + "x" * 5_000)},
        "half-utf-16": {"/": Page(b"\xff\xfe<\0p\0>\0x", content_type="text/html")},
        "cookies": {"/": Page("<p>x", headers={f"Set-Cookie{' ' * n}": "a=b" for n in range(1)})},
        "long-header": {"/": Raw(_OK + b"X: " + b"x" * MIB + b"\r\n\r\n<p>")},
        "many-headers": {
            "/": Raw(_OK + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n<p>")
        },
        "endless-headers": {"/": Flood(_OK, b"X-A: " + b"y" * 500 + b"\r\n")},
        "hundreds": {"/": Flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100)},
        "robots-10mb": {"/robots.txt": Page(b"# x\n" * 2_500_000), "/": page("/a"), "/a": page()},
        "robots-endless": {"/robots.txt": Endless(b"Disallow: /x\n" * 500), "/": page()},
        "robots-loop": {"/robots.txt": Redirect("/robots.txt?"), "/": page()},
        "robots-binary": {"/robots.txt": Page(bytes(range(256)) * 200), "/": page()},
        "robots-5xx": {"/robots.txt": Page(status=503), "/": page()},
        "robots-slow": {
            "/robots.txt": Page(
                "User-agent: *\n" + "Disallow: /" + "*a" * 900 + "$\n" * 20, content_type=None
            ),
            "/": page("/" + "a" * 1_900, "/b"),
            "*": page(),
        },
        "sitemap-bomb": {"/sitemap.xml": coded("gzip", bomb()), "/": page()},
        "sitemap-entities": {"/sitemap.xml": Page(_XML_BOMB), "/": page()},
        "sitemap-file": {"/sitemap.xml": Page(_XXE), "/": page()},
        "sitemap-endless": {"/sitemap.xml": Endless(b"<url><loc>/a</loc></url>"), "/": page()},
        "sitemap-of-itself": {
            "*": lambda asked: Page(
                f"<sitemapindex>"
                f"<sitemap><loc>{asked.path}x</loc></sitemap>"
                f"<sitemap><loc>{asked.path}y</loc></sitemap></sitemapindex>"
            ),
            "/": page(),
        },
        "video": {"/": Flood(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n", bytes(65_536))},
        "pdf": {"/": Page(b"%PDF-1.7", content_type="application/pdf")},
        "image-as-html": {"/": Page(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 500)},
        "no-type": {"/": Page(b"\x89PNG\r\n\x1a\n", content_type=None)},
        "healthy": {"/": page(*(f"/{n}" for n in range(12))), "*": page()},
    }
    return {f"{name}.example": paths for name, paths in sites.items()}


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Serve until the end of standard input; the first line of the output has port and hosts."""
    async with Site(sites := hosts()) as site:
        tell(site.port, *sites)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while name := (await reader.readline()).decode().strip():
            asked = [each for each in site.log if each.host == name]
            tell(len(asked), *(each.path[:200] for each in asked))


if __name__ == "__main__":
    asyncio.run(main())
