"""Addresses that are written for people and against programs."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.extract import disguises
from skybatch.extract.document import parse
from skybatch.extract.source import source_of
from tests.extract.pages import facts


def found(html: str) -> list[str]:
    return [email.value for email in facts(html).emails]


def wide(text: str) -> str:
    """As Japanese keyboards write it."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


@pytest.mark.parametrize(
    ("html", "address"),
    [
        ("<p>Mail: info [at] firma [dot] de", "info@firma.de"),
        ("<p>Mail: info(ät)firma(punkt)de", "info@firma.de"),
        ("<p>bonjour arobase savon point fr", "bonjour@savon.fr"),
        ("<p>citas (arroba) clinica (punto) es", "citas@clinica.es"),
        ("<p>geral[arroba]quinta[ponto]com[ponto]br", "geral@quinta.com.br"),
        ("<p>biuro(małpa)sklep(kropka)pl", "biuro@sklep.pl"),
        ("<p>obchod (zavináč) firma.cz", "obchod@firma.cz"),
        ("<p>kontakt snabel-a verkstad punkt se", "kontakt@verkstad.se"),
        ("<p>post(a)advokat.no", "post@advokat.no"),
        ("<p>info [et] firma.com.tr", "info@firma.com.tr"),
        ("<p>zakaz собака zavod точка ru", "zakaz@zavod.ru"),
        ("<p>info παπάκι taverna τελεία gr", "info@taverna.gr"),
        ("<p>yoyaku\uff08アットマーク\uff09ryokan.jp", "yoyaku@ryokan.jp"),
        ("<p>contact 골뱅이 hanok.kr", "contact@hanok.kr"),
        ("<p>club -at- verein -dot- at", "club@verein.at"),
        ("<p>info apenstaartje drukkerij punt nl", "info@drukkerij.nl"),
        ("<p>presse<span aria-hidden=true> at </span>acme.de", "presse@acme.de"),
        ("<p>jo<b>.</b>van<b> (at) </b>acme.de", "jo.van@acme.de"),
        ("<p>marisol AT acme DOT de", "marisol@acme.de"),
        ("<p>privacy&nbsp;@&nbsp;acme.de", "privacy@acme.de"),
        ("<p>oroshi\u2605acme.de (\u2605 を @ に)", "oroshi@acme.de"),
        ("<p>sales#acme.de (# 换成 @)", "sales@acme.de"),
        ("<img alt='info (at) firma (dot) de'>", "info@firma.de"),
        ("<img alt='info@firma.de'>", "info@firma.de"),
        ("<p>info<span>@</span>firma.de", "info@firma.de"),
        ("<p>info&#64;<b>firma</b>.de", "info@firma.de"),
        ("<p>info&commat;firma.de", "info@firma.de"),
        ("<p>info@<wbr>firma.de", "info@firma.de"),
        ("<p>help@<!-- no spam -->firma.de", "help@firma.de"),
        ('<p>info<span style="display:none">-no-</span>@firma.de', "info@firma.de"),
        ('<p>info@<span class="d-none">NOSPAM</span>firma.de', "info@firma.de"),
        ('<p>info<img src="/at.gif" alt="@">firma.de', "info@firma.de"),
        ("<p>info\u2060@\u2060firma.de", "info@firma.de"),
        ("<p>" + wide("info@firma.jp"), "info@firma.jp"),
        ("<a href='mailto:a@firma.de?cc=b@firma.de&amp;subject=x'>m</a>", "b@firma.de"),
    ],
)
def test_an_address_is_found_behind_its_disguise(html, address):
    assert address in found(html)


@pytest.mark.parametrize(
    "html",
    [
        "<p>(a) apples.de (b) pears.de",
        "<p>meet us at firma.de, or at the dot com",
        "<p>we are [at] home",
        "<p>git clone git@github.com:acme/shop.git",
        "<p>dsn https://key@ingest.firma.de/4",
        "<p>debian-<i>list</i> -request@lists.debian.org",
        "<style>@media screen{a:b}</style><style>@import url(x.css)</style>",
        "<script>var x='<b>'@'</b>firma.de'</script>",
        "<p>photo@2x.png <b>Follow</b> <a href=x>@firma</a>",
        '<meta name="twitter:site" content="@firma.de">',
        "<p>Follow us @ acme.de",
        "<p>wir sind online @ acme.de",
        "<p>Shop @ acme.de",
        "<p>Preis*acme.de, best#acme.de",
        "<p>Look at acme dot de",
        "<p>see us <b>at</b> acme.de",
        "<p>the team <i> at </i> acme.de",
        "<div>Our team</div><div>at <a href=/>acme.de</a></div>",
        "Join us<br>at <a href=/>acme.de</a>",
        "<h2>Karriere</h2><p>at <b>acme.de</b>",
        "<img alt='photo by joe@flickr.com, in May'>",
    ],
)
def test_what_is_no_address_is_none(html):
    assert found(html) == []


@given(st.text("ab@.(at) [dot]<b>&#64;", max_size=400))
def test_any_text_is_looked_through(text):
    list(disguises.spelt(text))
    list(disguises.split_by_tags(parse(source_of(text), "http://a.example/")))


@pytest.mark.parametrize(
    "piece", ["(at) ", "<b>@</b>", "a[at]", " arroba ", "&#64;", "<!--@", "[" * 9]
)
def test_two_megabytes_of_disguise_take_no_time(piece):
    text = piece * (2_000_000 // len(piece))
    document = parse(source_of(text), "http://a.example/")
    began = time.process_time()
    list(disguises.spelt(text))
    list(disguises.split_by_tags(document))
    assert time.process_time() - began < 1.0
