"""One record of a company from the facts of its pages, in whatever order they come."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeVar

from publicsuffixlist import PSLFILE, PublicSuffixList

from skybatch.extract.diagnosis import kinds
from skybatch.extract.legal_forms import forms
from skybatch.extract.same import is_same
from skybatch.model.facts import PageFacts, Phone, Place
from skybatch.model.options import MOST
from skybatch.model.profile import (
    Profile,
    SourcedEmail,
    SourcedLink,
    SourcedOrganization,
    SourcedPhone,
    SourcedTechnology,
)

MAX_LINKS = 10  # of one network
_MAX_TECHNOLOGIES = 100
_MAX_CUSTOM = 50  # values of one name

# A value keeps the page that shows it in the best place, the first of those; lower is better.
_PRECEDENCE: Mapping[Place, int] = {
    Place.MAILTO: 0,
    Place.TEL: 0,
    Place.JSONLD: 0,
    Place.MICRODATA: 1,
    Place.META: 2,
    Place.HEADER: 2,
    Place.TEXT: 3,
}


# The same for organizations: what a page calls itself for social networks says the least.
_ORGANIZATIONS: Mapping[Place, int] = {**_PRECEDENCE, Place.MICRODATA: 1, Place.META: 4}
_PARTS = ("legal_name", "address")  # of an organization, besides its name


_Contact = TypeVar("_Contact", SourcedEmail, SourcedPhone)
_Value = TypeVar("_Value")


def add(profile: Profile, url: str, facts: PageFacts, *, is_start: bool, domain: str) -> Profile:
    """The profile with what the page at `url` adds to it; the same object if that is nothing.

    `domain` is that of the job: its own e-mail addresses come first. Title and description are
    those of the start page; its language, favicon and logo win over those of other pages.
    """
    single = _Single(url, is_start=is_start)
    technologies = _technologies(profile.technologies, url, facts)
    wordpress = next((item for item in technologies if item.name == "WordPress"), None)
    merged = Profile(
        diagnosis=facts.diagnosis if is_start else profile.diagnosis,
        title=single.of_start_page("title", profile.title, facts.title),
        description=single.of_start_page("description", profile.description, facts.description),
        language=single.of_any_page("language", profile.language, facts.language),
        organization=_organization(profile.organization, url, facts, is_start=is_start),
        emails=_emails(profile.emails, url, facts, domain),
        phones=_phones(profile.phones, url, facts.phones),
        faxes=_phones(profile.faxes, url, facts.faxes),
        social_links=_social_links(profile.social_links, url, facts),
        technologies=technologies,
        is_wordpress=wordpress is not None,
        wordpress_version=wordpress.version if wordpress else None,
        favicon_url=single.of_any_page("favicon_url", profile.favicon_url, facts.favicon_url),
        logo_url=single.of_any_page("logo_url", profile.logo_url, facts.logo_url),
        custom=_custom(profile.custom, facts.custom),
        sources={**profile.sources, **single.taken},
    )
    return profile if merged == profile else merged


def goal_met(profile: Profile, until: Mapping[str, int]) -> bool:
    """Whether the profile holds all that the batch wants; a batch without a goal wants more."""
    counts = {
        "email": len(profile.emails),
        "phone": len(profile.phones),
        "social": sum(map(len, profile.social_links.values())),
        "organization": int(profile.organization is not None),
    }
    return bool(until) and all(counts.get(name, 0) >= count for name, count in until.items())


class _Single:
    """Chooses between the value that is known and the one of this page."""

    def __init__(self, url: str, *, is_start: bool) -> None:
        self._url = url
        self._is_start = is_start
        self.taken: dict[str, str] = {}  # field -> this page, where its value was chosen

    def of_start_page(self, field: str, known: str | None, found: str | None) -> str | None:
        """That of the start page and of no other."""
        return self._take(field, found) if found and self._is_start else known

    def of_any_page(self, field: str, known: str | None, found: str | None) -> str | None:
        """That of the start page, else the first that was seen."""
        return self._take(field, found) if found and (self._is_start or not known) else known

    def _take(self, field: str, found: _Value) -> _Value:
        self.taken[field] = self._url
        return found


def _organization(
    known: SourcedOrganization | None, url: str, facts: PageFacts, *, is_start: bool
) -> SourcedOrganization | None:
    """That of the best place, then the surest, then that of the start page, then the first seen;
    what it lacks is of the first other page that speaks of the same one."""
    found = facts.organization
    if found is None:
        return known
    new = SourcedOrganization(
        name=found.name,
        legal_name=found.legal_name,
        address=found.address,
        place=found.place,
        confidence=found.confidence,
        source_url=url,
        sources={name: url for name in _PARTS if getattr(found, name)},
    )
    if known is None:
        return new
    is_better = (_ORGANIZATIONS[new.place], -new.confidence, not is_start) < (
        _ORGANIZATIONS[known.place],
        -known.confidence,
        True,
    )
    return _completed(new, known) if is_better else _completed(known, new)


def _completed(known: SourcedOrganization, other: SourcedOrganization) -> SourcedOrganization:
    if not is_same((known.name, known.legal_name), (other.name, other.legal_name)):
        return known
    taken = [name for name in _PARTS if not getattr(known, name) and getattr(other, name)]
    return replace(
        known,
        name=known.name or other.name,
        legal_name=known.legal_name or other.legal_name,
        address=known.address or other.address,
        sources={
            **known.sources,
            **{name: other.sources.get(name, other.source_url) for name in taken},
        },
    )


def _emails(
    known: tuple[SourcedEmail, ...], url: str, facts: PageFacts, domain: str
) -> tuple[SourcedEmail, ...]:
    """Those of the company's own domain first, then the surest, then the first seen."""
    if not facts.emails:
        return known
    merged = _best(
        known,
        (
            SourcedEmail(item.value, url, item.place, item.kind, item.confidence)
            for item in facts.emails
        ),
    )
    own = registered_domain(domain)
    merged.sort(
        key=lambda email: (
            registered_domain(email.value.partition("@")[2]) != own,
            -email.confidence,
        )
    )
    return tuple(merged[:MOST])


