"""Telephone numbers in the text of a page: runs of digits that a label calls one, or that are
written as only telephone numbers are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from skybatch.extract.contacts import CONFIDENCE
from skybatch.extract.dialling import e164, is_grouped, is_valid
from skybatch.extract.lettering import is_beyond_latin
from skybatch.model.facts import Place

_MAX_RUNS = 500  # runs of digits that are looked at
_MAX_NUMBERS = 40
_MAX_ENDINGS = 5  # after one number
_SHORTEST = 6  # characters of a number
_NEARBY = 40  # characters before a number in which its label is looked for
_UNLABELLED = 0.6  # confidence of a number that only its form shows to be one

_DASHES = "\u2010-\u2015-"
_PUNCTUATION = " ()/.-\u2010\u2011\u2012\u2013\u2014\u2015"
_RUN = re.compile(rf"[0-9+(][0-9{re.escape(_PUNCTUATION)}]{{5,40}}+")
# A run has no other characters than these and dashes, which are not of Latin-1 and become `?`; to
# find so many of them in a row takes a fifth of what the expression takes.
_OF_RUNS = b"0123456789+?" + _PUNCTUATION.encode("ascii", "ignore")
_KINDS = bytes(ord("0" if byte in _OF_RUNS else "x") for byte in range(256))
_IN_A_ROW = b"0" * _SHORTEST
# Digits and brackets of other keyboards (Unicode blocks 0600 and FF00).
_FOREIGN = re.compile("[\u0660-\u0669\u06f0-\u06f9\uff08\uff09\uff0b\uff0d]")
_PLAIN = {0xFF08: "(", 0xFF09: ")", 0xFF0B: "+", 0xFF0D: "-"} | {
    zero + digit: str(digit) for zero in (0x660, 0x6F0) for digit in range(10)
}
_SPLIT = re.compile(rf" ?/ ?| [{_DASHES}] |(?<=.) ?(?=[(+])")  # between two numbers
_POSTCODE = re.compile(r"\d{4,5}(?:-\d{4})? +(?=\(?\d{2})")
_AREA = re.compile(r"\(\d{1,5}\)")

# Beginnings of words, so that "telefon" and "telephone" need one entry.
_LABEL = re.compile(
    r"\b(?:tel|tél|phone|fon|fax|faks|fakkel|mob|móv|mov|cel|call|handy|tlf|ruf|gsm|kom|whats|wa\b|"
    r"signal|hotline|linea|línea|línia|infolin|numero verde|fijo|fixo|sac\b|dirett|centralino|"
    r"standard|durchwahl|zentrale|notruf|spoed|bel\b|ring\b|puh|sentralbord|växel|ligne|portable|"
    r"ddi\b|appel|anruf|zavol|ligue|llám|llam|chiam|zadzwo|dzwo|soita|"
    r"тел|факс|моб|гаряча|звон|τηλ|κιν|φαξ|טל|נייד|פקס|(?<![\w.])[tmpf][.:] ?$|(?<![\w.])[tf] ?$)"
    r"|telefon|電話|电话|전화|手机|手機|携帯|热线|熱線|フリーダイヤル|ファ[クッ]|传真|傳真|팩스|고객센터|هاتف|جوال"
    r"|الرقم|فاكس"
)
_FAX = re.compile(
    r"fax|faks|t[eé]l[eé]cop|факс|φαξ|פקס|传真|傳真|팩스|ファ[クッ]|فاكس|(?<![\w.])f[.:]? ?$"
)
_BOTH = re.compile(
    r"(?:tel|tél|phone|fon)\w{0,6}\.? ?(?:[/&+]| (?:u\.|und|and|et|y|e)) ?(?:t[eé]l[eé])?fa(?:x|ks)"
)
_SOMETHING_ELSE = re.compile(
    r"\b(?:p\.? ?iva|c\.? ?f\.|cod\.? fisc|nif\b|cif\b|cnpj|kvk|nip\b|regon|ičo|dič|org\.? ?n|"
    r"инн|огрн|ust|vat|iban|bic|tax|hrb|isbn|steuer|siret|siren|datum|date|order n|bestelln|"
    r"kundenn|format|kbo|bce|btw|tva|ondernemings|entreprise|nipc|contribuinte|αφμ|vergi|окпо)"
)
# As above, of a number that nothing calls one to dial.
_FILED = re.compile(
    r"nummer|number|numéro|número|konto|serial|patent|licen[sc]e|catalog|code|código|code|"
    r"\b(?:order\b|account|acct?\b|rek\b|ref\b|réf|арт\b|ean\b|upc|krs\b|cvr\b|rm\b|rna\b|no\.?|nr\.?|"
    r"n[º°]|#|id\b|sku\b|art\b|model|serie|parts?\b|p/n|case\b|ticket|version|bsb|årstal|značka|kat\b)"
)
# Dates, years and hours, which stand for nothing to dial.
_TIME = re.compile(
    rf"(?<![\d.])(?:\d{{1,2}}[./-] ?\d{{1,2}}[./-] ?(?:19|20)\d\d|(?:19|20)\d\d[./-]\d\d?[./-]\d\d?"
    rf"|\d{{1,2}}\.\d{{1,2}}\.\d\d(?![.\d ])"
    rf"|(?:19|20)\d\d ?[/{_DASHES}] ?(?:19|20)\d\d"
    rf"|[0-2]?\d[.:][0-5]\d ?[{_DASHES}] ?[0-2]?\d[.:][0-5]\d)(?!\d)"
)
_MONEY = re.compile(
    r" ?(?:[€$£₽₴円원%元]|zł|kč|kr\b|chf|eur|usd|руб|грн)"  # noqa: RUF001
    r"|[,.]\d|,[-\u2013]"
)
_SIGNS_OF_MONEY = tuple("€$£₽₴円元#")
# A word right behind it says what is counted, unless it begins another contact.
_COUNTED = re.compile(r" (?!fax|faks|t[ée]l|mob|e?-?mail|or\b|oder\b|ou\b|und\b|ext)[^\W\d_]{2,}")
_NATIONAL = re.compile(rf"0\d{{1,4}}(?:[ /.{_DASHES}]+\d{{2,4}}){{2,}}")
_BRACKETED = re.compile(r"\d? ?\(\d{2,5}\) ?\d")

# What stands between two numbers that share a label: not much.
_AND = "oder|or|ou|und|and|et|e|y|o|i|a|og|och|of|en|ve|или|и|та"
_BETWEEN = re.compile(rf"[\s,;/|()]*(?:\b(?:{_AND})\b)?[\s,;/|(]*")
# Of another number only the end may be written: "47 10 - 211, Fax: -299", "33 ou 34", "4567/68".
_SAID = r"(?P<said>[ ,;|]*(?:[^\W\d_]{2,30}[.:]{0,2} )?)"
_NOT_MORE = rf"(?![\d%]|[.:,/{_DASHES}] ?\d| ?(?:\d|€|uhr|h\b))"
_ENDING = re.compile(
    rf"{_SAID}(?:(?:(?:(?<=[ |:;,])|[.\u2026]+)[{_DASHES}]|(?<=\d)/)"
    rf"(?P<dashed>\d{{1,4}}){_NOT_MORE}"
    rf"|\b(?:ou|oder|or|et|und|e|y|i|o) (?P<joined>\d{{1,4}}){_NOT_MORE}"
    rf"(?! ?(?!fax|faks|t[ée]l|e?-?mail)[^\W\d_]))"
)
_LAST_GROUP = re.compile(r"\d+$")
_EMERGENCY = frozenset({"110", "112", "911", "999", "000", "118", "15", "17", "18", "061", "091"})
_EXTENSION = re.compile(r" (?:dw|durchwahl|klappe)\b[.:]? ?(\d{1,4})\b")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A number of the text, in E.164."""

    value: str
    confidence: float
    end: int  # where it ends in the text
    is_fax: bool = False


