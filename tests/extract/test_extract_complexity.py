"""The sieve before the parser: what it holds back, and what it must let through."""

from math import isqrt

import pytest

from skybatch.errors import TooComplex
from skybatch.extract import complexity
from tests.extract.pages import reading
from tests.extract.quick import is_within

DEEP, MANY = complexity._MAX_DEPTH + 1, isqrt(complexity._MAX_COMPARISONS) + 1


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * DEEP,
        "<div>" * DEEP + "</div>" * DEEP,
        "</div>" * DEEP + "<DIV>" * DEEP,
        "<b><font color=red>" * DEEP,
        "<template>" * DEEP,
        "<ul><li>" * DEEP,
        "<x-y>" * DEEP,
        "<a " + " ".join(f"a{n}=1" for n in range(MANY)) + ">",
        "<a " + " ".join(f'a{n}="x y"' for n in range(MANY)),
        "<p " + "".join(f'a{n}=""' for n in range(30_000)) + ">",
        "<p/" + "/".join(f"a{n}" for n in range(100_000)) + ">",
        "<p " + "".join(f"b{n}='<'" for n in range(100_000)) + ">",
        ("<p " + " ".join(f"a{n}=<" for n in range(19_000)) + ">") * 7,
        ("<p " + " ".join(f"{n:x}" for n in range(1_900)) + ">") * 200,
        ("<p " + " ".join(f"{n:x}" for n in range(256, 700)) + ">") * 1_000,
    ],
)
def test_what_is_slow_to_parse_is_refused_quickly(html):
    def refused():
        with pytest.raises(TooComplex):
            reading(html)

    assert is_within(0.2, refused)


@pytest.mark.parametrize(
    "html",
    [
        "<div></div>" * 10_000,
        "<p>text" * 10_000,
        "<ul>" + "<li><a href=/x>x</a>" * 10_000 + "</ul>",
        "<table>" + "<tr><td>1<td>2" * 5_000 + "</table>",
        "<svg>" + "<path d='M 0 0'/>" * 10_000 + "</svg>",
        "<select>" + "<option>x" * 5_000 + "</select>",
        "<img alt='" + "word " * 5_000 + "'>",
        "<div data-x='" + "a=1 " * 5_000 + "'>",
        '<svg><path d="' + "M 1 2 L 3 4 " * 50_000 + '"/></svg>',
        "<script>if (a<b && c) {" + "x = y + z; " * 20_000 + "}</script>" + "<p>x > y" * 1_000,
        "<p>" + "long text " * 100_000 + "<b>end</b>",
        ('<a class="a b c d" href="/x/y" id=x title="a / b" data-x=\'{"a": 1}\'>x</a>' * 15_000),
        "<script>" + "x = '<b>';" * 3_000 + "</script><p>" + "long text " * 5_000,
    ],
)
def test_what_is_only_long_is_read(html):
    assert reading(html + "<title>T</title>").charset == "utf-8"


def test_a_page_is_read_up_to_so_many_tags_and_said_to_be_cut():
    page = "<title>T</title>" + "<p>x" * complexity._MAX_TAGS
    result = reading(page)
    assert result.truncated
    assert result.facts.title == "T"
    assert not reading("<p>x" * 1_000).truncated
