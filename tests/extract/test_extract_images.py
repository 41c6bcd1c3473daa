"""Favicon and logo."""

import pytest

from tests.extract.pages import facts, jsonld


@pytest.mark.parametrize(
    ("page", "url"),
    [
        ("<link rel='shortcut icon' href='/f.ico'>", "/f.ico"),
        (
            "<link rel=icon sizes=16x16 href=/16><link rel=icon sizes='32x32 192x192' href=/192>",
            "/192",
        ),
        ("<link rel=icon sizes=512x512 href=/512><link rel=icon sizes=any href=/svg>", "/svg"),
        (
            "<link rel=icon type=image/svg+xml href=/svg><link rel=icon sizes=99x99 href=/99>",
            "/svg",
        ),
        (
            "<link rel=apple-touch-icon sizes=180x180 href=/apple><link rel=icon href=/icon>",
            "/icon",
        ),
        ("<link rel=apple-touch-icon href=/apple>", "/apple"),
        ("<link rel=icon sizes=64x64 href='data:image/png;base64,x'><link rel=icon href=/i>", "/i"),
        ("<link rel=icon sizes='9999999999x1 \u00b2x\u00b2' href=/i>", "/i"),
        ("<link rel=mask-icon href=/mask>", None),
        ("<link rel=icon>", None),
    ],
)
def test_the_favicon_is_the_largest_icon(page, url):
    assert facts(page).favicon_url == (url and f"https://www.acme.de{url}")


@pytest.mark.parametrize(
    ("page", "url"),
    [
        ("<header><a><img class='site-Logo' src='/a.png'></a></header>", "/a.png"),
        ("<div id=masthead><img src='/img/logo.svg'></div>", "/img/logo.svg"),
        ("<nav><img alt='Acme Logo' data-src='/lazy.png' src='data:,x'></nav>", "/lazy.png"),
        ("<footer><img class=logo src=/partner.png></footer>", None),
        ("<header><img src=/photo.jpg></header>", None),
        ("<meta property=og:image content=/share.png>", None),
    ],
)
def test_the_logo_is_an_image_in_the_header_that_says_so(page, url):
    assert facts(page).logo_url == (url and f"https://www.acme.de{url}")


@pytest.mark.parametrize(
    "logo",
    [
        '"/logo.png"',
        '{"@type":"ImageObject","url":"/logo.png"}',
        '[{"@type":"ImageObject","contentUrl":"/logo.png"}]',
    ],
)
def test_structured_data_names_the_logo(logo):
    page = jsonld('{"@type":"Organization","name":"Acme","logo":' + logo + "}")
    header = "<header><img class=logo src=/other.png></header>"
    assert facts(page + header).logo_url == "https://www.acme.de/logo.png"
