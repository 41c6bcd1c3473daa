"""What headers say."""

import time

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from skybatch.crawl.headers import forbids_following, leads, retry_after_s, signs, text_of

NOW = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110


def headers(**values: str) -> "CIMultiDictProxy[str]":
    pairs = {name.replace("_", "-"): value for name, value in values.items()}
    return CIMultiDictProxy(CIMultiDict(pairs))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("Sun, 06 Nov 1994 08:50:37 GMT", 60.0),
        ("Sun, 06 Nov 1994 08:48:37 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("Sun, 99 Nov 1994 08:48:37 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, expected: float | None) -> None:
    assert retry_after_s(headers(Retry_After=value), NOW) == expected


def test_an_absurd_retry_after_is_a_number_still() -> None:
    assert retry_after_s(headers(Retry_After="9" * 400), NOW) == 999_999_999.0


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), False),
        (("nofollow",), True),
        (("noindex, NoFollow",), True),
        (("none",), True),
        (("noindex",), False),
        (("skybatch: nofollow",), True),
        (("otherbot: nofollow",), False),
        (("otherbot: none", "noindex, nofollow"), True),
        (("unavailable_after: 25 Jun 2010 15:00:00 PST",), False),
    ],
)
def test_nofollow_is_for_all_or_for_us(lines: tuple[str, ...], *, expected: bool) -> None:
    assert forbids_following(lines, "skybatch") is expected


def test_a_header_is_text_that_can_be_stored() -> None:
    assert text_of(headers(X="caf\udcc3\udca9"), "X") == "café"
    text = text_of(headers(X="bad \udcff byte"), "X")
    assert text is not None
    text.encode("utf-8")
    assert text_of(headers(X="x" * 900), "X") == "x" * 200
    assert text_of(headers(X="  "), "X") is None


def test_of_a_hundred_thousand_references_in_headers_the_first_fifty_lead_anywhere() -> None:
    line = "".join(f"</{n}>;rel=next," for n in range(500))
    many = CIMultiDictProxy(CIMultiDict([("Link", line)] * 120))
    assert leads(many) == tuple(f"/{n}" for n in range(50))


def test_signs_are_the_lines_that_name_software_and_the_names_of_cookies() -> None:
    pairs = [
        ("Server", "nginx/1.26.2"),
        ("X-Powered-By", "PHP/8.2"),
        ("Set-Cookie", "PHPSESSID=secret; path=/"),
        ("Set-Cookie", " laravel_session = x"),
        ("Date", "now"),
    ]
    assert signs(CIMultiDictProxy(CIMultiDict(pairs))) == (
        "Server: nginx/1.26.2",
        "X-Powered-By: PHP/8.2",
        "Cookie: PHPSESSID",
        "Cookie: laravel_session",
    )


def test_a_page_for_programs_is_no_page() -> None:
    """Every WordPress page has one, and each cost a request of the fifty that may fail."""
    line = '<https://a.example/wp-json/wp/v2/pages/2>; rel="alternate"; type="application/json"'
    assert leads(headers(Link=line)) == ()
    assert leads(headers(Link='</de>; rel="alternate"; type="text/html"')) == ("/de",)


@pytest.mark.parametrize(
    "line",
    [
        "max-snippet:-1, nofollow",
        "max-image-preview: large, nofollow",
        "unavailable_after: 25 Jun 2030 15:00:00 GMT, nofollow",
    ],
)
def test_a_directive_with_a_value_is_no_name_of_a_robot(line: str) -> None:
    assert forbids_following((line,), "skybatch")


def test_a_date_without_a_zone_is_in_utc(monkeypatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert retry_after_s(headers(Retry_After="Sun Nov  6 08:50:37 1994"), NOW) == 60.0
    finally:
        monkeypatch.undo()
        time.tzset()
