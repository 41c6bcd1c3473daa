"""Results as CSV: one line a domain or page, lists joined, cells that no spreadsheet runs."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from skybatch.model.record import DomainRecord, PageRecord

DOMAIN_COLUMNS = (
    "domain", "status", "reason", "final_url", "title", "description", "language", "organization",
    "emails", "phones", "faxes", "social_links", "technologies", "is_wordpress",
    "wordpress_version", "favicon_url", "logo_url", "pages_fetched", "pages_failed",
    "pages_skipped", "attempts", "processing_time", "job_id", "batch_id", "input_row",
)  # fmt: skip
PAGE_COLUMNS = (
    "domain", "url", "final_url", "depth", "outcome", "reason", "status", "content_type",
    "charset", "bytes", "truncated", "elapsed_ms", "fetched_at", "sha256", "duplicate_of", "title",
    "description", "language", "canonical_url", "h1", "emails", "phones", "social_links",
    "technologies", "favicon_url", "logo_url", "open_graph", "structured_data", "links_internal",
    "links_external", "job_id", "batch_id",
)  # fmt: skip

# What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), full-width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def domain_header(names: Sequence[str]) -> bytes:
    """The first line of domain results; `names` are the other columns of the input."""
    return _line([*DOMAIN_COLUMNS, *(f"input.{name}" for name in names)])


def domain_line(
    record: DomainRecord, names: Sequence[str], columns: Sequence[tuple[str, str]]
) -> bytes:
    """One domain, with what the input's other columns said."""
    contact, receipt = record.contact_info, record.pages
    links = [link.url for found in record.social_links.values() for link in found]
    organization = record.organization
    special: dict[str, object] = {
        "organization": (organization.name or organization.legal_name) if organization else None,
        "emails": tuple(email.value for email in contact.emails),
        "phones": tuple(phone.value for phone in contact.phones),
        "faxes": tuple(fax.value for fax in contact.faxes),
        "social_links": tuple(links),
        "technologies": tuple(item.name for item in record.technologies),
        "pages_fetched": receipt.fetched,
        "pages_failed": receipt.failed,
        "pages_skipped": sum(receipt.skipped.values()),
    }
    given = dict(columns)
    cells = _cells(record, DOMAIN_COLUMNS, special)
    return _line([*cells, *(given.get(name) for name in names)])


def page_header() -> bytes:
    """The first line of page results."""
    return _line(PAGE_COLUMNS)


def page_line(record: PageRecord) -> bytes:
    """One page; what has no plain form is JSON."""
    special: dict[str, object] = {
        "social_links": tuple(url for urls in record.social_links.values() for url in urls),
        "open_graph": _json(record.open_graph),
        "structured_data": _json(record.structured_data),
        "links_internal": record.links.internal,
        "links_external": record.links.external,
    }
    return _line(_cells(record, PAGE_COLUMNS, special))


def _cells(record: object, names: Iterable[str], special: Mapping[str, object]) -> list[object]:
    return [special[name] if name in special else getattr(record, name) for name in names]


def _json(value: object) -> str | None:
    return msgspec.json.encode(value).decode() if value else None


def _line(cells: Iterable[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow([_inert(_text(cell)) for cell in cells])
    return out.getvalue().encode("utf-8", "replace")


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).lower()
        case tuple():
            return "; ".join(cell)
    return str(cell)


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
