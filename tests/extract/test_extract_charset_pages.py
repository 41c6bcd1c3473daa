"""Whole pages of many languages, in the encoding and with the title that a browser shows.

What is expected comes from the WHATWG Encoding Standard ("Names and labels", the decoders and their
indexes), from the HTML Standard ("Determining the character encoding", "Extracting character
encodings from meta elements", "Changing the encoding while parsing") and, for the header, from the
MIME Sniffing Standard ("Parsing a MIME type") with web-platform-tests,
mimesniff/mime-types/resources/mime-types.json. GBK is called gb18030, whose decoder it has.
"""

import pytest

from skybatch.extract.reading import read
from tests.extract.pages import raw

# Encoding -> a codec of Python that agrees with it on the title, and the title.
SAMPLES = {
    "utf-8": ("utf-8", "Ζαχαροπλαστείο, кондитерская, 菓子店 🍰"),
    "ibm866": ("cp866", "Пекарня на площади: чёрный хлеб"),
    "iso-8859-2": ("iso8859-2", "Piekarnia Pod Dębem: świeże bułki i żurek"),
    "iso-8859-3": ("iso8859-3", "Ĉokolada ĝardeno: freŝaj kukoj ĉiutage"),
    "iso-8859-4": ("iso8859-4", "Rūtas maiznīca: ķimeņu klaipi"),
    "iso-8859-5": ("iso8859-5", "Пекарня на углу: свежий хлеб"),
    "iso-8859-6": ("iso8859-6", "مخبز الزيتون: خبز طازج كل صباح"),
    "iso-8859-7": ("iso8859-7", "Φούρνος της Άννας: ψωμί με 2 €"),
    "iso-8859-8": ("iso8859-8", "מאפיית שקד: לחם טרי בכל בוקר"),
    "iso-8859-8-i": ("iso8859-8", "מאפיית שקד: לחם טרי בכל בוקר"),
    "iso-8859-10": ("iso8859-10", "Sámi gáffedállu: ođđa láibi, šuvon"),
    "iso-8859-13": ("iso8859-13", "Rūta Žalioji: šviežia duona kasdien, čia"),
    "iso-8859-14": ("iso8859-14", "Siop fara Llŷn: bara ffres ac ŵyn"),
    "iso-8859-15": ("iso8859-15", "Pâtisserie du Cœur : gâteaux dès 5 €"),
    "iso-8859-16": ("iso8859-16", "Brutăria Țăran: pâine și cozonac"),
    "koi8-r": ("koi8-r", "Пекарня над рекой: тёплый хлеб"),
    "koi8-u": ("koi8-u", "Пекарня Ґудзик: їжа щодня, є свіжа паляниця"),
    "macintosh": ("mac-roman", "Bäckerei Groß: Brötchen für 2 €"),
    "windows-874": ("cp874", "ร้านขนมปังสมชาย — อบใหม่ทุกเช้า"),
    "windows-1250": ("cp1250", "Řeznictví Šťastný: čerstvé maso každý den"),
    "windows-1251": ("cp1251", "Столярная мастерская «Дуб» — двери и окна"),
    "windows-1252": ("cp1252", "Schreinerei Groß — Türen für Übergrößen"),
    "windows-1253": ("cp1253", "Φούρνος της Άννας — ζεστό ψωμί"),
    "windows-1254": ("cp1254", "Güneş Çiçekçilik — taze güller ve \u0131hlamur"),
    "windows-1255": ("cp1255", "מאפיית שקד — לחם טרי בכל בוקר"),
    "windows-1256": ("cp1256", "مخبز الزيتون — خبز طازج كل صباح"),
    "windows-1257": ("cp1257", "Rūta Žalioji — šviežia duona kasdien, čia"),
    "windows-1258": ("cp1258", "Tiê\u0323m bánh mi\u0300 Ho\u0300a Bi\u0300nh — 20.000 ₫"),
    "x-mac-cyrillic": ("mac-cyrillic", "Пекарня за углом: тёплый хлеб"),
    "gb18030": ("gb18030", "蓝天木工机械:门窗与𠮷祥家具"),
    "big5": ("big5hkscs", "藍天木工廠:成功許可嘅機械"),
    "euc-jp": ("euc_jp", "青空製作所の木工機械とﾈｼﾞ"),
    "iso-2022-jp": ("iso2022_jp", "青空製作所の木工機械"),
    "shift_jis": ("cp932", "㈱青空製作所\uff5e①木工機械の表示"),
    "euc-kr": ("cp949", "푸른하늘 목공소: 똠양꿍과 펲시"),
    "utf-16be": ("utf-16-be", "Ζαχαροπλαστείο, кондитерская, 菓子店 🍰"),
    "utf-16le": ("utf-16-le", "Ζαχαροπλαστείο, кондитерская, 菓子店 🍰"),
}
START = "<!DOCTYPE html><html><head>"
PRAGMA = '<meta http-equiv="Content-Type" content="{}">'
CYRILLIC = '<meta charset="windows-1251">'
OTHER = '<meta charset="koi8-r">'
NOT_UTF_8 = b"<!-- \xff -->"


