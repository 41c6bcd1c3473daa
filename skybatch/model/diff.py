"""What changed of a company between two batches: by field what is new, changed, or gone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from skybatch.model.record import DomainRecord
from skybatch.model.state import TERMINAL, JobState

_ENDED = frozenset(state.value for state in TERMINAL)
_READ = frozenset({JobState.COMPLETE.value, JobState.PARTIAL.value})
_OUTCOME = ("status", "reason")  # what is told of a domain of which no page could be read


class Change(StrEnum):
    """What became of a value."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that is not as it was."""

    field: str
    change: Change
    before: str | None
    after: str | None
    source_url: str | None = None  # where the value stands, or stood


@dataclass(frozen=True, slots=True)
class DomainDiff:
    """One domain: `new` when only the newer batch has it, `gone` when only the older one."""

    domain: str
    change: Change
    fields: tuple[FieldChange, ...] = ()


# Fields with one value, and the page that shows it where the record knows it.
_SINGLE: Mapping[str, Callable[[DomainRecord], str | None]] = {
    "status": lambda record: record.status,
    "reason": lambda record: record.reason,
    "diagnosis": lambda record: record.diagnosis,
    "final_url": lambda record: record.final_url,
    "title": lambda record: record.title,
    "description": lambda record: record.description,
    "language": lambda record: record.language,
    "organization": lambda record: _organization(record),
    "favicon_url": lambda record: record.favicon_url,
    "logo_url": lambda record: record.logo_url,
}
# Fields with many: identity -> (what is shown, its page). Those of equal identity may change.
_MANY: Mapping[str, Callable[[DomainRecord], dict[str, tuple[str, str | None]]]] = {
    "emails": lambda record: {
        each.value: (each.value, each.source_url) for each in record.contact_info.emails
    },
    "phones": lambda record: {
        each.value: (each.value, each.source_url) for each in record.contact_info.phones
    },
    "faxes": lambda record: {
        each.value: (each.value, each.source_url) for each in record.contact_info.faxes
    },
    "social_links": lambda record: {
        each.url.lower(): (each.url, each.source_url)
        for links in record.social_links.values()
        for each in links
    },
    "technologies": lambda record: {
        each.name: (f"{each.name} {each.version or ''}".rstrip(), each.source_url)
        for each in record.technologies
    },
    "custom": lambda record: {
        f"{name}={value}": (f"{name}={value}", None)
        for name, values in record.custom.items()
        for value in values
    },
}


def diff(before: DomainRecord | None, after: DomainRecord | None) -> DomainDiff | None:
    """What is different of one domain; `None` when nothing is. One of the two may be missing."""
    if before is None or after is None:
        known = after or before
        change = Change.NEW if before is None else Change.GONE
        return DomainDiff(known.domain, change) if known else None
    if after.status not in _ENDED:
        return None  # it is not known yet
    names = _SINGLE if after.status in _READ else _OUTCOME  # a site that is down has lost nothing
    many = _many_changes(before, after) if after.status in _READ else ()
    changes = (*_single_changes(before, after, names), *many)
    return DomainDiff(after.domain, Change.CHANGED, changes) if changes else None


def _single_changes(
    before: DomainRecord, after: DomainRecord, names: Iterable[str]
) -> Iterator[FieldChange]:
    for name in names:
        old, new = _SINGLE[name](before), _SINGLE[name](after)
        if old != new:
            yield FieldChange(name, _change(old, new), old, new)


def _many_changes(before: DomainRecord, after: DomainRecord) -> Iterator[FieldChange]:
    for name, values_of in _MANY.items():
        old, new = values_of(before), values_of(after)
        for key in dict.fromkeys((*old, *new)):
            was, old_url = old.get(key, (None, None))
            now, new_url = new.get(key, (None, None))
            if was != now:
                yield FieldChange(name, _change(was, now), was, now, new_url or old_url)


def _change(before: str | None, after: str | None) -> Change:
    if before is None:
        return Change.NEW
    return Change.GONE if after is None else Change.CHANGED


def _organization(record: DomainRecord) -> str | None:
    organization = record.organization
    return (organization.name or organization.legal_name) if organization else None
