"""Results as CSV: one line a domain or page, lists joined, cells that no spreadsheet runs."""

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
    "technologies", "favicon_url", "logo_url", "feeds", "open_graph", "structured_data",
    "links_internal", "links_external", "job_id", "batch_id",
)  # fmt: skip

_ENDS_OF_CELLS = ',;|\t"\r\n'

# What a table has when it is asked for by name.
EXTRA_COLUMNS: Mapping[type[DomainRecord | PageRecord], tuple[str, ...]] = {
    DomainRecord: ("diagnosis", "start_url", "input", "legal_name", "address"),
    PageRecord: ("diagnosis", "text"),
}

# What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), full-width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Sheet:
    """A table of results: its columns, and a line for each record."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)

    def header(self) -> bytes:
        """The first line."""
        return _line(self._names)

    def line(
        self, record: DomainRecord | PageRecord, given: Sequence[tuple[str, str]] = ()
    ) -> bytes:
        """One record, with what the other columns of its line of the list said."""
        cells = _of_domain(record) if isinstance(record, DomainRecord) else _of_page(record)
        cells |= {f"input.{name}": value for name, value in given}
        cells |= {f"custom.{name}": values for name, values in record.custom.items()}
        return _line(
            cells[name] if name in cells else getattr(record, name, None) for name in self._names
        )


def columns_of(
    record: type[DomainRecord | PageRecord], inputs: Sequence[str], custom: Sequence[str]
) -> tuple[str, ...]:
    """Every column that a table of such records can have: `inputs` are the other columns of the
    submitted list, `custom` the user's own fields."""
    own = tuple(f"custom.{name}" for name in custom)
    if record is PageRecord:
        return (*PAGE_COLUMNS, *own)
    return (*DOMAIN_COLUMNS, *(f"input.{name}" for name in inputs), *own)


def _of_domain(record: DomainRecord) -> dict[str, object]:
    """The cells that are no members of the record."""
    contact, receipt = record.contact_info, record.pages
    links = [link.url for found in record.social_links.values() for link in found]
    organization = record.organization
    return {
        "organization": (organization.name or organization.legal_name) if organization else None,
        "legal_name": organization.legal_name if organization else None,
        "address": tuple(organization.address.values()) if organization else (),
        "emails": tuple(email.value for email in contact.emails),
        "phones": tuple(phone.value for phone in contact.phones),
        "faxes": tuple(fax.value for fax in contact.faxes),
        "social_links": tuple(links),
        "technologies": tuple(item.name for item in record.technologies),
        "pages_fetched": receipt.fetched,
        "pages_failed": receipt.failed,
        "pages_skipped": sum(receipt.skipped.values()),
    }


def _of_page(record: PageRecord) -> dict[str, object]:
    """Likewise of a page; what has no plain form is JSON."""
    return {
        "social_links": tuple(url for urls in record.social_links.values() for url in urls),
        "open_graph": _json(record.open_graph),
        "structured_data": _json(record.structured_data),
        "links_internal": record.links.internal,
        "links_external": record.links.external,
    }


def _json(value: object) -> str | None:
    return msgspec.json.encode(value).decode() if value else None


def _line(cells: Iterable[object]) -> bytes:
    return (",".join(_quoted(_inert(_text(cell))) for cell in cells) + "\r\n").encode(
        "utf-8", "replace"
    )


def _quoted(text: str) -> str:
    """In quotes (RFC 4180) where it holds what any spreadsheet takes for the end of a cell."""
    if any(sign in text for sign in _ENDS_OF_CELLS):
        return '"' + text.replace('"', '""') + '"'
    return text


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
