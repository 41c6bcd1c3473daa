"""Domain results as CSV: one line a domain, lists joined, cells that no spreadsheet runs."""

import csv
import io
from collections.abc import Iterable, Sequence

from skybatch.model.record import DomainRecord

COLUMNS = (
    "domain", "status", "reason", "final_url", "title", "description", "language", "organization",
    "emails", "phones", "faxes", "social_links", "technologies", "is_wordpress",
    "wordpress_version", "favicon_url", "logo_url", "pages_fetched", "pages_failed",
    "pages_skipped", "attempts", "processing_time", "job_id", "batch_id", "input_row",
)  # fmt: skip

# What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), full-width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def header(names: Sequence[str]) -> bytes:
    """The first line; `names` are the other columns of the input."""
    return _lines([[*COLUMNS, *(f"input.{name}" for name in names)]])


def line(record: DomainRecord, names: Sequence[str], columns: Sequence[tuple[str, str]]) -> bytes:
    """One domain, with what the input's other columns said."""
    given = dict(columns)
    return _lines([[*_cells(record), *(given.get(name, "") for name in names)]])


def _cells(record: DomainRecord) -> Iterable[object]:
    contact, receipt = record.contact_info, record.pages
    links = (link.url for found in record.social_links.values() for link in found)
    organization = record.organization
    values = {
        "organization": (organization.name or organization.legal_name) if organization else None,
        "emails": _joined(email.value for email in contact.emails),
        "phones": _joined(phone.value for phone in contact.phones),
        "faxes": _joined(fax.value for fax in contact.faxes),
        "social_links": _joined(links),
        "technologies": _joined(item.name for item in record.technologies),
        "is_wordpress": str(record.is_wordpress).lower(),
        "pages_fetched": receipt.fetched,
        "pages_failed": receipt.failed,
        "pages_skipped": sum(receipt.skipped.values()),
    }
    for name in COLUMNS:
        yield values[name] if name in values else getattr(record, name)


def _joined(values: Iterable[str]) -> str:
    return "; ".join(values)


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8", "replace")


def _inert(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text
