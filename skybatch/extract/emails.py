"""E-mail addresses of a page: links, structured data, text, and the common disguises."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import unquote

from ada_url import idna_to_ascii

from skybatch.extract import disguises, scrambled
from skybatch.extract.contacts import CONFIDENCE, MAX_VALUES
from skybatch.extract.document import Document, host_of
from skybatch.extract.embedded import Named
from skybatch.extract.mailboxes import is_mailbox, is_nobody, kind_of
from skybatch.extract.others import NOBODY, OF_OTHERS, Others
from skybatch.extract.structured import Structured
from skybatch.extract.tlds import top_level_domains
from skybatch.model.facts import Email, Place

_MAX_SIGNS = 500  # at signs looked at in one text
_LOCAL = "abcdefghijklmnopqrstuvwxyz0123456789._+'-"  # of RFC 5321's, what addresses really use
_DOMAIN = re.compile(r"[\w.-]{1,254}")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SCP = re.compile(r":[^\s/]")  # git@host:path, user@host:password
_RECIPIENTS = frozenset({"to", "cc", "bcc"})  # RFC 6068, section 2
_MAX_PICTURES = 200
_MAX_ALT = 120  # characters
_MAX_LINKS = 500
_MAX_SPELT = 50  # recipients without an @
_MAX_PAIRS = 10  # members of the query of one link
_MAX_RECIPIENTS = 500  # characters
_DISGUISED = 0.6  # confidence


def find(
    document: Document,
    structured: Structured,
    embedded: Iterable[Named] = (),
    others: Others = NOBODY,
) -> tuple[Email, ...]:
    """Distinct addresses in lower case, those of the best places first."""
    found: dict[str, Email] = {}
    for value, place, confidence in _candidates(document, structured, embedded):
        if value not in found:
            if others.name_all(value) and not is_own(value, document):
                confidence = OF_OTHERS
            found[value] = Email(value, place, kind_of(value), confidence)
            if len(found) == MAX_VALUES:
                break
    return tuple(found.values())


def _candidates(
    document: Document, structured: Structured, embedded: Iterable[Named]
) -> Iterator[tuple[str, Place, float]]:
    for value in _linked(document):
        yield value, Place.MAILTO, CONFIDENCE[Place.MAILTO]
    for text, place in structured.emails:
        for value in scan(text.lower()):
            yield value, place, CONFIDENCE[place]
    is_shown = False
    for value in scan(document.text):
        is_shown = True
        yield value, Place.TEXT, CONFIDENCE[Place.TEXT]
    for value in _disguised(document):
        is_shown = True
        yield value, Place.TEXT, _DISGUISED
    # Visitors and customers are in the data as well: once a page shows an address, only its own.
    for value in scan_all(text.lower() for _, text in embedded if "@" in text):
        if not is_shown or is_own(value, document):
            yield value, Place.TEXT, CONFIDENCE[Place.TEXT]


def _linked(document: Document) -> Iterator[str]:
    """Recipients of `mailto:` (RFC 6068), and of links that only a browser can read."""
    links = (rest for scheme, rest in document.actions if scheme == "mailto")
    recipients = [to for rest in islice(links, _MAX_LINKS) for to in _recipients(rest)]
    yield from scan_all(recipients)
    for to in [to for to in recipients if "@" not in to][:_MAX_SPELT]:
        yield from _joined(disguises.spelt(to))
    yield from scan_all(scrambled.linked(document))


def _recipients(link: str) -> Iterator[str]:
    written, _, query = link.lstrip("/").partition("?")
    yield unquote(written).lower()[:_MAX_RECIPIENTS]
    for pair in query.split("&", _MAX_PAIRS)[:_MAX_PAIRS]:
        name, _, value = pair.partition("=")
        if name.lower() in _RECIPIENTS:
            yield unquote(value).lower()[:_MAX_RECIPIENTS]


def _disguised(document: Document) -> Iterator[str]:
    yield from scan_all(scrambled.written(document))
    split = list(_joined(disguises.split_by_tags(document)))
    yield from split
    for value in _joined(disguises.spelt(document.text, document.encoded)):
        if not any(_is_end(value, whole) for whole in split):
            yield value
    yield from _joined(disguises.shouted(document.pieces))
    domain = host_of(document.base).partition(":")[0]
    for local, is_sure in disguises.at_own_domain(document.text, domain):
        whole = _address(local, domain)
        if whole and (is_sure or is_mailbox(local)):
            yield whole
    yield from _pictured(document)


def _is_end(value: str, whole: str) -> bool:
    """Whether tags have cut the address off: `luc@` of `van.luc@`."""
    return whole.endswith(value) and whole != value and not whole[-len(value) - 1].isalnum()


def _pictured(document: Document) -> Iterator[str]:
    """Addresses that stand for pictures of them: own ones, and those that are the whole text."""
    for node in document.nodes["img"][:_MAX_PICTURES]:
        alt = (node.attributes.get("alt") or "").lower()
        if len(alt) <= _MAX_ALT:
            for value in (*scan(alt), *_joined(disguises.spelt(alt))):
                if is_own(value, document) or 2 * len(value) > len(alt):
                    yield value


def is_own(address: str, document: Document) -> bool:
    """Whether it is under the domain of the page, or the page under its."""
    domain, host = address.partition("@")[2], host_of(document.base).partition(":")[0]
    return f".{host}".endswith(f".{domain}") or f".{domain}".endswith(f".{host}")


def _joined(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The addresses around signs that were found some other way."""
    for left, right in pairs:
        if value := _address_at(f"{left}@{right}", len(left)):
            yield value


def scan(text: str) -> Iterator[str]:
    """The addresses in a lower-case text.

    Looks at a small window around each `@`: a regular expression over the whole text takes forty
    times as long, and far more on text made to hurt it.
    """
    return scan_all((text,))


def scan_all(texts: Iterable[str]) -> Iterator[str]:
    """As `scan`, of texts that share one allowance."""
    left = _MAX_SIGNS
    for text in texts:
        position = text.find("@")
        while position >= 0:
            left -= 1
            if left < 0:
                return
            if value := _address_at(text, position):
                yield value
            position = text.find("@", position + 1)


def _address_at(text: str, position: int) -> str | None:
    local = _local_before(text, position)
    domain = _DOMAIN.match(text, position + 1)
    if not local or not domain or _SCP.match(text, domain.end()):
        return None
    return _address(local, domain.group())


def _local_before(text: str, end: int) -> str:
    window = text[max(0, end - 66) : end]
    rest = window.rstrip(_LOCAL)
    if rest and (rest[-1].isalnum() or rest[-1] == "@" or rest.endswith("//")):
        return ""  # cut out of a longer word, as `jörg@`, or the user of a URL
    local = window[len(rest) :]
    return "" if local.startswith("-") else local.lstrip("._+'")


def _address(local: str, domain: str) -> str | None:
    """A whole address within the limits of RFC 5321, section 4.5.3.1, if it can be anybody's."""
    domain = domain.rstrip("._-")
    if not domain.isascii():
        domain = idna_to_ascii(domain).decode("ascii")
    labels = domain.split(".")
    is_possible = (
        len(labels) > 1
        and len(local) <= 64
        and len(local) + len(domain) < 254
        and not local.endswith(".")
        and ".." not in local
        and labels[-1] in top_level_domains()
        and all(map(_LABEL.fullmatch, labels))
    )
    return f"{local}@{domain}" if is_possible and not is_nobody(local, domain) else None
