"""Which encoding a page is read in, also when its declarations contradict each other."""

import pytest

from skybatch.extract.charset import decode
from skybatch.extract.reading import read
from tests.extract.pages import raw

UMLAUTS = "Grüße aus Köln"
META = '<meta charset="{}"><p>{}'


@pytest.mark.parametrize(
    ("codec", "label", "text"),
    [
        ("utf-8", "utf-8", UMLAUTS),
        ("cp1252", "windows-1252", UMLAUTS),
        ("latin-1", "windows-1252", UMLAUTS),
        ("iso8859-15", "iso-8859-15", "5 €"),
        ("iso8859-2", "iso-8859-2", "Łódź"),
        ("cp1251", "windows-1251", "Привет"),
        ("koi8-r", "koi8-r", "Привет"),
        ("shift_jis", "shift_jis", "こんにちは"),
        ("euc-jp", "euc-jp", "こんにちは"),
        ("iso-2022-jp", "iso-2022-jp", "こんにちは"),
        ("euc-kr", "euc-kr", "안녕하세요"),
        ("gbk", "gb18030", "你好"),
        ("big5", "big5", "你好"),
    ],
)
@pytest.mark.parametrize("declared_in", ["header", "meta"])
def test_a_declared_encoding_is_used_and_named_as_whatwg_names_it(codec, label, text, declared_in):
    in_header = declared_in == "header"
    html = text if in_header else META.format(codec, text)
    header = f"text/html; charset={codec}" if in_header else "text/html"
    decoded, name = decode(html.encode(codec), header, "acme.de")
    assert text in decoded
    assert name == label


def test_a_byte_order_mark_beats_the_header():
    body = b"\xef\xbb\xbf" + UMLAUTS.encode()
    assert decode(body, "text/html; charset=iso-8859-1", "") == (UMLAUTS, "utf-8")


@pytest.mark.parametrize(
    ("bom", "codec", "label"),
    [(b"\xff\xfe", "utf-16-le", "utf-16le"), (b"\xfe\xff", "utf-16-be", "utf-16be")],
)
def test_a_utf_16_mark_is_recognised(bom, codec, label):
    assert decode(bom + UMLAUTS.encode(codec), None, "") == (UMLAUTS, label)


def test_the_header_beats_the_meta_tag():
    body = META.format("windows-1251", UMLAUTS).encode()
    decoded, name = decode(body, "text/html; charset=utf-8", "")
    assert UMLAUTS in decoded
    assert name == "utf-8"


def test_the_meta_tag_beats_what_the_bytes_look_like():
    body = META.format("windows-1252", UMLAUTS).encode()  # UTF-8 that says it is not
    assert decode(body, None, "")[1] == "windows-1252"


def test_a_meta_tag_cannot_say_utf_16():
    # HTML Standard, "prescan a byte stream": it was read as ASCII, so UTF-8 is meant.
    body = META.format("utf-16", UMLAUTS).encode()
    decoded, name = decode(body, None, "")
    assert UMLAUTS in decoded
    assert name == "utf-8"


def test_utf_16_in_the_header_is_little_endian():
    body = UMLAUTS.encode("utf-16-le")
    assert decode(body, "text/html; charset=utf-16", "") == (UMLAUTS, "utf-16le")


@pytest.mark.parametrize(
    "codec", ["punycode", "idna", "utf-7", "zip", "rot13", "base64", "utf-32", "undefined", "hex"]
)
def test_a_codec_that_is_no_charset_of_the_web_is_ignored(codec):
    body = META.format(codec, UMLAUTS).encode()
    assert decode(body, f"text/html; charset={codec}", "")[1] == "utf-8"


def test_undeclared_utf_8_is_found():
    assert decode(UMLAUTS.encode(), None, "acme.ru") == (UMLAUTS, "utf-8")


def test_undeclared_utf_8_may_end_in_the_middle_of_a_character():
    decoded, name = decode("Köln ß".encode()[:-1], None, "acme.ru")
    assert name == "utf-8"
    assert decoded.startswith("Köln")


@pytest.mark.parametrize(
    ("host", "codec", "label", "text"),
    [
        ("acme.de", "cp1252", "windows-1252", UMLAUTS),
        ("acme.ru", "cp1251", "windows-1251", "Привет"),
        ("acme.co.jp", "shift_jis", "shift_jis", "日本語"),
        ("acme.pl", "iso8859-2", "iso-8859-2", "Łódź"),
        ("", "cp1252", "windows-1252", UMLAUTS),
    ],
)
def test_undeclared_bytes_are_read_by_the_habit_of_the_country(host, codec, label, text):
    assert decode(text.encode(codec), None, host) == (text, label)


def test_bytes_that_no_encoding_knows_become_replacement_characters():
    decoded, _ = decode(b"a\xff\xfeb", "text/html; charset=utf-8", "")
    assert decoded == "a\ufffd\ufffdb"


def test_a_reading_names_its_charset_and_size():
    body = "<title>Köln</title>".encode("cp1252")
    reading = read(raw(body, content_type="text/html; charset=windows-1252"))
    assert reading.charset == "windows-1252"
    assert reading.size == len(body)
    assert reading.facts.title == "Köln"
