"""From bytes to text, as the WHATWG Encoding Standard has it (https://encoding.spec.whatwg.org)."""

import codecs
import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from skybatch.extract import prescan

_TABLE = Path(__file__).with_name("encodings.toml")
_MAX_BAD = 20_000
_SINGLE_BYTE = ("windows-", "iso-8859-", "koi8-", "ibm866", "macintosh", "x-mac-")
_UTF8 = codecs.getincrementaldecoder("utf-8")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
)
# Parameters of a media type (MIME Sniffing Standard, "parse a MIME type").
_PARAMETER = re.compile(r";[ \t\r\n]*([^=;]+)=(?:\"((?:[^\"\\]|\\.)*)\"?[^;]*|([^;]*))", re.DOTALL)
_TYPE = re.compile(r"(?:[^,\"]|\"(?:[^\"\\]|\\.)*\"?)+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

# The defaults that the HTML Standard gives by language ("determining the character encoding",
# last step), by the countries that speak it.
_BY_TLD = {
    tld: name
    for tlds, name in (
        ("ru su by ua bg kz kg rs mk mn xn--p1ai xn--j1amh xn--90ais", "windows-1251"),
        ("cz sk hr", "windows-1250"),
        ("pl hu si", "iso-8859-2"),
        ("gr cy", "iso-8859-7"),
        ("tr", "windows-1254"),
        ("il", "windows-1255"),
        ("ae bh dz eg iq ir jo kw lb ly ma om qa sa sy tn ye", "windows-1256"),
        ("ee lt lv", "windows-1257"),
        ("vn", "windows-1258"),
        ("th", "windows-874"),
        ("jp", "shift_jis"),
        ("kr", "euc-kr"),
        ("cn sg", "gb18030"),
        ("tw hk mo", "big5"),
    )
    for tld in tlds.split()
}


class _Encodings(NamedTuple):
    """The table of the standard."""

    names: Mapping[str, str]  # label -> encoding
    codecs: Mapping[str, str]  # encoding -> codec of Python


def decode(body: bytes, content_type: str | None, host: str) -> tuple[str, str]:
    """The text of a page and the name of its encoding; what cannot be read is U+FFFD.

    Byte order mark, then Content-Type header, then what the page declares, then UTF-8 if it is
    that, then the habit of the country that `host` belongs to.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return _text(body[len(bom) :], name), name
    name = _of_header(content_type) or _of_page(body) or _guessed(body, host)
    return _text(body, name), name


@lru_cache(maxsize=256)  # a site sends the same with each page
def _of_header(content_type: str | None) -> str | None:
    """Of several types in one header the last one counts; one without a charset has that of the
    one before, if it is the same (Fetch Standard, "extract a MIME type")."""
    label, before = "", ""
    for kind in _TYPE.findall(content_type or ""):
        essence, semicolon, rest = kind.partition(";")
        found = _parameter(semicolon + rest)
        if found is not None or essence.strip().lower() != before:
            label = found or ""
        before = essence.strip().lower()
    return _named(label)


def _parameter(text: str) -> str | None:
    """The first charset among the parameters of a type."""
    for name, quoted, plain in _PARAMETER.findall(text):
        if name.lower() == "charset":
            return _ESCAPED.sub(r"\1", quoted) or str(plain)
    return None


def _of_page(body: bytes) -> str | None:
    label = prescan.declared(body, lambda label: _named(label) is not None)
    name = _named(label or "")
    if name is not None and name.startswith("utf-16"):
        return "utf-8"  # it was read as ASCII, so it cannot be
    return "windows-1252" if name == "x-user-defined" else name


def _named(label: str) -> str | None:
    """The encoding that a label means (section 4.2)."""
    return _encodings().names.get(label.strip("\t\n\x0c\r ").lower())


def _guessed(body: bytes, host: str) -> str:
    try:
        _UTF8().decode(body)  # not final: the last character may be cut
    except UnicodeDecodeError:
        return _BY_TLD.get(host.rpartition(".")[2], "windows-1252")
    return "utf-8"


@cache
def _encodings() -> _Encodings:
    table = tomllib.loads(_TABLE.read_text("utf-8"))
    names = {label: name for name, each in table.items() for label in each["labels"].split()}
    return _Encodings(names, {name: each["codec"] for name, each in table.items()})


def _text(body: bytes, name: str) -> str:
    """The body as the decoder of the standard reads it."""
    if name == "replacement":
        return "\ufffd" if body else ""
    if name == "x-user-defined":
        return body.decode("latin-1").translate(_USER_DEFINED)
    if name.startswith(_SINGLE_BYTE):
        text, _ = codecs.charmap_decode(body, "strict", _characters(name))
        return _changed(text, name)
    codec = _encodings().codecs[name]
    text = body.decode(codec, "replace")
    # A look at each bad byte costs a microsecond; so many of them are no text in any encoding.
    if name in _ERRORS and 0 < text.count("\ufffd") <= _MAX_BAD:
        text = body.decode(codec, _ERRORS[name])
    return _changed(text, name)


def _changed(text: str, name: str) -> str:
    changes = _CHANGES.get(name)
    return text.translate(changes) if changes else text


@cache
def _characters(name: str) -> str:
    """The character of each byte, in an encoding of single bytes."""
    codec, errors = _encodings().codecs[name], _ERRORS.get(name, "replace")
    return "".join(bytes((byte,)).decode(codec, errors) for byte in range(256))


def _byte(error: UnicodeError, replacement: Mapping[int, str]) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return replacement.get(error.object[error.start], "\ufffd"), error.start + 1


def _of_jis(error: UnicodeError) -> tuple[str, int]:
    """A character of JIS that only Windows has (index jis0208, rows 13, 89 to 92, 115 to 119)."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    pair = error.object[error.start : error.start + 2]
    row, cell = (byte & 0x7F for byte in pair) if len(pair) == 2 else (0, 0)
    is_pair = 0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E and pair[0] - row == pair[1] - cell
    if not is_pair:
        return "\ufffd", error.start + 1
    lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
    trail = cell + (0x1F if cell < 0x60 else 0x20) if row % 2 else cell + 0x7E
    return bytes((lead, trail)).decode("cp932", "replace"), error.start + 2


# What the codecs of Python leave free: the code pages of Windows have control characters there.
_CONTROLS = {byte: chr(byte) for byte in range(0x80, 0xA0)}
_JAPANESE = ("euc-jp", "iso-2022-jp")
_FREE: Mapping[str, Mapping[int, str]] = {
    **{f"windows-{page}": _CONTROLS for page in (874, *range(1250, 1259))},
    "windows-1255": {**_CONTROLS, 0xCA: "\u05ba"},
    "gb18030": {0x80: "\u20ac"},
}
for _name, _replacement in _FREE.items():
    codecs.register_error(f"skybatch.{_name}", partial(_byte, replacement=_replacement))
for _name in _JAPANESE:
    codecs.register_error(f"skybatch.{_name}", _of_jis)
_ERRORS = {name: f"skybatch.{name}" for name in (*_FREE, *_JAPANESE)}
_JIS = {0x301C: 0xFF5E, 0x2212: 0xFF0D, 0x2016: 0x2225, 0xA2: 0xFFE0, 0xA3: 0xFFE1, 0xAC: 0xFFE2}
# Where the codecs of Python read other characters: index jis0208; koi8-u; gb18030 of 2022.
_CHANGES: Mapping[str, dict[int, int]] = {
    "euc-jp": _JIS,
    "iso-2022-jp": _JIS,
    "koi8-u": {0x255D: 0x45E, 0x256C: 0x40E},
    "gb18030": {
        0xE5E5: 0x3000,
        0xE7C7: 0x1E3F,
        0xE78D: 0xFE10,
        0xE78E: 0xFE12,
        0xE78F: 0xFE11,
        **{0xE790 + n: 0xFE13 + n for n in range(7)},
        0xE81E: 0x9FB4,
        0xE826: 0x9FB5,
        0xE82B: 0x9FB6,
        0xE82C: 0x9FB7,
        0xE832: 0x9FB8,
        0xE843: 0x9FB9,
        0xE854: 0x9FBA,
        0xE864: 0x9FBB,
    },
}
_USER_DEFINED = {byte: 0xF700 + byte for byte in range(0x80, 0x100)}
