"""What a URL is to us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.crawl.url import Parts, identity, is_file, parse, split
from skybatch.model.target import bare

# URL in WHATWG form -> its identity.
SAME = [
    ("http://a.test/", "http://a.test/"),
    ("http://a.test/#top", "http://a.test/"),
    ("http://a.test/?q=1#top", "http://a.test/?q=1"),
    ("http://a.test/p?utm_source=x", "http://a.test/p"),
    ("http://a.test/p?UTM_Source=x&q=1", "http://a.test/p?q=1"),
    ("http://a.test/p?q=1&gclid=2&r=3", "http://a.test/p?q=1&r=3"),
    ("http://a.test/p?fbclid=2", "http://a.test/p"),
    ("http://a.test/p?PHPSESSID=abc&q=1", "http://a.test/p?q=1"),
    ("http://a.test/p?sid=abc", "http://a.test/p"),
    ("http://a.test/p?ASPSESSIONIDQQ=abc", "http://a.test/p"),
    ("http://a.test/p;jsessionid=AB12", "http://a.test/p"),
    ("http://a.test/p;JSESSIONID=AB12?q=1", "http://a.test/p?q=1"),
    ("http://a.test/p;jsessionid=1/next", "http://a.test/p/next"),
    ("http://a.test/a/..;jsessionid=1/b", "http://a.test/b"),
    ("http://me:secret@a.test/p", "http://a.test/p"),
]
# These say which page it is.
KEPT = [
    "http://a.test/?",
    "http://a.test/p?q=1&q=1",
    "http://a.test/p?b=2&a=1",
    "http://a.test/p?Q=1",
    "http://a.test/p?id=5&page=2",
    "http://a.test/p?side=1&resid=2",
    "http://a.test/p;v=2",
    "http://a.test/P",
    "http://a.test/p/",
    "http://a.test//p",
    "https://a.test/p%20q?x=%C3%BC",
    "http://[::1]:8080/p",
    "http://a.test/@someone",
]


@pytest.mark.parametrize(("url", "expected"), SAME)
def test_what_does_not_name_the_page_is_left_out(url: str, expected: str) -> None:
    assert identity(url) == expected


@pytest.mark.parametrize("url", KEPT)
def test_what_may_name_the_page_is_kept(url: str) -> None:
    assert identity(url) == url


PIECES = st.sampled_from(
    [*"/?&=#;.:@%a", "..", "utm_x=1", "sid=2", ";jsessionid=3", ";sid=", "jsess", "%2e", "gclid"]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_an_identity_is_its_own_identity_and_a_browser_reads_it_the_same(tail: str) -> None:
    url = parse("http://a.test/" + tail)
    assert url is not None
    once = identity(url)
    assert identity(once) == once
    assert parse(once) == once


@given(st.text(max_size=40))
def test_any_text_is_a_web_address_or_none(text: str) -> None:
    url = parse(text, "http://a.test/")
    assert url is None or url.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    ("text", "base", "expected"),
    [
        ("/b", "http://a.test/x/y", "http://a.test/b"),
        ("//b.test", "https://a.test/", "https://b.test/"),
        ("?q", "http://a.test/x", "http://a.test/x?q"),
        ("http://127.1/", None, "http://127.0.0.1/"),
        ("http://0x7f.1/", None, "http://127.0.0.1/"),
        ("HTTPS://A.TEST:443/%7e", None, "https://a.test/%7e"),
        ("http://bücher.de", None, "http://xn--bcher-kva.de/"),
        ("http://me:pw@a.test/#x", None, "http://a.test/"),
        ("mailto:a@b.test", "http://a.test/", None),
        ("ftp://a.test/", None, None),
        ("http://", None, None),
        ("http://a b/", None, None),
        ("x", None, None),
    ],
)
def test_text_is_read_as_a_browser_reads_it(
    text: str, base: str | None, expected: str | None
) -> None:
    assert parse(text, base) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.test/", Parts("http", "a.test", 80, "/", "")),
        ("https://a.test/p/q?x=1", Parts("https", "a.test", 443, "/p/q", "x=1")),
        ("http://a.test:8080/?a?b", Parts("http", "a.test", 8080, "/", "a?b")),
        ("http://[2001:db8::1]:81/", Parts("http", "2001:db8::1", 81, "/", "")),
        ("https://[::1]/", Parts("https", "::1", 443, "/", "")),
        ("http://u:p@a.test/x@y", Parts("http", "a.test", 80, "/x@y", "")),
    ],
)
def test_a_url_has_parts(url: str, expected: Parts) -> None:
    assert split(url) == expected


@pytest.mark.parametrize(
    "origin", ["http://a.test", "https://a.test:8443", "http://[::1]", "http://a.test:443"]
)
def test_an_origin_shows_the_port_only_where_it_is_not_the_usual_one(origin: str) -> None:
    assert split(origin + "/p?q").origin == origin


def test_www_and_the_dot_of_the_root_are_not_part_of_a_name() -> None:
    assert bare("www.a.test") == bare("a.test.") == "a.test"
    assert bare("www2.a.test") == "www2.a.test"


@pytest.mark.parametrize("path", ["/a.pdf", "/a/b.JPG", "/x.tar.gz", "/feed.xml", "/a.b.docx"])
def test_a_file_is_known_by_its_ending(path: str) -> None:
    assert is_file(path)


@pytest.mark.parametrize("path", ["/", "/a", "/a.html", "/a.php", "/pdf", "/a.pdf/", "/v1.2", "/."])
def test_a_page_is_no_file(path: str) -> None:
    assert not is_file(path)
