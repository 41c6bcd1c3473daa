"""The results as they leave skybatch: field names are those of the public contract."""

from collections.abc import Mapping
from dataclasses import dataclass

from skybatch.model.clock import rfc3339
from skybatch.model.facts import PageFacts
from skybatch.model.job import Job
from skybatch.model.page import Page
from skybatch.model.profile import (
    Profile,
    SourcedEmail,
    SourcedLink,
    SourcedOrganization,
    SourcedPhone,
    SourcedTechnology,
)
from skybatch.model.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Pages:
    """The receipt of a job or batch; `discovered` is the sum of the others."""

    discovered: int
    fetched: int
    failed: int
    skipped: Mapping[str, int]
    queued: int


@dataclass(frozen=True, slots=True)
class ContactInfo:
    """How to reach the company."""

    emails: tuple[SourcedEmail, ...]
    phones: tuple[SourcedPhone, ...]
    faxes: tuple[SourcedPhone, ...]


@dataclass(frozen=True, slots=True)
class DomainRecord:
    """One company domain: who they are and how to reach them, each value with its source."""

    batch_id: str
    job_id: str
    domain: str
    input: str
    input_row: int
    status: str
    reason: str | None
    diagnosis: str | None  # what the start page is instead of a company's own
    start_url: str | None
    final_url: str | None
    title: str | None
    description: str | None
    language: str | None
    organization: SourcedOrganization | None
    contact_info: ContactInfo
    social_links: Mapping[str, tuple[SourcedLink, ...]]
    technologies: tuple[SourcedTechnology, ...]
    is_wordpress: bool | None  # `None`: no page of it was read
    wordpress_version: str | None
    favicon_url: str | None
    logo_url: str | None
    custom: Mapping[str, tuple[str, ...]]
    pages: Pages
    attempts: int
    processing_time: float | None  # seconds from the first claim to the end


@dataclass(frozen=True, slots=True)
class Links:
    """How many distinct links a page has."""

    internal: int
    external: int


@dataclass(frozen=True, slots=True)
class PageRecord:
    """One page of one domain."""

    batch_id: str
    job_id: str
    domain: str
    url: str
    final_url: str | None
    depth: int
    outcome: str
    reason: str | None
    status: int | None
    content_type: str | None
    charset: str | None
    bytes: int | None
    truncated: bool
    elapsed_ms: int | None
    fetched_at: str | None
    sha256: str | None
    duplicate_of: str | None
    diagnosis: str | None
    title: str | None
    description: str | None
    language: str | None
    canonical_url: str | None
    h1: str | None
    text: str | None  # with the option `text`
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    social_links: Mapping[str, tuple[str, ...]]
    technologies: tuple[str, ...]
    favicon_url: str | None
    logo_url: str | None
    feeds: tuple[str, ...]
    open_graph: Mapping[str, str]
    structured_data: tuple[Mapping[str, object], ...]
    links: Links
    custom: Mapping[str, tuple[str, ...]]


def pages(receipt: Receipt) -> Pages:
    """The public form of a receipt."""
    skipped = {reason.value: count for reason, count in receipt.skipped.items()}
    return Pages(receipt.discovered, receipt.fetched, receipt.failed, skipped, receipt.queued)


def processing_time(started_at: float | None, finished_at: float | None) -> float | None:
    """Seconds from start to end, `None` while there is no end; never negative."""
    if started_at is None or finished_at is None:
        return None
    return round(max(0.0, finished_at - started_at), 3)


def domain_record(job: Job, profile: Profile) -> DomainRecord:
    """One line of the results of a batch."""
    return DomainRecord(
        batch_id=job.batch_id,
        job_id=job.job_id,
        domain=job.domain,
        input=job.input,
        input_row=job.input_row,
        status=job.state.value,
        reason=job.reason.value if job.reason else None,
        diagnosis=profile.diagnosis,
        start_url=job.start_url,
        final_url=job.final_url,
        title=profile.title,
        description=profile.description,
        language=profile.language,
        organization=profile.organization,
        contact_info=ContactInfo(profile.emails, profile.phones, profile.faxes),
        social_links=profile.social_links,
        technologies=profile.technologies,
        is_wordpress=profile.is_wordpress if job.pages.fetched else None,
        wordpress_version=profile.wordpress_version,
        favicon_url=profile.favicon_url,
        logo_url=profile.logo_url,
        custom=profile.custom,
        pages=pages(job.pages),
        attempts=job.attempt,
        processing_time=processing_time(job.started_at, job.finished_at),
    )


@dataclass(frozen=True, slots=True)
class PageOfJob:
    """A stored page with the names of the job it belongs to."""

    seq: int  # row of the page, the order of the results
    batch_id: str
    job_id: str
    domain: str
    page: Page
    duplicate_of: str | None  # URL of an earlier page with the same body


def page_record(row: PageOfJob) -> PageRecord:
    """One line of the page level results."""
    page = row.page
    facts = page.facts or PageFacts()
    social: dict[str, list[str]] = {}
    for link in facts.social_links:
        social.setdefault(link.network, []).append(link.url)
    return PageRecord(
        batch_id=row.batch_id,
        job_id=row.job_id,
        domain=row.domain,
        url=page.url,
        final_url=page.final_url,
        depth=page.depth,
        outcome=page.state.value,
        reason=page.reason.value if page.reason else None,
        status=page.status,
        content_type=page.content_type,
        charset=page.charset,
        bytes=page.bytes,
        truncated=page.truncated,
        elapsed_ms=page.elapsed_ms,
        fetched_at=rfc3339(page.fetched_at),
        sha256=page.sha256,
        duplicate_of=row.duplicate_of,
        diagnosis=facts.diagnosis,
        title=facts.title,
        description=facts.description,
        language=facts.language,
        canonical_url=facts.canonical_url,
        h1=facts.h1,
        text=facts.text,
        emails=tuple(email.value for email in facts.emails),
        phones=tuple(phone.value for phone in facts.phones),
        social_links={network: tuple(urls) for network, urls in social.items()},
        technologies=tuple(item.name for item in facts.technologies),
        favicon_url=facts.favicon_url,
        logo_url=facts.logo_url,
        feeds=facts.feeds,
        open_graph=facts.open_graph,
        structured_data=facts.structured_data,
        links=Links(facts.links_internal, facts.links_external),
        custom=facts.custom,
    )
