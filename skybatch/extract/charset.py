"""From bytes to text: which character encoding a page is in."""

import codecs

from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    to_unicode,
)

# Name of the Python codec -> name in the WHATWG Encoding Standard. Only these are ever used:
# Python also has codecs that are no charsets (punycode, idna, zip) and a page may name any.
_NAMES = {
    "utf-8": "utf-8",
    "utf-16": "utf-16le",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
    "cp1252": "windows-1252",
    "cp1250": "windows-1250",
    "cp1251": "windows-1251",
    "cp1253": "windows-1253",
    "cp1254": "windows-1254",
    "cp1255": "windows-1255",
    "cp1256": "windows-1256",
    "cp1257": "windows-1257",
    "cp1258": "windows-1258",
    "cp866": "ibm866",
    "cp874": "windows-874",
    "iso8859-2": "iso-8859-2",
    "iso8859-3": "iso-8859-3",
    "iso8859-4": "iso-8859-4",
    "iso8859-5": "iso-8859-5",
    "iso8859-6": "iso-8859-6",
    "iso8859-7": "iso-8859-7",
    "iso8859-8": "iso-8859-8",
    "iso8859-10": "iso-8859-10",
    "iso8859-13": "iso-8859-13",
    "iso8859-14": "iso-8859-14",
    "iso8859-15": "iso-8859-15",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "mac-roman": "macintosh",
    "mac-cyrillic": "x-mac-cyrillic",
    "cp932": "shift_jis",
    "euc_jp": "euc-jp",
    "iso2022_jp": "iso-2022-jp",
    "cp949": "euc-kr",
    "gb18030": "gb18030",
    "big5hkscs": "big5",
}
_UTF8 = codecs.getincrementaldecoder("utf-8")
_CODECS = {"utf-16": "utf-16-le"}  # WHATWG reads the bare label as little endian
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)

# The defaults that the HTML Standard gives by language ("determining the character encoding",
# last step), by the countries that speak it.
_BY_TLD = {
    tld: codec
    for tlds, codec in (
        ("ru su by ua bg kz kg rs mk mn xn--p1ai xn--j1amh xn--90ais", "cp1251"),
        ("cz sk hr", "cp1250"),
        ("pl hu si", "iso8859-2"),
        ("gr cy", "iso8859-7"),
        ("tr", "cp1254"),
        ("il", "cp1255"),
        ("ae bh dz eg iq ir jo kw lb ly ma om qa sa sy tn ye", "cp1256"),
        ("ee lt lv", "cp1257"),
        ("vn", "cp1258"),
        ("th", "cp874"),
        ("jp", "cp932"),
        ("kr", "cp949"),
        ("cn sg", "gb18030"),
        ("tw hk mo", "big5hkscs"),
    )
    for tld in tlds.split()
}


def decode(body: bytes, content_type: str | None, host: str) -> tuple[str, str]:
    """The text of a page and the WHATWG name of its encoding; what cannot be read is U+FFFD.

    Byte order mark, then Content-Type header, then what the page declares, then UTF-8 if it is
    that, then the habit of the country that `host` belongs to.
    """
    for bom, codec in _BOMS:
        if body.startswith(bom):
            return to_unicode(body[len(bom) :], codec), _NAMES[codec]
    codec = _declared(body, content_type) or _guessed(body, host)
    return to_unicode(body, _CODECS.get(codec, codec)), _NAMES[codec]


def _declared(body: bytes, content_type: str | None) -> str | None:
    codec = http_content_type_encoding(content_type)
    if codec in _NAMES:
        return codec
    codec = html_body_declared_encoding(body)
    if codec is not None and codec.startswith("utf-16"):
        return "utf-8"  # it was read as ASCII, so it cannot be (HTML Standard, prescan)
    return codec if codec in _NAMES else None


def _guessed(body: bytes, host: str) -> str:
    try:
        _UTF8().decode(body)  # not final: the last character may be cut
    except UnicodeDecodeError:
        return _BY_TLD.get(host.rpartition(".")[2], "cp1252")
    return "utf-8"
