"""Which bodies are pages."""

import gzip

import pytest

from skybatch.crawl.content import essence, looks_like_page, may_be_page
from skybatch.model.facts import RawPage


def raw(body: bytes, encoding: str | None = None) -> RawPage:
    return RawPage(
        "http://a.test/",
        body,
        None,
        encoding,
        None,
        was_cut=False,
        max_bytes=1_000,
        default_region="",
    )


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/html", True),
        ("Text/HTML; charset=latin1", True),
        ("application/xhtml+xml", True),
        (None, True),
        ("", True),
        ("nonsense", True),
        ("text/plain", False),
        ("application/pdf", False),
        ("application/xml", False),
        ("image/png", False),
    ],
)
def test_html_and_what_may_be_html_is_read(content_type: str | None, *, expected: bool) -> None:
    assert may_be_page(content_type) is expected


def test_the_essence_of_a_type_is_without_its_parameters() -> None:
    assert essence(" Text/HTML ;charset=x") == "text/html"
    assert essence("html") is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<!DOCTYPE html><p>x", True),
        (b"\xef\xbb\xbf\n <html>", True),
        (b"<!-- hello --><p>", True),
        (b"<a href=x>", True),
        (b"<article>", False),
        (b"plain words", False),
        (b"%PDF-1.7", False),
        (b"\x89PNG\r\n", False),
        (b"", False),
    ],
)
def test_a_body_without_a_type_is_known_by_its_first_bytes(body: bytes, *, expected: bool) -> None:
    assert looks_like_page(raw(body)) is expected


def test_first_bytes_are_those_after_decompression() -> None:
    assert looks_like_page(raw(gzip.compress(b"<html>" + b"x" * 10_000), "gzip"))