def page(charset: str, declared: str = "", start: str = START, after: str = "") -> bytes:
    codec, title = SAMPLES[charset]
    rest = f"{after}</head><body><h1>{title}</h1><p>{title}</p></body></html>"
    return f"{start}{declared}<title>{title}</title>{rest}".encode(codec)


def titled(title: bytes) -> bytes:
    return b"<!DOCTYPE html><html><head><title>" + title + b"</title></head><body></body></html>"


def shown(body: bytes, header: str = "text/html", tld: str = "com") -> tuple[str, str | None]:
    reading = read(raw(body, content_type=header, url=f"https://www.acme.{tld}/"))
    return reading.charset, reading.facts.title


def expected(charset: str) -> tuple[str, str]:
    return charset, SAMPLES[charset][1]


def elsewhere(charset: str) -> str:
    """A country whose habit is another encoding."""
    return "com" if charset == "windows-874" else "th"


# Encoding -> all its labels.
LABELS = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "ibm866": "866 cp866 csibm866 ibm866",
    "iso-8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 "
    "iso_8859-2:1987 l2 latin2",
    "iso-8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 "
    "iso_8859-3:1988 l3 latin3",
    "iso-8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 "
    "iso_8859-4:1988 l4 latin4",
    "iso-8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 "
    "iso_8859-5 iso_8859-5:1988",
    "iso-8859-6": "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 "
    "iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987",
    "iso-8859-7": "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 "
    "iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek",
    "iso-8859-8": "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 "
    "iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual",
    "iso-8859-8-i": "csiso88598i iso-8859-8-i logical",
    "iso-8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso-8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso-8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso-8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso-8859-16": "iso-8859-16",
    "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8-u": "koi8-ru koi8-u",
    "macintosh": "csmacintosh mac macintosh x-mac-roman",
    "windows-874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "windows-1250": "cp1250 windows-1250 x-cp1250",
    "windows-1251": "cp1251 windows-1251 x-cp1251",
    "windows-1252": "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 "
    "iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
    "windows-1253": "cp1253 windows-1253 x-cp1253",
    "windows-1254": "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 "
    "iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254",
    "windows-1255": "cp1255 windows-1255 x-cp1255",
    "windows-1256": "cp1256 windows-1256 x-cp1256",
    "windows-1257": "cp1257 windows-1257 x-cp1257",
    "windows-1258": "cp1258 windows-1258 x-cp1258",
    "x-mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk "
    "gb18030",
    "big5": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc-jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "iso-2022-jp": "csiso2022jp iso-2022-jp",
    "shift_jis": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "euc-kr": "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 "
    "ksc5601 ksc_5601 windows-949",
    "utf-16be": "unicodefffe utf-16be",
    "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
}
# Labels that libraries often do not know.
_UNKNOWN = """
    ansi_x3.4-1968 cn-big5 cseuckr cseucpkdfmtjapanese csgb2312 csiso88596e csiso88596i
    csiso88598e csiso88598i csisolatin9 csksc56011987 csmacintosh csunicode dos-874 gb_2312
    iso-10646-ucs-2 iso-8859-6-e iso-8859-6-i iso-8859-8-e iso-8859-8-i iso-ir-149 iso88591
    iso885910 iso885911 iso885913 iso885914 iso885915 iso88592 iso88593 iso88594 iso88595 iso88596
    iso88597 iso88598 iso88599 iso_8859-1:1987 iso_8859-2:1987 iso_8859-3:1988 iso_8859-4:1988
    iso_8859-5:1988 iso_8859-6:1987 iso_8859-7:1987 iso_8859-8:1988 iso_8859-9:1989 koi koi8
    koi8-ru ks_c_5601-1989 ksc_5601 logical mac sun_eu_greek ucs-2 unicode unicode-1-1-utf-8
    unicode11utf8 unicode20utf8 unicodefeff unicodefffe visual windows-949 x-cp1250 x-cp1251
    x-cp1252 x-cp1253 x-cp1254 x-cp1255 x-cp1256 x-cp1257 x-cp1258 x-euc-jp x-gbk x-mac-cyrillic
    x-mac-roman x-mac-ukrainian x-unicode20utf8 x-x-big5
"""
UNKNOWN = frozenset(_UNKNOWN.split())
LABELLED = [(label, charset) for charset, labels in LABELS.items() for label in labels.split()]
KNOWN = [(label, charset) for label, charset in LABELLED if label not in UNKNOWN]


