"""Any bytes are a page: wild input, hostile input, and the way through the store."""

import gzip
import hashlib
import json
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skybatch.extract import links
from skybatch.extract.document import parse
from skybatch.extract.reading import read
from skybatch.extract.source import source_of
from skybatch.model.facts import PageFacts, RawPage
from tests.extract.pages import facts, jsonld, raw, reading

PIECES = st.sampled_from(
    [
        *("<a href='", "'>", "</a>", "<title>", "<h1>", "<svg>", "<base href=", "<meta name=", ">"),
        *("<link rel=canonical href=", "<script type='application/ld+json'>", "</script>", "<!--"),
        *('{"@type":"Organization","name":', '"', "}", "[", "]", ",", "mailto:", "tel:", "@", "."),
        *(
            "info@acme.de",
            "+49 30 901820",
            "Tel",
            "Fax ",
            "😀",
        ),
        *(
            "[at]",
            "<i itemscope itemprop=name>",
            "<i data-cfemail=",
            "<template>",
            "<frameset>",
            "\0",
        ),
        *(
            "content=",
            "property=og:title ",
            "http-equiv=refresh ",
            "0;url=",
            "%ff",
            "&#0;",
            "\\ud800",
        ),
    ]
)
HTMLISH = st.lists(PIECES | st.text(max_size=8), max_size=60).map("".join)


def stays_the_same(found: PageFacts) -> bool:
    return msgspec.json.decode(msgspec.json.encode(found), type=PageFacts) == found


@settings(deadline=None)  # other work may have the processor
@given(
    body=st.binary(max_size=500),
    content_type=st.none() | st.text(max_size=40),
    coding=st.none() | st.sampled_from(["gzip", "deflate", "br", "gzip, deflate"]) | st.text(),
    cap=st.integers(0, 600),
)
def test_no_bytes_make_reading_fail(body, content_type, coding, cap):
    result = read(raw(body, content_type=content_type, content_encoding=coding, max_bytes=cap))
    assert result.size <= cap
    assert stays_the_same(result.facts)


@settings(deadline=None)
@given(body=st.binary(max_size=200))
def test_no_damage_behind_a_gzip_header_makes_reading_fail(body):
    read(raw(gzip.compress(b"x")[:10] + body, content_encoding="gzip"))


@settings(deadline=None)
@given(html=HTMLISH)
def test_no_markup_makes_reading_fail(html):
    result = reading(html)
    assert stays_the_same(result.facts)
    urls = [link.url for link in result.links]
    assert all(url.startswith(("http://", "https://")) for url in urls)
    assert len(set(urls)) == len(urls)


@settings(deadline=None)
@given(text=st.text(max_size=300), url=st.text(max_size=30), language=st.text(max_size=20))
def test_no_text_makes_reading_fail(text, url, language):
    body = text.encode("utf-8", "surrogatepass")
    assert stays_the_same(read(raw(body, url=url, language=language)).facts)


@settings(deadline=None)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
        max_leaves=20,
    )
)
def test_any_json_ld_survives_its_way_through_the_store(value):
    # The json module writes what msgspec refuses: NaN, lone surrogates, large numbers.
    text = json.dumps({"@type": "Organization", "name": value, "email": value, "logo": value})
    assert stays_the_same(facts(jsonld(text.replace("<", "\\u003c"))))


