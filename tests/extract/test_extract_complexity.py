"""The sieve before the parser: what it holds back, and what it must let through."""

import time

import pytest

from skybatch.errors import TooComplex
from skybatch.extract import complexity
from tests.extract.pages import reading

DEEP, MANY = complexity._MAX_DEPTH + 1, complexity._MAX_ATTRIBUTES + 1


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
    ],
)
def test_what_is_slow_to_parse_is_refused_quickly(html):
    began = time.process_time()
    with pytest.raises(TooComplex):
        reading(html)
    assert time.process_time() - began < 0.2


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
