"""The sites of the demo: good ones, and one for each thing that goes wrong on real lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from skybatch.demo.sites import Resource, sites

COMPANIES, PAGES = 8, 8


@dataclass(frozen=True, slots=True)
class Sample:
    """One domain of the demo and how a scan of it must end."""

    domain: str
    resources: Mapping[str, Resource] = field(default_factory=dict)  # path -> what it gives
    status: str = "failed"
    reason: str | None = None
    is_up: bool = True  # no: every connection is refused


def samples() -> tuple[Sample, ...]:
    """All of them, always the same."""
    companies = sites(COMPANIES, PAGES)
    good = [Sample(host, resources, "complete") for host, resources in companies.items()]
    good[1] = replace(good[1], resources=_with_dead_link(good[1].resources))
    first = good[0]
    return (
        *good,
        Sample("moved.example", _with_moved_home(first, "moved.example"), "complete"),
        Sample("sold.example", _moved_to(f"http://{first.domain}/"), reason="redirect_off_site"),
        Sample("members-only.example", _forbidden(), reason="robots_disallowed"),
        Sample("paper.example", _paper(), reason="not_html"),
        Sample("nothing-here.example", reason="http_4xx"),
        Sample("closed.example", reason="refused", is_up=False),
        Sample("never-existed.invalid", reason="nxdomain"),
    )


def _with_dead_link(resources: Mapping[str, Resource]) -> dict[str, Resource]:
    home = resources["/"]
    body = home.body.replace(b"</main>", b'<a href="/offers-of-2019">2019</a></main>')
    return {**resources, "/": replace(home, body=body)}


def _with_moved_home(sample: Sample, domain: str) -> dict[str, Resource]:
    """The same site under another name, its start page behind a redirect."""
    renamed = {
        path: replace(page, body=page.body.replace(sample.domain.encode(), domain.encode()))
        for path, page in sample.resources.items()
    }
    return {
        **renamed,
        "/welcome": renamed["/"],
        "/": Resource(b"", status=301, location="/welcome"),
    }


def _moved_to(url: str) -> dict[str, Resource]:
    return {"/": Resource(b"", status=301, location=url)}


def _forbidden() -> dict[str, Resource]:
    return {
        "/robots.txt": Resource(b"User-agent: *\nDisallow: /\n", "text/plain"),
        "/": Resource(b"<title>Members only</title><p>Nothing for robots."),
    }


def _paper() -> dict[str, Resource]:
    return {"/": Resource(b"%PDF-1.4\n1 0 obj << >> endobj\n%%EOF\n", "application/pdf")}
