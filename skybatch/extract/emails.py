"""E-mail addresses of a page: links, structured data, text, and the common disguises."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from ada_url import idna_to_ascii

from skybatch.extract import disguises
from skybatch.extract.contacts import CONFIDENCE, MAX_VALUES
from skybatch.extract.document import Document
from skybatch.extract.mailboxes import is_nobody, kind_of
from skybatch.extract.structured import Structured
from skybatch.model.facts import Email, Place

_MAX_SIGNS = 500  # at signs looked at in one text
_LOCAL = "abcdefghijklmnopqrstuvwxyz0123456789._+'-"  # of RFC 5321's, what addresses really use
_DOMAIN = re.compile(r"[\w.-]{1,254}")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TLD = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
_SCP = re.compile(r":[^\s/]")  # git@host:path, user@host:password
_RECIPIENTS = frozenset({"to", "cc", "bcc"})  # RFC 6068, section 2
_CLOUDFLARE = "/cdn-cgi/l/email-protection"
_DISGUISED = 0.6  # confidence


def find(document: Document, structured: Structured) -> tuple[Email, ...]:
    """Distinct addresses in lower case, those of the best places first."""
    found: dict[str, Email] = {}
    for value, place, confidence in _candidates(document, structured):
        if value not in found:
            found[value] = Email(value, place, kind_of(value), confidence)
            if len(found) == MAX_VALUES:
                break
    return tuple(found.values())


def _candidates(document: Document, structured: Structured) -> Iterator[tuple[str, Place, float]]:
    for value in _linked(document):
        yield value, Place.MAILTO, CONFIDENCE[Place.MAILTO]
    for text, place in structured.emails:
        for value in scan(text.lower()):
            yield value, place, CONFIDENCE[place]
    for value in scan(document.text):
        yield value, Place.TEXT, CONFIDENCE[Place.TEXT]
    for value in _disguised(document):
        yield value, Place.TEXT, _DISGUISED


def _linked(document: Document) -> Iterator[str]:
    """Recipients of `mailto:` (RFC 6068), and of links that Cloudflare has scrambled."""
    for scheme, rest in document.actions:
        if scheme == "mailto":
            written, _, query = rest.lstrip("/").partition("?")
            to = unquote(written).lower()
            yield from scan(to)
            yield from _joined(disguises.spelt(to))
            for name, _, value in (pair.partition("=") for pair in query.split("&")):
                if name.lower() in _RECIPIENTS:
                    yield from scan(unquote(value).lower())
    if _CLOUDFLARE in document.html:
        for _, attributes, _ in document.leads:
            path, _, code = (attributes.get("href") or "").partition("#")
            if path.endswith(_CLOUDFLARE):
                yield from scan(unscramble(code))


def _disguised(document: Document) -> Iterator[str]:
    for node in document.marked("data-cfemail"):
        yield from scan(unscramble(node.attributes.get("data-cfemail") or ""))
    yield from _joined(disguises.spelt(document.text))
    yield from _joined(disguises.split_by_tags(document.html))


def _joined(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The addresses around signs that were found some other way."""
    for left, right in pairs:
        if value := _address_at(f"{left}@{right}", len(left)):
            yield value


def unscramble(code: str) -> str:
    """What Cloudflare's e-mail obfuscation hides: hex bytes, each XORed with the first."""
    try:
        key, *rest = bytes.fromhex(code[:1_000])
    except ValueError:  # not hex, or nothing at all
        return ""
    return bytes(byte ^ key for byte in rest).decode("utf-8", "replace").lower()


def scan(text: str) -> Iterator[str]:
    """The addresses in a lower-case text.

    Looks at a small window around each `@`: a regular expression over the whole text takes forty
    times as long, and far more on text made to hurt it.
    """
    position = -1
    for _ in range(_MAX_SIGNS):
        position = text.find("@", position + 1)
        if position < 0:
            return
        if value := _address_at(text, position):
            yield value


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
        and _TLD.fullmatch(labels[-1])
        and all(map(_LABEL.fullmatch, labels))
    )
    return f"{local}@{domain}" if is_possible and not is_nobody(local, domain) else None
