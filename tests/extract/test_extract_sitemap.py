"""Sitemaps of every kind, and those that are none."""

import gzip
import time

import pytest

from skybatch.extract.reading import read
from tests.extract.pages import raw

NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
A, B = "https://www.acme.de/a", "https://www.acme.de/b"


def sitemap(body: bytes | str, **changes):
    body = body.encode() if isinstance(body, str) else body
    return read(raw(body, is_sitemap=True, **changes))


def urls(body: bytes | str, **changes) -> list[str]:
    return [link.url for link in sitemap(body, **changes).links]


def entry(url: str) -> str:
    return f"<url><loc>{url}</loc><lastmod>2026-01-01</lastmod></url>"


URLSET = f"<?xml version='1.0' encoding='UTF-8'?><urlset {NS}>{entry(A)}{entry(B)}</urlset>"


@pytest.mark.parametrize(
    "body",
    [
        URLSET,
        "\ufeff" + URLSET,
        "\n\n" + URLSET.partition("?>")[2],
        URLSET.replace(NS, ""),
        URLSET.replace("sitemap/0.9", "sitemap/0.84").replace("http:", "https:"),
        f"<urlset>{entry('  /a ')}{entry(B)}",  # not closed
        f"<urlset>{entry(A)}{entry(B)}<url><loc>/c</oops>",
        f"<urlset>{entry(f'<![CDATA[{A}]]>')}{entry(B)}</urlset>",
        f"{A}\n{B}\n",
        f"\ufeff{A}\r\n\r\n  {B}  \r\nno url\r\nftp://x.example/\r\n",
        f"<rss><channel><link>https://www.acme.de/</link><item><link>{A}</link></item>"
        f"<item><title>x</title><link>{B}</link></item></channel></rss>",
        f"<feed xmlns='http://www.w3.org/2005/Atom'><link href='/'/><entry><link href='{A}'/>"
        f"<link rel='edit' href='/edit'/></entry><entry><link rel='alternate' href='{B}'/></entry>"
        "</feed>",
        f"<urlset {NS} xmlns:xhtml='http://www.w3.org/1999/xhtml'><url><loc>{A}</loc>"
        f"<xhtml:link rel='alternate' hreflang='en' href='{B}'/></url></urlset>",
        f"<urlset {NS} xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'>"
        f"<url><loc>{A}</loc><image:image><image:loc>/i.png</image:loc></image:image></url>"
        f"{entry(B)}</urlset>",
    ],
)
def test_a_sitemap_leads_to_its_pages(body):
    assert urls(body) == [A, B]


def test_an_index_leads_to_further_sitemaps():
    body = f"<sitemapindex {NS}><sitemap><loc>/s1.xml</loc></sitemap></sitemapindex>"
    reading = sitemap(body)
    assert (reading.links, reading.maps) == ((), ("https://www.acme.de/s1.xml",))


def test_entities_are_those_of_xml():
    assert urls("<urlset><url><loc>/x?a=1&amp;b=2</loc></url></urlset>") == [
        "https://www.acme.de/x?a=1&b=2"
    ]


def test_pages_that_matter_have_a_score():
    body = "<urlset><url><loc>/kontakt/</loc></url><url><loc>/shop</loc></url></urlset>"
    assert [link.score for link in sitemap(body).links] == [90, 0]


def test_a_compressed_sitemap_is_read():
    assert urls(gzip.compress(URLSET.encode()), content_encoding="gzip") == [A, B]


@pytest.mark.parametrize(
    "body", ["", "<", "<html><body><a href=/x>x</a></body></html>", "\0\0", "{}"]
)
def test_what_is_no_sitemap_leads_nowhere(body):
    reading = sitemap(body)
    assert (reading.links, reading.maps) == ((), ())


def test_no_file_of_ours_is_read_and_no_entity_grows():
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE u [<!ENTITY l0 "lol">{lol}]><urlset><url><loc>/&l9;</loc></url></urlset>'
    file = (
        '<!DOCTYPE u [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        "<urlset><url><loc>/&f;</loc></url></urlset>"
    )
    began = time.process_time()
    assert urls(bomb) == []
    assert urls(file) in ([], ["https://www.acme.de/"])
    assert time.process_time() - began < 1.0


def test_a_sitemap_ends_at_fifty_thousand_pages():
    body = "<urlset>" + "".join(entry(f"/p{n}") for n in range(50_010)) + "</urlset>"
    assert len(urls(body, max_bytes=50_000_000)) == 50_000


def test_a_sitemap_that_was_cut_leads_as_far_as_it_goes():
    body = "<urlset>" + "".join(entry(f"/p{n}") for n in range(1_000)) + "</urlset>"
    reading = sitemap(body, max_bytes=20_000)
    assert reading.truncated
    assert 200 < len(reading.links) < 1_000