N = 60_000
HOSTILE = {
    "letters": "a" * N,
    "labels": "a.a.a." * (N // 6),
    "digits": "1" * N,
    "digits and spaces": "1 " * N,
    "at signs": "@" * 100_000,
    "addresses": "a@a.de " * 20_000,
    "local parts": "a" * N + "@" + "a." * N,
    "prefixes": "+" * N,
    "labels of numbers": "tel " * N,
    "numbers": "tel +49 30 901820 " * 10_000,
    "disguises": "a [at] b [dot] " * 10_000,
    "brackets": " ( " * N,
    "titles": "<title>" * 10_000,
    "closed titles": "<title>x</title>" * 10_000,
    "titles in drawings": "<svg>" + "<title>x</title>" * 10_000,
    "headings": "<h1></h1>" * 20_000,
    "links": "".join(f"<a href=/{n}>x</a>" for n in range(50_000)),
    "links to dial": "".join(f"<a href=tel:+4930{n:06}></a>" for n in range(30_000)),
    "icons": "<link rel=icon sizes=1x1 href=a>" * 30_000,
    "logos": "<header>" + "<img class=logo src=data:,>" * 30_000,
    "items": "<i itemscope itemprop=name>x</i>" * 30_000,
    "nested items": "<i itemscope itemprop=name>" * 900,
    "nested items of many names": "<i itemscope itemprop='a b c d'>" * 50,
    "nested tables": "<table><tr><td>" * 500,
    "metas": "<meta name=generator content=x>" * 30_000,
    "comments": "<!-- wordpress -->" * 50_000,
    "scripts": "<script>gtm.js</script>" * 40_000,
    "open json": jsonld("[" * N),
    "commas": jsonld("{" + ", " * N),
    "json blocks": jsonld('{"email":"a@b.de"}') * 10_000,
    "a long address": f'<a href="/{"a" * 1_000_000}">x</a>',
    "queries": f'<a href="//facebook.com/profile.php?{"a&" * 200}">x</a>' * 2_000,
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_input_costs_little_more_than_its_parsing(html):
    started = time.process_time()
    parse(source_of(html), "https://acme.de/")
    parsing = time.process_time() - started
    started = time.process_time()
    read(raw(html.encode()))
    assert time.process_time() - started < parsing + 0.5  # a tenth of it on an idle machine


def test_a_reading_tells_size_and_digest_of_what_was_read():
    body = b"<title>x</title>" + b" " * 100
    result = read(raw(gzip.compress(body), content_encoding="gzip", max_bytes=50))
    assert result.size == 50
    assert result.sha256 == hashlib.sha256(body[:50]).hexdigest()
    assert result.truncated
    assert result.facts.title == "x"


def test_reading_is_a_function_of_the_page_alone():
    page = raw(b"<title>x</title><a href=/a>info@acme.de</a>")
    assert read(page) == read(page)


def test_a_whole_company_page_is_read():
    page = """<!doctype html><html lang="de"><head><title>Acme GmbH</title>
      <meta name="description" content="Wir bauen Dinge."><link rel="icon" href="/favicon.svg">
      <meta name="generator" content="WordPress 6.8"></head>
      <body><header><img class="logo" src="/logo.png"></header><h1>Willkommen</h1>
      <p>Tel. 030 901820, Fax 030 901821, <a href="mailto:info@acme.de">info@acme.de</a></p>
      <a href="/kontakt">Kontakt</a> <a href="https://www.facebook.com/acme/">Facebook</a>"""
    found = facts(page)
    assert found.title == "Acme GmbH"
    assert found.description == "Wir bauen Dinge."
    assert found.language == "de"
    assert found.h1 == "Willkommen"
    assert [email.value for email in found.emails] == ["info@acme.de"]
    assert [phone.value for phone in found.phones] == ["+4930901820"]
    assert [fax.value for fax in found.faxes] == ["+4930901821"]
    assert [link.url for link in found.social_links] == ["https://www.facebook.com/acme"]
    assert [item.name for item in found.technologies] == ["WordPress"]
    assert found.favicon_url == "https://www.acme.de/favicon.svg"
    assert found.logo_url == "https://www.acme.de/logo.png"
    assert (found.links_internal, found.links_external) == (1, 1)
    assert stays_the_same(found)


def test_a_raw_page_can_be_sent_to_another_process():
    page = raw(b"\xff\x00<p>")
    sent = msgspec.msgpack.encode(page)
    assert msgspec.msgpack.decode(sent, type=RawPage) == page


def test_memory_that_ends_within_the_parser_is_told_as_that(monkeypatch):
    """What it calls back cannot raise MemoryError: Python says SystemError, with the cause."""
    cause: list[Exception | None] = [MemoryError(), None]

    def selector(_):
        raise SystemError("find returned a result with an exception set") from cause.pop(0)

    monkeypatch.setattr(links, "find", selector)
    with pytest.raises(MemoryError):
        reading("<p>x")
    with pytest.raises(SystemError):  # of anything else it is a bug
        reading("<p>x")
