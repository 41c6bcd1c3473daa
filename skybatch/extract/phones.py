"""Telephone and fax numbers of a page: links, structured data, and text near a label."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote

import phonenumbers

from skybatch.extract.contacts import CONFIDENCE
from skybatch.extract.document import Document
from skybatch.extract.structured import Structured
from skybatch.model.facts import Phone, Place

# Parsing a number takes 25 us, and the finder of the library up to a second a page.
_MAX_CANDIDATES = 40
_MAX_RUNS = 500  # runs of digits that are looked at
_NEARBY = 40  # characters before a number in which its label is looked for
# As only telephone numbers are written: a trunk prefix, an area, and two pieces more.
_NATIONAL = re.compile(r"\(?0\d{1,4}\)?[ /.-]+\d{2,4}[ .-]+\d{2,4}(?:[ .-]+\d{2,4})*$")
# What stands between two numbers that share a label: not much.
_BETWEEN = re.compile(
    r"[\s,;/|()]*(?:\b(?:oder|or|ou|und|and|et|e|y|o|i|a|og|och|of|en|ve|und|или|и|та)\b)?[\s,;/|(]*"
)
_UNLABELLED = 0.6  # confidence of a number that only its `+` shows to be one

_PUNCTUATION = " ()/.-\u2010\u2011\u2012\u2013\u2014\u2015"
_RUN = re.compile(rf"[0-9+][0-9{re.escape(_PUNCTUATION)}]{{5,30}}+")
# Beginnings of words, so that "telefon" and "telephone" need one entry.
_LABEL = re.compile(
    r"\b(?:tel|tél|phone|fon|fax|faks|fakkel|mob|móv|mov|cel|call|handy|tlf|ruf|gsm|kom|whats|wa\b|"
    r"signal|hotline|linea|línea|línia|infolin|numero verde|fijo|fixo|sac\b|dirett|centralino|"
    r"standard|durchwahl|zentrale|notruf|spoed|bel\b|ring\b|puh|sentralbord|växel|ligne|portable|"
    r"тел|факс|моб|гаряча|звон|τηλ|κιν|φαξ|טל|נייד|פקס|(?<![\w.])[tmpf][.:] ?$|(?<![\w.])[tf] ?$)"
    r"|電話|电话|전화|手机|手機|携帯|热线|熱線|フリーダイヤル|ファ[クッ]|传真|傳真|팩스|고객센터|هاتف|جوال|الرقم|فاكس"
)
_FAX = re.compile(r"fax|faks|факс|φαξ|פקס|传真|傳真|팩스|ファ[クッ]|فاكس|(?<![\w.])f[.:]? ?$")
_BOTH = re.compile(r"(?:tel|phone|fon)\w{0,6}\.? ?(?:[/&+]| (?:u\.|und|and|et|y|e)) ?(?:tele)?fax")
_SOMETHING_ELSE = re.compile(
    r"\b(?:p\.? ?iva|c\.? ?f\.|cod\.? fisc|nif\b|cif\b|cnpj|kvk|nip\b|regon|ičo|dič|org\.? ?n|"
    r"инн|огрн|ust|vat|iban|bic|tax|hrb|isbn|steuer|siret|siren|datum|date|order n|bestelln|"
    r"kundenn)"
)
_WHATSAPP = re.compile(
    r"(?:wa\.me/|whatsapp\.com/send/?\?(?:[^#]*&)?phone=)(?:\+|%2B)?(\d{7,15})", re.IGNORECASE
)
_DATE = re.compile(r"\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}")
_HOURS = re.compile(r"[0-2]\d[.:][0-5]\d ?[-\u2010-\u2015] ?[0-2]\d[.:][0-5]\d")
_YEARS = re.compile(r"(?:19|20)\d\d ?[/\u2010-\u2015-] ?(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: str
    place: Place
    confidence: float
    is_fax: bool = False


def find(
    document: Document, structured: Structured, region: str | None
) -> tuple[tuple[Phone, ...], tuple[Phone, ...]]:
    """Distinct phone numbers and fax numbers in E.164, those of the best places first.

    A number that the text calls a fax is one, also where it is a `tel:` link; one that the text
    shows as both is both.
    """
    phones: dict[str, Phone] = {}
    faxes: dict[str, Phone] = {}
    spoken: set[str] = set()  # numbers that the text shows without calling them a fax
    for candidate in _candidates(document, structured):
        value = e164(candidate.text, region)
        if value is None:
            continue
        phone = Phone(value, candidate.place, candidate.confidence)
        (faxes if candidate.is_fax else phones).setdefault(value, phone)
        if candidate.place is Place.TEXT and not candidate.is_fax:
            spoken.add(value)
    kept = (phone for phone in phones.values() if phone.value not in faxes or phone.value in spoken)
    return tuple(kept), tuple(faxes.values())


def e164(text: str, region: str | None) -> str | None:
    """The number in E.164 form (`+49301234567`), `None` if there can be no such number."""
    if region is None and text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _candidates(document: Document, structured: Structured) -> list[_Candidate]:
    """What may be numbers, the best places first, each text once."""
    found: dict[tuple[str, bool], _Candidate] = {}
    sources = (
        _linked(document),
        _stated(structured),
        _on_whatsapp(document),
        _spoken(document.text),
    )
    for source in sources:
        for candidate in source:
            found.setdefault((candidate.text, candidate.is_fax), candidate)
            if len(found) == _MAX_CANDIDATES:
                return list(found.values())
    return list(found.values())


def _on_whatsapp(document: Document) -> Iterator[_Candidate]:
    """Numbers in links to a chat (https://faq.whatsapp.com/5913398998672934)."""
    if "wa.me/" not in document.html and "whatsapp.com/send" not in document.html:
        return
    for _, attributes, _ in document.leads:
        if found := _WHATSAPP.search(attributes.get("href") or ""):
            yield _Candidate(f"+{found[1]}", Place.TEL, CONFIDENCE[Place.TEL])


def _linked(document: Document) -> Iterator[_Candidate]:
    """Numbers of `tel:` links (RFC 3966) and their older kin."""
    for scheme, rest in document.actions:
        if scheme in ("tel", "callto", "fax"):
            number = unquote(re.split("[;?]", rest, maxsplit=1)[0]).strip(" /")
            yield _Candidate(number, Place.TEL, CONFIDENCE[Place.TEL], scheme == "fax")


def _stated(structured: Structured) -> Iterator[_Candidate]:
    for number, place in structured.phones:
        yield _Candidate(number, place, CONFIDENCE[place])
    for number, place in structured.faxes:
        yield _Candidate(number, place, CONFIDENCE[place], is_fax=True)


def _spoken(text: str) -> Iterator[_Candidate]:
    """Runs of digits in a lower-case text that follow a label, or begin with `+`."""
    said_until, said_fax = 0, False  # where the last number that had a label ends
    for match in islice(_RUN.finditer(text), _MAX_RUNS):
        number = match.group().rstrip(_PUNCTUATION)
        start = match.start()
        end = start + len(number)
        is_part = text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()
        if is_part or _DATE.fullmatch(number) or _YEARS.fullmatch(number) or _HOURS.match(number):
            continue
        before = re.split(r"\d", text[max(0, start - _NEARBY) : start])[-1]
        is_labelled, is_fax = _is_labelled(before), _is_fax(before)
        if not is_labelled and said_until and _BETWEEN.fullmatch(text, said_until, start):
            is_labelled, is_fax = True, said_fax  # the second of two
        if is_labelled:
            said_until, said_fax = end, is_fax
        looks_like = _NATIONAL.match(number) and not _SOMETHING_ELSE.search(before)
        if is_labelled or number.startswith("+") or looks_like:
            confidence = CONFIDENCE[Place.TEXT] if is_labelled else _UNLABELLED
            yield _Candidate(number, Place.TEXT, confidence, is_fax)


def _is_labelled(before: str) -> bool:
    """Whether the words before a number call it one to dial, and not to file."""
    label = _LABEL.search(before)
    return label is not None and not _SOMETHING_ELSE.search(before, label.end())


def _is_fax(before: str) -> bool:
    """Whether the words before a number call it a fax, and nothing else."""
    return _FAX.search(before) is not None and _BOTH.search(before) is None
