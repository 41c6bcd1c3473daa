"""Where pages lead."""

import pytest
from ada_url import join_url
from hypothesis import given
from hypothesis import strategies as st

from skybatch.extract import document
from skybatch.extract.document import resolve
from skybatch.extract.links import refresh_target
from tests.extract.pages import URL, facts, reading


def urls(html: str) -> tuple[str, ...]:
    return tuple(link.url for link in reading(html).links)


def test_every_kind_of_link_is_found_in_document_order():
    page = """
      <head><meta http-equiv="refresh" content="5; url=/moved">
      <link rel="canonical" href="/canonical"><link rel="next" href="?page=2">
      <link rel="alternate" type="text/html; charset=utf-8" href="/fr/">
      <link rel="alternate" hreflang="es" href="/es/"></head>
      <a href="a.html">a</a> <map><area href="/area"></map>
      <iframe src="//maps.example.net/x"></iframe> <a href="../up">up</a>
    """
    assert urls(page) == (
        "https://www.acme.de/moved",
        "https://www.acme.de/canonical",
        "https://www.acme.de/en/index.html?page=2",
        "https://www.acme.de/fr/",
        "https://www.acme.de/es/",
        "https://www.acme.de/en/a.html",
        "https://www.acme.de/area",
        "https://maps.example.net/x",
        "https://www.acme.de/up",
    )


def test_frames_are_links():
    assert urls('<frameset><frame src="menu.html"></frameset>') == (
        "https://www.acme.de/en/menu.html",
    )


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="stylesheet" href="/style.css">',
        '<link rel="alternate" type="application/rss+xml" href="/feed">',
        '<link rel="icon" href="/icon.png">',
        '<a href="mailto:info@acme.de">m</a>',
        '<a href="tel:+49301234567">t</a>',
        '<a href="javascript:void(0)">j</a>',
        '<a href="ftp://acme.de/x">f</a>',
        '<a href="data:text/html,x">d</a>',
        '<a href="#top">top</a>',
        '<a href="http://[broken">b</a>',
        "<a>no href</a>",
        '<a rel="external nofollow" href="/n">n</a>',
        '<template><a href="/inert">i</a></template>',
        '<a href="/cdn-cgi/l/email-protection#0a1b">[email protected]</a>',
        '<a href="https://www.acme.de/cdn-cgi/l/email-protection">[email protected]</a>',
        '<a href="/' + "x" * 9_000 + '">long</a>',
    ],
)
def test_what_is_no_page_to_follow_is_no_link(link):
    assert urls(link) == ()


def test_urls_are_resolved_as_browsers_do():
    page = r'<a href=" https://ACME.de:443/a b/../ö?q=ä ">1</a><a href="\\cdn.acme.de\x">2</a>'
    assert urls(page) == (
        "https://acme.de/%C3%B6?q=%C3%A4",
        "https://cdn.acme.de/x",
    )


@pytest.mark.parametrize("base", ["https://u@acme.example:8443/de/?b#c", "http://a.example"])
@given(st.text("/\\.:?@ab%\t ü", max_size=12) | st.text(max_size=20))
def test_what_begins_at_the_root_is_resolved_as_any_other(base, rest):
    reference = "/" + rest.replace("#", "")
    try:
        expected = join_url(base, reference)
    except ValueError:
        expected = None
    is_page = expected is not None and expected.startswith("http")
    assert resolve(base, reference) == (expected if is_page else None)


def test_links_that_differ_only_in_the_fragment_are_one():
    assert urls('<a href="/a#1">1</a><a href="/a#2">2</a><a href="/a">3</a>') == (
        "https://www.acme.de/a",
    )


def test_a_space_before_the_fragment_belongs_to_the_path():
    # URL Standard, "path state": only the ends of the whole input are trimmed.
    assert urls('<a href="/a #x">1</a>') == ("https://www.acme.de/a%20",)


def test_the_first_base_with_an_address_counts():
    page = '<base target="_top"><base href="/shop/"><base href="/other/"><a href="x">x</a>'
    assert urls(page) == ("https://www.acme.de/shop/x",)


def test_a_base_that_is_no_page_is_ignored():
    assert urls('<base href="data:,x"><a href="x">x</a>') == ("https://www.acme.de/en/x",)


@pytest.mark.parametrize(
    "content",
    ["0;URL='/there'", "0, url = /there", "3; /there", "0; url='/there' x", "0.5;url=/there"],
)
def test_a_refresh_leads_on(content):
    page = f'<meta http-equiv="Refresh" content="{content}">'
    assert urls(page) == ("https://www.acme.de/there",)


def test_a_refresh_without_an_address_leads_nowhere():
    assert urls('<meta http-equiv="refresh" content="30">') == ()


@pytest.mark.parametrize("content", ["nofollow", "NoIndex, NoFollow", "none"])
def test_a_meta_robots_forbids_to_follow(content):
    assert reading(f'<meta name="Robots" content="{content}">').nofollow


@pytest.mark.parametrize("content", ["index, follow", "noindex", "max-snippet:none"])
def test_a_meta_robots_that_forbids_something_else_does_not(content):
    assert not reading(f'<meta name="robots" content="{content}">').nofollow


def test_links_are_counted_by_host_where_www_is_the_same():
    page = """<a href="/a">1</a> <a href="https://acme.de/b" rel="nofollow">2</a>
      <a href="https://shop.acme.de/">3</a> <a href="https://other.com/">4</a>
      <a href="https://other.com/#again">5</a> <link rel="canonical" href="/c">"""
    found = facts(page)
    assert (found.links_internal, found.links_external) == (2, 2)


@pytest.mark.parametrize("page", ["", "<html>", "<script>render()</script>", " \n\t"])
def test_a_page_with_nothing_on_it_is_blank(page):
    assert reading(page).is_blank


@pytest.mark.parametrize(
    "page", ["<title>x</title>", "x", '<a href="/x"></a>', '<frameset><frame src="x">']
)
def test_a_page_with_text_title_or_link_is_not_blank(page):
    assert not reading(page).is_blank


def test_the_base_of_a_page_is_where_the_redirects_ended():
    assert urls('<a href="">self</a>') == (URL,)


def test_a_page_leads_to_at_most_ten_thousand_others():
    assert len(urls("".join(f"<a href={n}>" for n in range(10_050)))) == 10_000


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("5; url=/de,start.html", "/de,start.html"),
        ("0 url=/x", "/x"),
        ("0,url='/x;y'", "/x;y"),
        (" 3 ; /x", "/x"),
    ],
)
def test_the_address_of_a_refresh_is_what_follows_the_first_separator(content, target):
    assert refresh_target(content) == target


def test_the_contact_page_has_its_points_behind_thousands_of_links_to_nowhere():
    page = "".join(f"<a href='mailto:x{n}@b.example'>x</a>" for n in range(2_100))
    (link,) = reading(page + "<a href=/kontakt>x</a>").links
    assert link.score > 80


def test_long_references_are_not_kept():
    """A process that reads is there for weeks."""
    document._joined_at_root.cache_clear()
    resolve(f"http://{'a' * 190}.example/", "/b")
    resolve("http://a.example/", "/" + "b" * 190)
    assert document._joined_at_root.cache_info().currsize == 0
    resolve("http://a.example/", "/b")
    assert document._joined_at_root.cache_info().currsize == 1