def spoken(text: str, region: str | None) -> Iterator[Spoken]:
    """The numbers of a lower-case text, in its order; what takes calls and faxes comes twice."""
    if is_beyond_latin(text) and _FOREIGN.search(text):
        text = text.translate(_PLAIN)
    return islice(_spoken(text, region), _MAX_NUMBERS)


def _spoken(text: str, region: str | None) -> Iterator[Spoken]:
    said_until, said = 0, ""  # where the last number that had a label ends, and that label
    for start, end, number in _numbers(text, region):
        before = re.split(r"\d", text[max(0, start - _NEARBY) : start])[-1]
        if said and not _is_labelled(before) and _BETWEEN.fullmatch(text, said_until, start):
            before = said  # the second of two
        is_labelled = _is_labelled(before)
        if not is_labelled and not _looks_dialled(number, before, text, end, region):
            continue
        extension = _EXTENSION.match(text, end)
        value = e164(number + (extension[1] if extension else ""), region)
        if value is None:
            continue
        confidence = CONFIDENCE[Place.TEXT] if is_labelled else _UNLABELLED
        is_fax = _FAX.search(before) is not None
        yield Spoken(value, confidence, end, is_fax)
        if is_fax and _BOTH.search(before):
            yield Spoken(value, confidence, end)
        if is_labelled:
            said_until, said = end, before
        yield from _endings(text, end, value, is_fax=is_fax)