@pytest.mark.parametrize(("label", "charset"), KNOWN)
def test_a_label_in_the_header_is_known(label: str, charset: str) -> None:
    body = page(charset) + NOT_UTF_8
    assert shown(body, f"text/html; charset={label}", elsewhere(charset)) == expected(charset)


@pytest.mark.parametrize(
    ("label", "charset"), [pair for pair in KNOWN if not pair[1].startswith("utf-16")]
)
def test_a_label_in_a_meta_tag_is_known(label: str, charset: str) -> None:
    body = page(charset, f'<meta charset="{label}">') + NOT_UTF_8
    assert shown(body, tld=elsewhere(charset)) == expected(charset)


@pytest.mark.parametrize(
    "charset", [name for name in SAMPLES if name not in UNKNOWN and not name.startswith("utf-16")]
)
def test_a_page_is_shown_in_the_encoding_it_declares(charset: str) -> None:
    body = page(charset, PRAGMA.format(f"text/html; charset={charset}")) + NOT_UTF_8
    assert shown(body, tld=elsewhere(charset)) == expected(charset)


MARKED = {
    "utf-8-against-meta": ("utf-8", "text/html", OTHER),
    "utf-8-against-both": ("utf-8", "text/html; charset=utf-16le", OTHER),
    "utf-16le-alone": ("utf-16le", "text/html", ""),
    "utf-16le-against-header": ("utf-16le", "text/html; charset=utf-8", ""),
    "utf-16le-against-its-other-order": ("utf-16le", "text/html; charset=utf-16be", ""),
    "utf-16le-against-meta": ("utf-16le", "text/html", OTHER),
    "utf-16be-alone": ("utf-16be", "text/html", ""),
    "utf-16be-against-header": ("utf-16be", "text/html; charset=windows-1252", ""),
    "utf-16be-against-its-other-order": ("utf-16be", "text/html; charset=utf-16", ""),
    "utf-16be-against-meta": ("utf-16be", "text/html", '<meta charset="utf-8">'),
}


@pytest.mark.parametrize(("charset", "header", "declared"), MARKED.values(), ids=MARKED)
def test_a_byte_order_mark_wins(charset: str, header: str, declared: str) -> None:
    assert shown(page(charset, declared, start="\ufeff" + START), header) == expected(charset)


