"""Telephone and fax numbers of a page: links, structured data, embedded data, and text."""

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import replace
from itertools import islice
from typing import TypeAlias
from urllib.parse import unquote

from skybatch.extract.contacts import CONFIDENCE
from skybatch.extract.dialling import country_of, e164
from skybatch.extract.document import Document
from skybatch.extract.embedded import Named
from skybatch.extract.others import NOBODY, OF_OTHERS, Others
from skybatch.extract.spoken import spoken
from skybatch.extract.structured import Structured
from skybatch.model.facts import Phone, Place

_MAX_CHAT = 300  # characters of a link
_MAX_WRITTEN = 40  # parsing a number takes 25 us
_WHATSAPP = re.compile(
    r"(?:wa\.me/|whatsapp\.com/send/?\?(?:[^#]*&)?phone=)(?:\+|%2B)?(\d{7,15})", re.IGNORECASE
)
# Names of members of embedded data.
_NAME = re.compile(
    r"(?:[a-z]+_)?(?:(?:tele)?(?:phone|fax)(?:_?number)?|tel|telefono?|mobile(?:_?phone)?|ddi|whatsapp)"
)
_BARE = re.compile(r"\d{10,15}")  # as WhatsApp wants them: without a plus
_Written: TypeAlias = tuple[str, Place, bool]  # a number as written, where, whether it is a fax


def find(
    document: Document,
    structured: Structured,
    region: str | None,
    embedded: Iterable[Named] = (),
    others: Others = NOBODY,
) -> tuple[tuple[Phone, ...], tuple[Phone, ...]]:
    """Distinct phone numbers and fax numbers in E.164, those of the best places first.

    A number that the text calls a fax is one, also where it is a `tel:` link; one that the text
    shows as both is both. Without a `region`, numbers are those of the country of the ones that
    have a prefix, if they are of one.
    """
    phones: dict[str, Phone] = {}
    faxes: dict[str, Phone] = {}
    called: set[str] = set()  # numbers that the text shows without calling them a fax
    of_others: set[str] = set()
    own: set[str] = set()  # those that it does not say to be of others
    written = list(islice(dict.fromkeys(_written(document, structured, embedded)), _MAX_WRITTEN))
    if region is None:
        countries = {country for text, _, _ in written if (country := country_of(text))}
        region = countries.pop() if len(countries) == 1 else None
    for text, place, is_fax in written:
        if value := e164(text, region):
            held = faxes if is_fax else phones
            held.setdefault(value, Phone(value, place, CONFIDENCE[place]))
    for number in spoken(document.text, region):
        held = faxes if number.is_fax else phones
        held.setdefault(number.value, Phone(number.value, Place.TEXT, number.confidence))
        if not number.is_fax:
            called.add(number.value)
        (of_others if others.name(number.end - 1) else own).add(number.value)
    of_others -= own
    kept = (phone for phone in phones.values() if phone.value not in faxes or phone.value in called)
    return _ranked(kept, of_others), _ranked(faxes.values(), of_others)


def _ranked(found: Iterable[Phone], of_others: Set[str]) -> tuple[Phone, ...]:
    """With the confidence that numbers of others deserve."""
    return tuple(
        replace(phone, confidence=OF_OTHERS) if phone.value in of_others else phone
        for phone in found
    )


def _written(
    document: Document, structured: Structured, embedded: Iterable[Named]
) -> Iterator[_Written]:
    yield from _linked(document)
    yield from ((number, place, False) for number, place in structured.phones)
    yield from ((number, place, True) for number, place in structured.faxes)
    yield from _on_whatsapp(document)
    for name, value in embedded:
        if name and _NAME.fullmatch(name):
            is_bare = name.endswith("whatsapp") and _BARE.fullmatch(value)
            yield f"+{value}" if is_bare else value, Place.TEXT, "fax" in name


def _on_whatsapp(document: Document) -> Iterator[_Written]:
    """Numbers in links to a chat (https://faq.whatsapp.com/5913398998672934)."""
    has_one = document.mentions("wa.me") or document.mentions("whatsapp.com")
    for reference in document.references if has_one else ():
        if found := _WHATSAPP.search(reference[:_MAX_CHAT]):
            yield f"+{found[1]}", Place.TEL, False


def _linked(document: Document) -> Iterator[_Written]:
    """Numbers of `tel:` links (RFC 3966) and their older kin."""
    for scheme, rest in document.actions:
        if scheme in ("tel", "callto", "fax"):
            number = unquote(re.split("[;?]", rest, maxsplit=1)[0]).strip(" /")
            yield number, Place.TEL, scheme == "fax"