def _numbers(text: str, region: str | None) -> Iterator[tuple[int, int, str]]:
    """Where runs of digits begin and end that may be a number each, and the number."""
    for start, run in islice(_runs(text), _MAX_RUNS):
        if run.rfind("(") > run.rfind(")"):
            run = run[: run.rfind("(")]
        run = run.rstrip(_PUNCTUATION)
        if len(run) < _SHORTEST:
            continue
        end = start + len(run)
        is_part = text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()
        if is_part:
            continue
        is_one = not (_POSTCODE.match(run) or _SPLIT.search(run)) or e164(run, region)
        yield from [(start, end, run)] if is_one else _split(run, start, region)


def _runs(text: str) -> Iterator[tuple[int, str]]:
    """Runs of digits and where they begin, without the dates and hours in them."""
    for first, last in _stretches(text):
        for match in _RUN.finditer(text, first, last):
            start, position = match.start(), 0
            for time in _TIME.finditer(match[0]):
                yield start + position, match[0][position : time.start()]
                position = time.end()
            yield start + position, match[0][position:]


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Where so many characters in a row begin and end that a run may be made of them."""
    kinds = text.encode("latin-1", "replace").translate(_KINDS)
    start = kinds.find(_IN_A_ROW)
    while start >= 0:
        end = kinds.find(b"x", start)
        end = len(kinds) if end < 0 else end
        yield start, end
        start = kinds.find(_IN_A_ROW, end)


def _split(run: str, start: int, region: str | None) -> Iterator[tuple[int, int, str]]:
    """Of a run that is no number, its pieces; the area code may stand before the first alone."""
    area = _AREA.match(run)
    position = 0
    while position < len(run):
        found = _SPLIT.search(run, position + 1)
        end = found.start() if found else len(run)
        piece = run[position:end]
        if (code := _POSTCODE.match(piece)) and not e164(piece, region):
            position += code.end()  # the last of an address, and then its telephone
            piece = run[position:end]
        if sum(map(str.isdigit, piece)) > 5:
            if area and position and not piece.startswith(("(", "+", "0")):
                piece = f"{area[0]} {piece}"
            yield start + position, start + end, piece
        position = found.end() if found else end


def _looks_dialled(number: str, before: str, text: str, end: int, region: str | None) -> bool:
    """Whether it is written as only telephone numbers are."""
    if _SOMETHING_ELSE.search(before):
        return False
    if number.startswith(("+", "(+")):
        return True
    is_money = _MONEY.match(text, end) or before.rstrip().endswith(_SIGNS_OF_MONEY)
    if is_money or _FILED.search(before):
        return False
    if _NATIONAL.fullmatch(number) or _BRACKETED.match(number):
        return True
    return is_grouped(number, region) and not _COUNTED.match(text, end)


def _is_labelled(before: str) -> bool:
    """Whether the words before a number call it one to dial, and not to file."""
    label = _LABEL.search(before)
    return label is not None and not _SOMETHING_ELSE.search(before, label.end())


def _is_ending(before: str, digits: str) -> bool:
    """Whether so few digits can stand for a number: as many as the last group of the one before."""
    last = _LAST_GROUP.search(before[-20:])
    return (
        last is not None and len(digits) <= len(last[0]) and (len(digits) > 1 or len(last[0]) > 3)
    )


def _endings(text: str, end: int, value: str, *, is_fax: bool) -> Iterator[Spoken]:
    """The numbers of which only the end is written, after a whole one."""
    for _ in range(_MAX_ENDINGS):
        found = _ENDING.match(text, end)
        if found is None:
            return
        said = found["said"]
        if _SOMETHING_ELSE.search(said) or _FILED.search(said):
            return
        if _LABEL.search(said):
            is_fax = _FAX.search(said) is not None
        digits = found["dashed"] or found["joined"]
        other = value[: -len(digits)] + digits
        if digits not in _EMERGENCY and _is_ending(text[:end], digits) and is_valid(other):
            yield Spoken(other, CONFIDENCE[Place.TEXT], found.end(), is_fax)
        end = found.end()