# All say windows-1251, in the header or else in the page.
HEADERS = {
    "quoted": ('text/html; charset="windows-1251"', OTHER),
    "upper-case": ("TEXT/HTML; CHARSET=WINDOWS-1251", OTHER),
    "no-space": ("text/html;charset=windows-1251", OTHER),
    "space-before-semicolon": ("text/html ;charset=windows-1251", OTHER),
    "semicolon-at-the-end": ("text/html; charset=windows-1251;", OTHER),
    "many-semicolons": ("text/html;;;;charset=windows-1251", OTHER),
    "after-another": ("text/html; version=1; charset=windows-1251", OTHER),
    "after-one-without-value": ("text/html;test;charset=windows-1251", OTHER),
    "after-one-of-a-quote": ('text/html;";charset=windows-1251', OTHER),
    "after-a-quoted-one": ('text/html; x="; charset=koi8-r"; charset=windows-1251', OTHER),
    "first-of-two": ("text/html; charset=windows-1251; charset=koi8-r", OTHER),
    "first-of-two-headers": ("text/html; charset=windows-1251, text/html", OTHER),
    "none": ("text/html", CYRILLIC),
    "unknown": ("text/html; charset=cyrillic-win", CYRILLIC),
    "nothing": ("text/html; charset=", CYRILLIC),
    "empty-quotes": ('text/html; charset=""', CYRILLIC),
    "single-quotes": ("text/html; charset='koi8-r'", CYRILLIC),
    "space-before-equals": ("text/html; charset =koi8-r", CYRILLIC),
    "braces": ("text/html; charset={koi8-r}", CYRILLIC),
    "other-parameter": ("text/html; xcharset=koi8-r", CYRILLIC),
}


@pytest.mark.parametrize(("header", "declared"), HEADERS.values(), ids=HEADERS)
def test_the_header_comes_before_the_page(header: str, declared: str) -> None:
    assert shown(page("windows-1251", declared), header) == expected("windows-1251")


# All say windows-1251.
METAS = {
    "single-quotes": "<meta charset='windows-1251'>",
    "no-quotes": "<meta charset=windows-1251>",
    "self-closing": '<meta charset="windows-1251"/>',
    "self-closing-after-space": "<meta charset=windows-1251 />",
    "upper-case": '<META CHARSET="WINDOWS-1251">',
    "spaces-in-label": '<meta charset="  windows-1251\t">',
    "spaces-around-equals": '<meta charset = "windows-1251">',
    "lines": '<meta\r\n\tcharset="windows-1251"\r\n>',
    "slash-for-space": '<meta/charset="windows-1251">',
    "attributes-before": '<meta id="m" name="x" content="y" charset="windows-1251">',
    "other-attribute-before": '<meta data-charset="koi8-r" charset="windows-1251">',
    "attribute-twice": '<meta charset="windows-1251" charset="koi8-r">',
    "pragma-in-upper-case": '<META HTTP-EQUIV="CONTENT-TYPE" CONTENT="TEXT/HTML; CHARSET=CP1251">',
    "pragma-without-quotes": "<meta http-equiv=Content-Type content=text/html;charset=cp1251>",
    "pragma-in-single-quotes": "<meta http-equiv='content-type' content='charset=windows-1251'>",
    "pragma-last": '<meta content="text/html; charset=windows-1251" http-equiv="content-type">',
    "pragma-quotes-in-quotes": PRAGMA.format("text/html; charset='windows-1251'"),
    "pragma-spaces-around-equals": PRAGMA.format("text/html; charset = windows-1251"),
    "pragma-semicolon-after": PRAGMA.format("text/html; charset=windows-1251; x=y"),
    "pragma-space-after": PRAGMA.format("text/html; charset=windows-1251 koi8-r"),
    "pragma-word-before": PRAGMA.format("charset: text/html; charset=windows-1251"),
    "pragma-within-a-word": PRAGMA.format("text/html; xcharset=windows-1251"),
    "attribute-after-pragma": '<meta http-equiv="Content-Type" '
    'content="text/html; charset=koi8-r" charset="windows-1251">',
    "attribute-before-pragma": '<meta charset="windows-1251" '
    'http-equiv="Content-Type" content="text/html; charset=koi8-r">',
    "first-of-two": CYRILLIC + OTHER,
    "first-of-two-is-pragma": PRAGMA.format("text/html; charset=windows-1251") + OTHER,
    "second-of-two-is-pragma": CYRILLIC + PRAGMA.format("text/html; charset=koi8-r"),
    "description-before": '<meta name="description" content="charset=koi8-r">' + CYRILLIC,
    "refresh-before": '<meta http-equiv="refresh" content="9; url=/?charset=koi8-r">' + CYRILLIC,
    "empty-before": '<meta charset="">' + CYRILLIC,
    "pragma-without-charset-before": PRAGMA.format("text/html; koi8-r") + CYRILLIC,
    "pragma-without-label-before": PRAGMA.format("text/html; charset=") + CYRILLIC,
    "comment-before": f"<!-- {OTHER} -->{CYRILLIC}",
    "comment-of-lines-before": f"<!--\n<body>\n{OTHER}\n-->{CYRILLIC}",
    "comment-of-dashes-before": f"<!-- a --{OTHER} -->{CYRILLIC}",
    "longer-name-before": '<metadata charset="koi8-r"></metadata>' + CYRILLIC,
    "end-tag-before": '</meta charset="koi8-r">' + CYRILLIC,
    "1500-bytes-before": f"<!--{1500 * '-'}-->{CYRILLIC}",
}


