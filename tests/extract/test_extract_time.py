"""Pages that are made to take long: each took seconds, or more memory than a page is given."""

from contextlib import suppress

import pytest

from skybatch.errors import TooComplex
from skybatch.extract.reading import read
from skybatch.model.facts import RawPage
from tests.extract.pages import facts, raw
from tests.extract.quick import is_within

DE = "<html lang=de><body>"
BASE = "<base href='http://a.example/" + "a" * 1_950 + "/'>"

PAGES = {
    "a script that joins a long word": "<script>mailto" + "a" * 19_900 + "</script>",
    "many of them": ("<script>mailto" + "a" * 19_900 + "</script>") * 50,
    "a link to a chat": "<a href='https://wa.me/" + "whatsapp.com/send?" * 110_000 + "'>",
    "marks on a letter": DE + "\uff11a" + "\u0301\u0323" * 50_000,
    "letters that grow": DE + "\uff11" + "\ufdfa" * 400_000,
    "paths in a drawing": DE + "<svg>" + "<path>" * 59_000 + "</x>" * 59_000,
    "links in a drawing": DE + "<svg>" + "<a>" * 20_000,
    "a footer in a drawing": DE + "<svg>" + "<use>" * 97_000 + "footer" + "<a href=x>" * 2_000,
    "footers": DE + "<footer>" * 2_900 + "<a href=x>y</a>" * 5_000,
    "attributes of a body": DE
    + "".join(
        "<body " + " ".join(f"a{n}_{m}=1" for m in range(190)) + ">" for n in range(1_000)
    ),
    "a path of many segments": "<base href='http://a.example/"
    + "/a" * 1_900
    + "'>"
    + "".join(f"<a href='?{n}'>x</a>" for n in range(2_000)),
    "a long base": BASE + "".join(f"<a href='{n}'>x</a>" for n in range(9_900)),
    "recipients": "".join(f"<a href='mailto:{n}{'a[at]b' * 200}'>x</a>" for n in range(1_600)),
    "signs": "".join(f"<a href='mailto:{n}{'@' * 480}'>x</a>" for n in range(4_000)),
    "copies": "".join(f"<a href='mailto:{n}?{'cc=@@@&' * 250}'>x</a>" for n in range(1_100)),
    "codes of TYPO3": "".join(
        f"<a href=\"javascript:linkTo_UnCryptMailto('{n:07d}')\">x</a>" for n in range(20_000)
    ),
    "tokens of TYPO3": f"<a data-mailto-token='{'z' * 900}'>x</a>" * 2_000,
    "pictures": f"<img alt='{'a [at] b ' * 200}'>" * 200,
    "data": '<script type="application/json">'
    + ",".join('"' + "@" * 97 + '"' for _ in range(5_000))
    + "</script>",
    "endings": "<html lang=en-GB><p>Tel 0800 1111"
    + "".join(f", -{n}" for n in range(2_000, 30_000)),
    "a drawing in a drawing": DE + "<svg>" * 2_900 + "<br/>" * 97_000,
    "drawings that nothing ends": DE + "<SVG></svG>" * 2_900 + "<i></i>" * 50_000,
    "drawings that others end": DE + "<svg><br/></x>" * 2_900 + "<i></i>" * 50_000,
    "links around a drawing": "<svg>" + "<a>" * 2_900 + "<path/>" * 110_000,
    "links around an object": "<a><object>" * 2_900 + "<br>" * 95_000,
    "footers around links": DE + "<footer>" * 10 + "<a href=x>" * 99_900,
    "footers around links of a drawing": DE + "<footer><svg>" * 10 + "<a href=x />" * 99_900,
    "boxes around links": DE + "<div class=footer>" * 2_900 + "<a href=x>" * 97_900,
    "templates around links": DE + "<template>" * 2_900 + "<a href=x>" * 110_000,
    "companies": DE + "<p>Foo GmbH</p>" * 5 + "AB CD EF GH " * 2_400,
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_no_page_of_two_megabytes_takes_long(name):
    page = raw(PAGES[name].encode(), url="https://a.example/")
    assert is_within(0.25, lambda: look_at(page))


def look_at(page: RawPage) -> None:
    with suppress(TooComplex):
        read(page)


@pytest.mark.parametrize(
    ("byte", "charset"),
    [
        (b"\xff", "euc-jp"),
        (b"\xff\xfe", "iso-2022-jp"),
        (b"\x80", "gb18030"),
        (b"\x81", "windows-1252"),
        (b"\xdb", "windows-874"),
    ],
)
def test_two_megabytes_that_are_no_text_take_no_time(byte, charset):
    page = raw(byte * (2_000_000 // len(byte)), content_type=f"text/html; charset={charset}")
    assert is_within(0.25, lambda: read(page))


def test_links_do_not_grow_beyond_measure_by_their_base():
    found = read(raw(PAGES["a long base"].encode()))
    assert sum(len(link.url) for link in found.links) < 2_100_000
    page = (
        "<base href='http://a.example/" + "a" * 7_800 + "'><div itemscope>"
        + "".join(f"<a itemprop=p{n} href=?{n}>x</a>" for n in range(500))
    )  # fmt: skip
    assert len(repr(facts(page).structured_data)) < 300_000


def test_drawings_as_pages_have_them_are_read():
    icons = '<svg viewBox="0 0 9 9"><path d="M0 0h9v9z"/><use xlink:href="#a"/></svg>' * 2_000
    chart = "<svg>" + "<g><path d=M0></path><text>1</text></g>" * 5_000 + "</svg>"
    formula = "<math>" + "<mi>x</mi><mo>=</mo>" * 5_000 + "</math>"
    rows = "<table>" + "<tr><td>1<td>2" * 5_000 + "</table>"
    found = facts(f"<title>T</title>{icons}{chart}{formula}{rows}<p>info@acme.de")
    assert [email.value for email in found.emails] == ["info@acme.de"]
