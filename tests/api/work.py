"""What workers would do, done by hand: claims, pages and ends, through the store."""

from skybatch.model.facts import EmailKind, PageFacts, Place, SocialLink
from skybatch.model.job import Claim
from skybatch.model.outcome import Finished, Outcome
from skybatch.model.page import FrontierRow, Page, PageWrite
from skybatch.model.profile import (
    Profile,
    SourcedEmail,
    SourcedLink,
    SourcedOrganization,
    SourcedPhone,
    SourcedTechnology,
)
from skybatch.model.state import JobState, PageState, SkipReason
from skybatch.store import attempts, claims, pages
from skybatch.store.database import Store


async def claim(store: Store, limit: int = 1) -> list[Claim]:
    return await store.write(
        lambda tx: claims.claim(tx, boot="boot", lease_seconds=30, limit=limit)
    )


async def finish(store: Store, held: Claim, outcome: Outcome | None = None) -> None:
    end = outcome or Finished(JobState.COMPLETE)
    await store.write(lambda tx: attempts.finish(tx, held, end))


async def fetch(store: Store, held: Claim, path: str = "/", **rest) -> None:
    """Store a fetched page; on the start page also a link that is not followed, and a profile."""
    url = f"https://{held.target.domain}{path}"
    facts = PageFacts(
        title=f"Title of {path}",
        social_links=(SocialLink("x", "https://x.com/acme"),),
        open_graph={"og:type": "website"},
        links_internal=3,
    )
    page = Page(
        url,
        0,
        PageState.FETCHED,
        status=200,
        content_type="text/html",
        fetched_at=1_800_000_000.0,
        facts=facts,
        **rest,
    )
    write = PageWrite(page)
    if path == "/":
        skipped = FrontierRow(f"{url}private", 1, SkipReason.ROBOTS)
        write = PageWrite(page, (skipped,), profile=profile(url), start_url=url, final_url=url)
    await store.write(lambda tx: pages.store(tx, held, write))


def profile(url: str) -> Profile:
    place, sure = Place.TEXT, 0.9
    return Profile(
        title="=HYPERLINK(1)",
        description='Says "hello", twice;\nreally',
        language="de",
        organization=SourcedOrganization("Acme", "Acme GmbH", source_url=url),
        emails=tuple(
            SourcedEmail(f"{name}@acme.example", url, place, EmailKind.ROLE, sure)
            for name in ("info", "sales")
        ),
        phones=(SourcedPhone("+4930123456", url, place, sure),),
        social_links={
            "x": (SourcedLink("https://x.com/acme", url),),
            "linkedin": (SourcedLink("https://linkedin.com/company/acme", url),),
        },
        technologies=(SourcedTechnology("WordPress", "6.5", "cms", "generator", url),),
        custom={"vat": ("DE1", "DE2")},
        is_wordpress=True,
        wordpress_version="6.5",
    )
