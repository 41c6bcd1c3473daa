"""Real documentation sites, served by nginx, crawled by the running daemon, and compared with an
independent reading of the same files."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e import nginx
from tests.e2e.process import DaemonProcess, connect_to
from tests.e2e.walk import Reading, walk

# host -> folder, start page, max_pages; 2,000 is more than they have. SQLite's is never whole: it
# has more dead links than a crawl asks for.
# Packages python3-doc, sqlite3-doc, debian-policy, git-doc.
WHOLE = 2_000
MANY = WHOLE if os.environ.get("SKYBATCH_LONG") else 150
SITES = {
    "python.docs.example": ("/usr/share/doc/python3.11/html", "/index.html", MANY),
    "sqlite.docs.example": ("/usr/share/doc/sqlite3", "/index.html", min(MANY, 300)),
    "policy.docs.example": ("/usr/share/doc/debian-policy", "/policy.html/index.html", WHOLE),
    "git.docs.example": ("/usr/share/doc/git/html", "/index.html", WHOLE),
}


pytestmark = pytest.mark.needs("nginx", files=[root for root, _, _ in SITES.values()])


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """One server block a site."""
    folder = tmp_path_factory.mktemp("nginx")
    with nginx.running(folder, lambda port: _http(folder, port)) as port:
        yield port


def _http(folder: Path, port: int) -> str:
    servers = "".join(
        f"server {{ listen 127.0.0.1:{port}; server_name {host}; root {root}; }}\n"
        for host, (root, _, _) in SITES.items()
    )
    return (
        "include /etc/nginx/mime.types; default_type application/octet-stream;\n"
        f"access_log {folder}/access.log; server_names_hash_bucket_size 128;\n{servers}"
    )


@dataclass
class Site:
    """A site as the daemon crawled it, and as the other reading finds it."""

    max_pages: int
    status: dict
    pages: list[dict]
    walked: Reading = field(default_factory=Reading)  # from page to page of those

    @property
    def is_whole(self) -> bool:
        """Whether the budget is for all of it."""
        return self.max_pages == WHOLE

    def titles(self) -> dict[str, str | None]:
        return {path_of(page["url"]): page["title"] for page in self.with_outcome("fetched")}

    def with_outcome(self, outcome: str) -> list[dict]:
        return [page for page in self.pages if page["outcome"] == outcome]


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


# One test a site: both readings are dear, and shared fixtures are made once for each process.
@pytest.mark.parametrize("host", SITES)
def test_the_crawl_of_a_site_finds_what_another_reading_finds(host, port, tmp_path):
    root, start, max_pages = SITES[host]
    daemon = DaemonProcess(tmp_path, connect_to(port))
    daemon.start()
    try:
        batch_id = daemon.submit([f"http://{host}{start}"], max_pages=max_pages)
        status = daemon.wait(batch_id, timeout_s=180)
        pages = daemon.results(batch_id, "&level=page&include=all")
    finally:
        assert daemon.stop() == 0
    site = Site(max_pages, status, pages)
    site.walked = walk(Path(root), host, start, None if site.is_whole else site.titles())
    assert status["status"] == "complete"
    check_pages_and_titles(site)
    check_dead_links(site)
    check_receipt(site)
    if site.is_whole:
        assert status["pages"]["skipped"]["scope"] == len(site.walked.outside)  # each counted once
    else:
        check_that_it_is_breadth_first(site)


def check_pages_and_titles(site: Site) -> None:
    assert site.titles() == site.walked.titles
    if not site.is_whole:
        assert len(site.titles()) == site.max_pages


def check_that_it_is_breadth_first(site: Site) -> None:
    """No page is deeper than one that was left for the budget."""
    left = [page["depth"] for page in site.pages if page["reason"] == "budget"]
    assert max(page["depth"] for page in site.with_outcome("fetched")) <= min(left)


def check_dead_links(site: Site) -> None:
    """They are counted, and spoil nothing."""
    failed = site.with_outcome("failed")
    dead = {path_of(page["url"]) for page in failed}
    assert dead == site.walked.dead if site.is_whole else dead <= site.walked.dead
    assert {page["reason"] for page in failed} <= {"http_4xx"}


def check_receipt(site: Site) -> None:
    """Each page is stored once, and the receipt balances."""
    assert len({page["url"] for page in site.pages}) == len(site.pages)
    receipt = site.status["pages"]
    for outcome in ("fetched", "failed", "queued"):
        assert receipt[outcome] == len(site.with_outcome(outcome))
    skipped = sum(receipt["skipped"].values())
    assert receipt["discovered"] == (
        receipt["fetched"] + receipt["failed"] + receipt["queued"] + skipped
    )
