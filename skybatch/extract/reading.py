"""Reading a page from beginning to end: the table of contents of the extractors."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from selectolax.lexbor import SelectolaxError

from skybatch.extract import (
    body,
    charset,
    complexity,
    diagnosis,
    emails,
    embedded,
    images,
    imprint,
    links,
    metadata,
    others,
    phones,
    regions,
    sitemap,
    social,
    structured,
    technology,
)
from skybatch.extract.document import Document, host_of, parse, relations
from skybatch.extract.main_text import main_text
from skybatch.extract.own import NOTHING, Own, values
from skybatch.extract.same import is_same
from skybatch.extract.source import source_of
from skybatch.model.facts import Organization, PageFacts, RawPage, Reading


class Large(Exception):
    """A compressed page holds more than whoever reads it has room for now."""


def read(raw: RawPage, own: Own = NOTHING, *, most: int | None = None) -> Reading:
    """The facts of one page and its links; any bytes are a page. Raises TooComplex and MemoryError
    only, and Large for more than `most` bytes."""
    try:
        return _read(raw, own, most)
    except (SystemError, SelectolaxError) as error:
        # What calls back from the parser cannot raise MemoryError: Python then says SystemError,
        # with the cause; a selector that is known to be one is said to be none.
        if isinstance(error, SystemError) and not isinstance(error.__cause__, MemoryError):
            raise
        raise MemoryError from None


def _read(raw: RawPage, own: Own, most: int | None) -> Reading:
    content = body.unpack(raw)
    if most is not None and len(content.data) > most:
        raise Large
    if raw.is_sitemap:
        return sitemap.read(raw, content)
    host = host_of(raw.url)
    html, encoding = charset.decode(content.data, raw.content_type, host.partition(":")[0])
    trimmed = complexity.trim(html)
    is_as_sent = encoding == "utf-8" and trimmed is html
    source = source_of(trimmed, content.data if is_as_sent else b"")
    complexity.check(source)
    document = parse(source, raw.url)
    found = links.find(document)
    facts = _facts(document, found, raw, own)
    facts = replace(
        facts,
        diagnosis=diagnosis.of_page(document, facts),
        text=main_text(document) if raw.wants_text else None,
    )
    return Reading(
        facts=facts,
        links=found.followed,
        charset=encoding,
        size=len(content.data),
        sha256=hashlib.sha256(content.data).hexdigest(),
        truncated=content.truncated or trimmed is not html,
        nofollow=found.nofollow,
        is_blank=not (document.text or found.followed or facts.title),
    )


def _facts(document: Document, found: links.Links, raw: RawPage, own: Own) -> PageFacts:
    host = host_of(raw.url)
    stated = structured.read(document)
    language = metadata.language(document, raw.language)
    region = regions.region_of(host, language, raw.default_region)
    data = embedded.strings(document)
    named = others.find(document, partial(emails.is_own, document=document))
    numbers, faxes = phones.find(document, stated, region, data, named)
    internal, external = found.count(host)
    return PageFacts(
        title=metadata.title(document),
        description=metadata.description(document),
        language=language,
        canonical_url=metadata.canonical_url(document),
        h1=metadata.h1(document),
        emails=emails.find(document, stated, data, named),
        phones=numbers,
        faxes=faxes,
        social_links=social.find(
            (*found.hyperlinks, *stated.profiles, *document.meta.get("article:publisher", ())),
            owned=_owned(document),
            embedded=(value for _, value in data if value.startswith("http")),
        ),
        technologies=technology.find(document, raw.signs, own.rules),
        organization=_organization(document, stated.organization),
        favicon_url=images.favicon_url(document),
        logo_url=images.logo_url(document, stated),
        feeds=metadata.feeds(document),
        open_graph=metadata.open_graph(document),
        structured_data=stated.items,
        custom=values(document, own.fields),
        links_internal=internal,
        links_external=external,
    )


def _owned(document: Document) -> Iterator[str]:
    """Where the page leads by `rel=me`."""
    for _, attributes, _ in document.leads:
        if "me" in relations(attributes):
            yield document.resolve(attributes.get("href")) or ""


def _organization(document: Document, stated: Organization | None) -> Organization | None:
    """Who runs the site: what structured data states, completed by what the text says."""
    named = imprint.find(document)
    if stated is None or named is None:
        return stated or named
    if not is_same((stated.name, stated.legal_name), (named.name, named.legal_name)):
        return stated
    return replace(
        stated,
        legal_name=stated.legal_name or named.legal_name,
        address=stated.address or named.address,
    )