def _phones(
    known: tuple[SourcedPhone, ...], url: str, found: tuple[Phone, ...]
) -> tuple[SourcedPhone, ...]:
    """The surest first, then the first seen."""
    merged = _best(
        known, (SourcedPhone(item.value, url, item.place, item.confidence) for item in found)
    )
    merged.sort(key=lambda phone: -phone.confidence)
    return tuple(merged[:MOST])


def _best(known: Iterable[_Contact], found: Iterable[_Contact]) -> list[_Contact]:
    """Every value once, in the order first seen, from the page that shows it best."""
    best = {contact.value: contact for contact in known}
    for contact in found:
        held = best.get(contact.value)
        if held is None or _rank(contact) < _rank(held):
            best[contact.value] = contact
    return list(best.values())


def _rank(contact: SourcedEmail | SourcedPhone) -> tuple[int, float]:
    return _PRECEDENCE[contact.place], -contact.confidence


def _social_links(
    known: Mapping[str, tuple[SourcedLink, ...]], url: str, facts: PageFacts
) -> Mapping[str, tuple[SourcedLink, ...]]:
    merged = dict(known)
    for link in facts.social_links:
        held = merged.get(link.network, ())
        is_new = all(link.url.lower() != other.url.lower() for other in held)
        if is_new and len(held) < MAX_LINKS:
            merged[link.network] = (*held, SourcedLink(link.url, url))
    return merged


def _technologies(
    known: tuple[SourcedTechnology, ...], url: str, facts: PageFacts
) -> tuple[SourcedTechnology, ...]:
    """Each product once, from the first page that tells its version, else the first of all."""
    merged = {item.name: item for item in known}
    for item in facts.technologies:
        held = merged.get(item.name)
        if held is None or (held.version is None and item.version is not None):
            merged[item.name] = SourcedTechnology(
                item.name, item.version, item.category, item.evidence, url
            )
    return tuple(merged.values())[:_MAX_TECHNOLOGIES]


def _custom(
    known: Mapping[str, tuple[str, ...]], found: Mapping[str, tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    merged = dict(known)
    for name, values in found.items():
        distinct = dict.fromkeys((*merged.get(name, ()), *values))
        merged[name] = tuple(distinct)[:_MAX_CUSTOM]
    return merged


@cache
def _public_suffixes() -> PublicSuffixList:
    """The list, read once, in both forms of names that have one in ASCII. By itself the library
    makes that of all ten thousand, which takes twice as long."""
    with Path(PSLFILE).open(encoding="utf-8") as rules:
        return PublicSuffixList(_in_both_forms(rules), accept_encoded_idn=False)


def _in_both_forms(rules: Iterable[str]) -> Iterator[str]:
    for line in rules:
        rule = line.partition(" ")[0].rstrip()
        yield rule
        if not (rule.isascii() or rule.startswith("//")):
            yield rule.encode("idna").decode("ascii")


# Read what merging and judging answers needs, 3 to 40 ms each: to be called when no page waits for
# it yet, and there are descriptors for it.
PREPARATIONS: tuple[Callable[[], object], ...] = (_public_suffixes, forms, kinds)


@lru_cache(maxsize=4096)
def registered_domain(host: str) -> str:
    """The domain that was registered (`shop.example.co.uk` -> `example.co.uk`), else the host.

    Takes a domain as jobs have it: with a port, or an IPv6 address in brackets.
    """
    name = host if host.startswith("[") else host.partition(":")[0]
    if name.startswith("[") or name.replace(".", "").isdigit():
        return host  # an address is nobody's subdomain
    return _public_suffixes().privatesuffix(name.lower()) or name.lower()
