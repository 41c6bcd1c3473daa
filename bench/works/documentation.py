"""Documentation sites that others wrote, from Debian packages: three hundred pages of each.

Of a site that has more, everybody takes the pages that it would: those of one need not be those of
another, and their sizes differ. So the bytes are told besides the pages.
"""

import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.contest import Contest, Contestant, Given, Work
from bench.crawls import Crawl, scrapy, skybatch
from tests.e2e import nginx
from tests.e2e.walk import walk

MOST = 300  # pages of a site


@dataclass(frozen=True)
class Site:
    """A folder of a package, and where one begins to read."""

    host: str
    package: str
    root: str
    start: str = "/index.html"

    @property
    def pages(self) -> int:
        """How many a crawl can reach, as another reading of the same files finds them; of a site
        that has far more files than are asked for, as many as are asked for."""
        files = sum(1 for _ in Path(self.root).resolve().rglob("*.htm*"))
        if files > 2 * MOST:
            return MOST
        return min(MOST, len(walk(Path(self.root), self.host, self.start, None).titles))


# Python's folder goes by its version, and the name of the package leads to it.
SITES = (
    Site("python.docs.example", "python3-doc", "/usr/share/doc/python3-doc/html"),
    Site("sqlite.docs.example", "sqlite3-doc", "/usr/share/doc/sqlite3"),
    Site(
        "policy.docs.example",
        "debian-policy",
        "/usr/share/doc/debian-policy",
        "/policy.html/index.html",
    ),
    Site("git.docs.example", "git-doc", "/usr/share/doc/git/html"),
    Site("postgres.docs.example", "postgresql-doc-15", "/usr/share/doc/postgresql-doc-15/html"),
)
_HTTP = """
include /etc/nginx/mime.types; default_type application/octet-stream; access_log off; sendfile on;
tcp_nodelay on; keepalive_requests 100000; server_names_hash_bucket_size 128;
gzip_static on; gzip_vary on;
"""


@contextmanager
def opening(given: Given) -> Iterator[Contest]:
    """The sites whose packages are installed, behind nginx."""
    there = {site: site.pages for site in SITES if Path(site.root).is_dir()}
    missing = [site.package for site in SITES if site not in there]
    if missing:
        print(f"without documentation of {', '.join(missing)}: apt install {' '.join(missing)}")
    told = ", ".join(f"{site.package} {pages}" for site, pages in there.items())
    title = f"{len(there)} documentation sites, up to {MOST} pages of each ({told})"
    with tempfile.TemporaryDirectory(prefix="bench-docs-") as folder:
        if not there:
            yield Contest(title, {})
            return
        for site in there:
            _copy(site, Path(folder) / "sites" / site.host)
        with nginx.running(Path(folder), lambda port: _http(Path(folder), port)) as port:
            starts = [f"{site.host}{site.start}" for site in there]
            yield Contest(title, contestants(Crawl(starts, MOST, sum(there.values()), port), given))


def contestants(crawl: Crawl, given: Given) -> dict[str, Contestant]:
    """The daemon, and Scrapy with its frontier on the disk."""
    found = {"skybatch": skybatch(crawl)}
    if given.peers:
        found["scrapy-jobdir"] = scrapy(crawl, given.peers, JOBDIR="yes")
    return found


def _copy(site: Site, folder: Path) -> None:
    """The files of a site, pages with a compressed twin: nginx is not to compress while others
    crawl."""
    shutil.copytree(site.root, folder)
    for page in folder.rglob("*.htm*"):
        if page.is_file():
            page.with_name(f"{page.name}.gz").write_bytes(gzip.compress(page.read_bytes(), 6))


def _http(folder: Path, port: int) -> str:
    servers = (
        f"server {{ listen 127.0.0.1:{port}; server_name {site.host}; "
        f"root {folder}/sites/{site.host}; }}\n"
        for site in SITES
    )
    return _HTTP + "".join(servers)


WORK = Work(
    name="documentation",
    opening=opening,
    columns={
        "pages/s": "pages_per_second",
        "CPU s per 1,000": "cpu_s_per_1000",
        "peak MB": "peak_mb",
        "MB read": "read_mb",
        "MB/s": "mb_per_second",
    },
    picture="pages_per_second",
)