@pytest.mark.parametrize("declared", METAS.values(), ids=METAS)
def test_a_page_declares_its_encoding_in_a_meta_tag(declared: str) -> None:
    assert shown(page("windows-1251", declared)) == expected("windows-1251")


@pytest.mark.parametrize(
    "declared", [CYRILLIC, PRAGMA.format("text/html; charset=cp1251")], ids=["meta", "pragma"]
)
def test_a_meta_tag_may_follow_the_title(declared: str) -> None:
    assert shown(page("windows-1251", after=declared)) == expected("windows-1251")


@pytest.mark.parametrize("label", ["UTF-16BE", "utf-16le"])
@pytest.mark.parametrize("tag", ['<meta charset="{}">', PRAGMA], ids=["meta", "pragma"])
def test_a_meta_tag_of_utf_16_means_utf_8(tag: str, label: str) -> None:
    content = label if tag != PRAGMA else f"text/html; charset={label}"
    assert shown(page("utf-8", tag.format(content)) + NOT_UTF_8) == expected("utf-8")


# Begin of the page -> its encoding.
XML = {
    "double-quotes": ('<?xml version="1.0" encoding="windows-1251"?>' + START, "windows-1251"),
    "single-quotes": ("<?xml version='1.0' encoding='windows-1251'?>" + START, "windows-1251"),
    "spaces": ('<?xml version="1.0" encoding = "windows-1251" ?>' + START, "windows-1251"),
    "alias": ('<?xml version="1.0" encoding="sjis"?>' + START, "shift_jis"),
    "utf-16": ('<?xml version="1.0" encoding="utf-16"?>' + START, "utf-8"),
    "none": ('<?xml version="1.0"?>' + START + CYRILLIC, "windows-1251"),
}


@pytest.mark.parametrize(("start", "charset"), XML.values(), ids=XML)
def test_an_xml_declaration_speaks_where_no_meta_tag_does(start: str, charset: str) -> None:
    assert shown(page(charset, start=start) + NOT_UTF_8) == expected(charset)


# HTML Standard, table of defaults by language; here by the country that speaks it.
COUNTRIES = {
    "windows-1250": "cz sk hr",
    "windows-1251": "by bg kz kg mk rs ua xn--p1ai",
    "windows-1252": "com at es fi fr it nl pt se uk",
    "windows-1254": "tr",
    "windows-1255": "il",
    "windows-1256": "ae eg ir sa",
    "windows-1257": "ee lt lv",
    "windows-1258": "vn",
    "windows-874": "th",
    "iso-8859-2": "hu si",
    "iso-8859-7": "gr",
    "shift_jis": "jp",
    "euc-kr": "kr co.kr",
    "gb18030": "cn com.cn",
    "big5": "tw com.tw hk",
}
SILENT = [(tld, charset) for charset, tlds in COUNTRIES.items() for tld in tlds.split()]


