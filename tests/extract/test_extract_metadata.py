"""Title, description, language, canonical URL, heading, Open Graph."""

import pytest

from tests.extract.pages import facts


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title> Acme \n &amp; Söhne </title>", "Acme & Söhne"),
        ("<title>First</title><title>Second</title>", "First"),
        ("<body><svg><title>Icon</title></svg><title>Page</title>", "Page"),
        ("<svg><g><title>Icon</title></g></svg>", None),
        ("<title> </title><meta property='og:title' content='Shared'>", "Shared"),
        ("<title>Own</title><meta property='og:title' content='Shared'>", "Own"),
        ("<h1>No title</h1>", None),
    ],
)
def test_the_title_is_the_first_that_is_no_label_of_a_drawing(page, title):
    assert facts(page).title == title


def test_a_title_behind_a_noscript_image_is_found():
    # The image ends <head> for a parser without scripts, so the title stands in the body.
    assert facts("<head><noscript><img src=p.gif></noscript><title>T</title>").title == "T"


@pytest.mark.parametrize(
    ("page", "description"),
    [
        ("<meta name='Description' content=' What  we do '>", "What we do"),
        ("<meta property='og:description' content='shared'>", "shared"),
        (
            "<meta property='og:description' content='s'><meta name=description content='own'>",
            "own",
        ),
        ("<meta name=description content=''><meta name='og:description' content='s'>", "s"),
        ("<meta property='og:description' name=description content=both>", "both"),
        ("<p>text</p>", None),
    ],
)
def test_the_description_for_search_engines_comes_first(page, description):
    assert facts(page).description == description


def test_long_values_are_cut():
    page = f"<title>{'x' * 9_000}</title><meta name=description content='{'y' * 9_000}'>"
    assert len(facts(page).title) == 500
    assert len(facts(page).description) == 2_000


@pytest.mark.parametrize(
    ("page", "header", "language"),
    [
        ("<html lang='de'>", None, "de"),
        ("<html lang='EN_gb'>", "fr", "en-GB"),
        ("<html lang='zh-hant-tw'>", None, "zh-Hant-TW"),
        ("<html xml:lang='it'>", None, "it"),
        ("<html lang=''>", "fr-CA, en", "fr-CA"),
        ("<html lang='not a language'>", None, None),
        ("<html lang='{{ lang }}'>", "nl", "nl"),
        ("<meta http-equiv='content-language' content='pl'>", None, "pl"),
        ("<meta property='og:locale' content='pt_BR'>", None, "pt-BR"),
        ("<p>Guten Tag</p>", None, None),
    ],
)
def test_the_language_is_a_tag_in_the_case_of_rfc_5646(page, header, language):
    assert facts(page, language=header).language == language


@pytest.mark.parametrize(
    ("page", "url"),
    [
        ("<link rel=canonical href='/there#x'>", "https://www.acme.de/there"),
        (
            "<link rel='Canonical' href='//acme.de/a'><link rel=canonical href=b>",
            "https://acme.de/a",
        ),
        ("<link rel=canonical href='javascript:x'>", None),
        ("<link rel=next href='/b'>", None),
    ],
)
def test_the_canonical_url_is_absolute(page, url):
    assert facts(page).canonical_url == url


@pytest.mark.parametrize(
    ("page", "h1"),
    [
        ("<h1> </h1><h1>Wel<br>come <b>here</b></h1><h1>third</h1>", "Wel come here"),
        ("<h2>no</h2>", None),
    ],
)
def test_the_heading_is_the_first_with_text(page, h1):
    assert facts(page).h1 == h1


def test_open_graph_keeps_the_first_value_of_each_property():
    page = """<meta property="og:type" content="website"><meta property="og:image" content="/1.png">
      <meta property="og:image" content="/2.png"><meta name="og:url" content="https://acme.de/">
      <meta property="og:title" content=""><meta name="twitter:card" content="summary">"""
    assert facts(page).open_graph == {
        "og:type": "website",
        "og:image": "/1.png",
        "og:url": "https://acme.de/",
    }


def test_feeds_are_those_that_the_page_offers():
    page = """
      <link rel="alternate" type="application/rss+xml" href="/feed/" title="News">
      <link rel="ALTERNATE home" type="application/atom+xml" href="https://b.example/atom.xml">
      <link rel="alternate" type="application/feed+json" href="/feed.json">
      <link rel="alternate" type="application/rss+xml" href="/feed/" title="News again">
      <link rel="alternate" type="application/rss+xml" href="javascript:x">
      <link rel="alternate" type="text/html" href="/en/">
      <link rel="stylesheet" type="application/rss+xml" href="/no.css">
      <a rel="alternate" type="application/rss+xml" href="/link-in-text">RSS</a>
    """
    assert facts(page).feeds == (
        "https://www.acme.de/feed/",
        "https://b.example/atom.xml",
        "https://www.acme.de/feed.json",
    )
