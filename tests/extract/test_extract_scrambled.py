"""Addresses that the scripts of a page put together: what Joomla, TYPO3 and scripts write."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.extract import scrambled
from skybatch.model.facts import Place
from tests.extract.pages import facts

RANGES = ((0x2B, 0x3A), (0x40, 0x5A), (0x61, 0x7A))


def typo3(text: str, offset: int) -> str:
    """As TYPO3 writes it: characters moved within their range."""
    out = ""
    for character in text:
        span = next(((a, b) for a, b in RANGES if a <= ord(character) <= b), None)
        moved = span and chr(
            span[0] + (ord(character) - span[0] + offset) % (span[1] - span[0] + 1)
        )
        out += moved or character
    return out


def joomla(first: str, last: str) -> str:
    coded = (base64.b64encode(part.encode()).decode() for part in (first, last))
    return '<joomla-hidden-mail is-link="1" is-email="1" first="{}" last="{}"></i>'.format(*coded)


@pytest.mark.parametrize(
    "html",
    [
        f"<a href=\"javascript:linkTo_UnCryptMailto('{typo3('mailto:info@firma.de', 2)}');\">x</a>",
        f'<a href="javascript:linkTo_UnCryptMailto(%27{typo3("mailto:info@firma.de", -3)}%27);">',
        f'<a href="#" data-mailto-token="{typo3("mailto:info@firma.de", 9)}" data-mailto-vector=9>',
        joomla("info", "firma.de"),
    ],
)
def test_a_link_that_only_a_browser_can_read_is_read(html):
    (email,) = facts(html).emails
    assert (email.value, email.place) == ("info@firma.de", Place.MAILTO)


@pytest.mark.parametrize(
    "script",
    [
        # Joomla 1.5 to 3
        "var addy1 = 'inf&#111;' + '&#64;'; addy1 = addy1 + 'f&#105;rma' + '&#46;' + 'de';"
        "document.write(addy1);",
        "var addy_text = 'info' + '@' + 'firma' + '.' + 'de'; x.innerHTML += addy_text;",
        "document.write('<a href=\"mailto:' + 'info' + '@' + 'firma.de' + '\">');",
        'document.write("info" + "@firma.de")',
    ],
)
def test_what_a_script_joins_is_found(script):
    assert [email.value for email in facts(f"<p>E-mail: <script>{script}</script>").emails] == [
        "info@firma.de"
    ]


@pytest.mark.parametrize(
    "script",
    [
        "x.innerHTML = list; var users = [{email: 'invite@acme.de'}, {email: 'new@acme.de'}];",
        "document.write('<b>' + 'hello' + '</b>')",
        "var to = 'info' + '@' + 'firma.de';",  # it is not written anywhere
        "",
    ],
)
def test_other_strings_of_a_script_are_not(script):
    assert facts(f"<p>E-mail: <script>{script}</script>").emails == ()


@given(st.text(max_size=200))
def test_any_code_is_read(code):
    assert isinstance(scrambled.of_typo3(code), str)
    assert isinstance(scrambled.of_cloudflare(code), str)
    facts(joomla("x", "y").replace("first=", f"first='{code}' x="))