@pytest.mark.parametrize(("tld", "charset"), SILENT)
def test_a_page_that_declares_nothing_is_read_by_its_country(tld: str, charset: str) -> None:
    assert shown(page(charset), tld=tld) == expected(charset)


@pytest.mark.parametrize(
    ("header", "declared"),
    [
        ("text/html; charset=windows-1251", ""),
        ("text/html", CYRILLIC),
        ("text/html; charset=none", CYRILLIC),
    ],
    ids=["header", "meta", "meta-after-unknown-header"],
)
@pytest.mark.parametrize("tld", ["jp", "kr", "tw", "gr"])
def test_what_is_declared_comes_before_the_country(header: str, declared: str, tld: str) -> None:
    assert shown(page("windows-1251", declared), header, tld) == expected("windows-1251")


@pytest.mark.parametrize("declared", ['<meta charset="none">', '<meta charset="">', ""])
def test_an_unknown_label_is_none(declared: str) -> None:
    body = page("shift_jis", declared)
    assert shown(body, "text/html; charset=japanese", "co.jp") == expected("shift_jis")


# Encoding in the header, the bytes of a title, and what a browser shows.
TITLES = {
    "sjis-backslash": ("shift_jis", b"C:\\\x95\\~", "C:\\表~"),
    "sjis-half-width": ("shift_jis", b"\xb1\xb2", "ｱｲ"),
    "sjis-of-a-company": ("shift_jis", b"\x87\x8a\xfb\xfc\x81\x60", "㈱髙\uff5e"),
    "sjis-private": ("shift_jis", b"\xf0\x40", "\ue000"),
    "sjis-cut": ("shift_jis", b"\x93\x8c\x8b", "東\ufffd"),
    "euc-jp-half-width": ("euc-jp", b"\x8e\xb1\x8e\xb2", "ｱｲ"),
    "euc-jp-jis-x-0212": ("euc-jp", b"\x8f\xb0\xa1", "丂"),
    "euc-jp-cut": ("euc-jp", b"\xc5\xec\xb5", "東\ufffd"),
    "iso-2022-jp-roman": ("iso-2022-jp", b"\x1b(J\\500~\x1b(B~", "¥500\u203e~"),
    "iso-2022-jp-of-1978": ("iso-2022-jp", b"\x1b$@El\x1b(B", "東"),
    "euc-kr-extended": ("euc-kr", b"\x8c\x63", "똠"),
    "euc-kr-cut": ("euc-kr", b"\xb0\xa1\xb0", "가\ufffd"),
    "gbk-euro": ("gb2312", b"5 \x80", "5 €"),
    "gbk-cut": ("gb2312", b"\xc4\xe3\xba", "你\ufffd"),
    "gb18030-four-bytes": ("gb18030", b"\x95\x34\xb2\x35", "𠮷"),
    "gb18030-cut": ("gb18030", b"\xc4\xe3\x81\x30", "你\ufffd0"),
    "big5-backslash": ("big5", b"\xb3\x5c\xa5\x5c", "許功"),
    "big5-cut": ("big5", b"\xa7\x41\xa6", "你\ufffd"),
    "windows-1253-undefined": ("windows-1253", b"a\xaab", "a\ufffdb"),
    "windows-874-undefined": ("windows-874", b"a\xdbb", "a\ufffdb"),
    "utf-8-cut": ("utf-8", b"a\xe6\x9d", "a\ufffd"),
    "utf-8-cut-in-the-middle": ("utf-8", b"a\xf0\x9f\x8db", "a\ufffdb"),
    "utf-8-overlong": ("utf-8", b"\xc0\xafb", "\ufffd\ufffdb"),
    "utf-8-surrogate": ("utf-8", b"\xed\xa0\x80b", "\ufffd\ufffd\ufffdb"),
    "utf-8-beyond-unicode": ("utf-8", b"\xf4\x90\x80\x80b", "\ufffd\ufffd\ufffd\ufffdb"),
}


@pytest.mark.parametrize(("label", "title", "text"), TITLES.values(), ids=TITLES)
def test_bytes_are_read_as_the_standard_reads_them(label: str, title: bytes, text: str) -> None:
    charset = "gb18030" if label == "gb2312" else label
    assert shown(titled(title), f"text/html; charset={label}") == (charset, text)


# Cases in which codecs and libraries differ from the standards. Not among them: 203 characters of
# Big5 that Python does not know (b"\x87\xb6" is one), which are U+FFFD.
# Encoding Standard, the decoders and their indexes.
DIFFERENT_TITLES = {
    "euc-jp-of-a-company": ("euc-jp", b"\xad\xea", "㈱"),
    "euc-jp-of-a-name": ("euc-jp", b"\xfc\xe2", "髙"),
    "euc-jp-number": ("euc-jp", b"\xad\xa1", "①"),
    "euc-jp-wave-dash": ("euc-jp", b"\xa1\xc1", "\uff5e"),
    "euc-jp-minus": ("euc-jp", b"\xa1\xdd", "\uff0d"),
    "iso-2022-jp-of-a-company": ("iso-2022-jp", b"\x1b$B-j\x1b(B", "㈱"),
    "iso-2022-jp-of-a-name": ("iso-2022-jp", b"\x1b$B|b\x1b(B", "髙"),
    "iso-2022-jp-wave-dash": ("iso-2022-jp", b"\x1b$B!A\x1b(B", "\uff5e"),
    "iso-2022-jp-half-width": ("iso-2022-jp", b"\x1b(I12\x1b(B", "ｱｲ"),
    "gb18030-wide-space": ("gb18030", b"\xc4\xe3\xa3\xa0\xc4\xe3", "你 你"),  # U+3000, squeezed
    "gb18030-pinyin": ("gb18030", b"\xa8\xbc", "\u1e3f"),
    "gb18030-vertical-comma": ("gb18030", b"\xa6\xd9", "\ufe10"),
    "windows-1252-c1": ("windows-1252", b"a\x81b", "a\x81b"),
    "windows-1251-c1": ("windows-1251", b"a\x98b", "a\x98b"),
    "windows-1255-point": ("windows-1255", b"\xe5\xca", "\u05d5\u05ba"),
    "koi8-u-belarusian": ("koi8-u", b"\xae\xbe", "ўЎ"),
    "x-user-defined": ("x-user-defined", b"a\xe9", "a\uf7e9"),
}
# Encoding Standard, "Names and labels"; those of UTF-16 in a meta tag mean UTF-8 (HTML Standard).
DANGEROUS = "replacement csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr"
UTF_16 = "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff unicodefffe"
# MIME Sniffing Standard, "Parsing a MIME type"; Fetch Standard, "Extract a MIME type".
DIFFERENT_HEADERS = {
    "header-text-after-quotes": ('text/html;charset="windows-1251"x', OTHER),
    "header-quote-not-closed": ('text/html;charset="windows-1251', OTHER),
    "header-space-before": ("text/html; charset= windows-1251", OTHER),
    "header-space-before-in-quotes": ('text/html; charset=" windows-1251"', OTHER),
    "header-space-after-in-quotes": ('text/html; charset="windows-1251 "', OTHER),
    "header-escaped": (r'text/html; charset="\windows-1251"', OTHER),
    "header-unknown-before": ("text/html; charset=(); charset=koi8-r", CYRILLIC),
    "header-last-of-two": ("text/html; charset=koi8-r, text/html; charset=windows-1251", OTHER),
}
# HTML Standard, "Prescan a byte stream to determine its encoding".
DIFFERENT_METAS = {
    "unknown-before": '<meta charset="cyrillic-win">' + CYRILLIC,
    "pragma-of-unknown-before": PRAGMA.format("text/html; charset=none") + CYRILLIC,
    "pragma-quote-not-closed-before": PRAGMA.format("text/html; charset='koi8-r") + CYRILLIC,
    "pragma-misspelt-before": '<meta httpequiv="content-type" '
    'content="text/html; charset=koi8-r">' + CYRILLIC,
    "pragma-of-another-name-before": '<meta http-equiv="x-content-type" '
    'content="text/html; charset=koi8-r">' + CYRILLIC,
    "attribute-of-more-than-a-label-before": '<meta charset="koi8-r;">' + CYRILLIC,
    "attribute-ending-in-slash-before": "<meta charset=koi8-r/>" + CYRILLIC,
    "shortest-comment-before": f"<!-->{CYRILLIC}<!-- -->",
    "short-comment-before": f"<!--->{CYRILLIC}<!-- -->",
    "space-in-tag-before": '< meta charset="koi8-r">' + CYRILLIC,
    "within-an-attribute-before": f"<link title='{OTHER}'>{CYRILLIC}",
    "word-of-body-before": f"<script>var tag = '<body>';</script>{CYRILLIC}",
    "5000-bytes-before": f"<style>{5000 * ' '}</style>{CYRILLIC}",
}
DIFFERENT_PAGES = {
    "meta-in-the-body": (page("windows-1251", after=f"</head><body>{CYRILLIC}"), "windows-1251"),
    "meta-without-a-head": (page("windows-1251", start=f"<body>{CYRILLIC}"), "windows-1251"),
    # HTML Standard, "get an XML encoding".
    "xml-before-meta": (
        page("windows-1251", CYRILLIC, start='<?xml version="1.0" encoding="koi8-r"?>' + START),
        "windows-1251",
    ),
    "xml-not-at-the-begin": (
        page("windows-1252", start='\n<?xml version="1.0" encoding="koi8-r"?>' + START),
        "windows-1252",
    ),
    "xml-space-in-label": (
        page("windows-1252", start='<?xml version="1.0" encoding=" koi8-r"?>' + START),
        "windows-1252",
    ),
}
# Body, Content-Type, top-level domain, encoding, title.
DIFFERENCES = [
    *(
        pytest.param(titled(title), f"text/html; charset={charset}", "com", charset, text, id=name)
        for name, (charset, title, text) in DIFFERENT_TITLES.items()
    ),
    *(
        pytest.param(
            page(charset) + NOT_UTF_8,
            f"text/html; charset={label}",
            elsewhere(charset),
            *expected(charset),
            id=f"header-{label}",
        )
        for label, charset in LABELLED
        if label in UNKNOWN
    ),
    *(
        pytest.param(
            page(charset, f'<meta charset="{label}">') + NOT_UTF_8,
            "text/html",
            elsewhere(charset),
            *expected(charset),
            id=f"meta-{label}",
        )
        for label, charset in LABELLED
        if label in UNKNOWN and ":" not in label and not charset.startswith("utf-16")
    ),
    *(
        pytest.param(
            titled(b"Hello"), f"text/html; charset={label}", "com", "replacement", None, id=label
        )
        for label in DANGEROUS.split()
    ),
    *(
        pytest.param(
            page("utf-8", f'<meta charset="{label}">') + NOT_UTF_8,
            "text/html",
            "com",
            *expected("utf-8"),
            id=f"meta-{label}",
        )
        for label in UTF_16.split()
    ),
    pytest.param(
        page("windows-1252", '<meta charset="x-user-defined">'),
        "text/html",
        "th",
        *expected("windows-1252"),
        id="meta-x-user-defined",
    ),
    *(
        pytest.param(
            page("windows-1251", declared), header, "com", *expected("windows-1251"), id=name
        )
        for name, (header, declared) in DIFFERENT_HEADERS.items()
    ),
    *(
        pytest.param(
            page("windows-1251", declared), "text/html", "com", *expected("windows-1251"), id=name
        )
        for name, declared in DIFFERENT_METAS.items()
    ),
    *(
        pytest.param(body, "text/html", "com", *expected(charset), id=name)
        for name, (body, charset) in DIFFERENT_PAGES.items()
    ),
]


@pytest.mark.parametrize(("body", "header", "tld", "charset", "title"), DIFFERENCES)
def test_what_others_read_otherwise(body, header, tld, charset, title):
    assert shown(body, header, tld) == (charset, title)
