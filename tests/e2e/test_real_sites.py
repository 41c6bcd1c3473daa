"""Real documentation sites, served by nginx, crawled by the running daemon, and compared with an
independent reading of the same files."""

import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.process import DaemonProcess
from tests.e2e.walk import walk

# host -> folder, start page, max_pages. Packages python3-doc, sqlite3-doc, debian-policy, git-doc.
SITES = {
    "python.docs.example": ("/usr/share/doc/python3.11/html", "/index.html", 2_000),
    "sqlite.docs.example": ("/usr/share/doc/sqlite3", "/index.html", 300),
    "policy.docs.example": ("/usr/share/doc/debian-policy", "/policy.html/index.html", 300),
    "git.docs.example": ("/usr/share/doc/git/html", "/index.html", 300),
}


pytestmark = pytest.mark.needs("nginx", files=[root for root, _, _ in SITES.values()])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    """One server block a site."""
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    servers = "".join(
        f"server {{ listen 127.0.0.1:{port}; server_name {host}; root {root}; }}\n"
        for host, (root, _, _) in SITES.items()
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n"
        "user root;\n"
        "events {}\n"
        "http { include /etc/nginx/mime.types; default_type application/octet-stream;\n"
        f"access_log {folder}/access.log; server_names_hash_bucket_size 128;\n"
        f"client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};\n"
        f"uwsgi_temp_path {folder}; scgi_temp_path {folder};\n{servers}}}\n"
    )
    process = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-e", folder / "error.log"])
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.02)
    yield port
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def crawled(nginx, tmp_path_factory):
    """Status and page results of every site, each crawled as a batch of its own."""
    connect = f'[fetch]\nconnect_to = {{"*:80" = "127.0.0.1:{nginx}", "*:443" = "127.0.0.1:1"}}'
    daemon = DaemonProcess(tmp_path_factory.mktemp("daemon"), connect)
    daemon.start()
    batches = {
        host: daemon.submit([f"http://{host}{start}"], max_pages=max_pages)
        for host, (_, start, max_pages) in SITES.items()
    }
    found = {}
    for host, batch_id in batches.items():
        status = daemon.wait(batch_id, timeout_s=180)
        found[host] = (status, daemon.results(batch_id, "&level=page&include=all"))
    assert daemon.stop() == 0
    return found


@pytest.fixture(scope="module")
def walked():
    """The independent reading of every site."""
    return {host: walk(Path(root), host, start) for host, (root, start, _) in SITES.items()}


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@pytest.mark.parametrize("host", SITES)
def test_the_crawl_finds_the_pages_and_titles_that_another_reading_finds(host, crawled, walked):
    _, pages = crawled[host]
    max_pages = SITES[host][2]
    fetched = {
        path_of(page["url"]): page["title"] for page in pages if page["outcome"] == "fetched"
    }
    expected = walked[host].titles
    if len(expected) <= max_pages:
        assert fetched.keys() == expected.keys()
    else:
        assert len(fetched) == max_pages
        assert fetched.keys() <= expected.keys()
    assert fetched == {path: expected[path] for path in fetched}


@pytest.mark.parametrize("host", SITES)
def test_within_a_budget_the_nearest_pages_are_fetched(host, crawled, walked):
    """Breadth first: no page is deeper than one that was left for the budget."""
    _, pages = crawled[host]
    fetched = [page["depth"] for page in pages if page["outcome"] == "fetched"]
    left = [page["depth"] for page in pages if page["reason"] == "budget"]
    assert not left or max(fetched) <= min(left)


@pytest.mark.parametrize("host", SITES)
def test_dead_links_are_counted_and_spoil_nothing(host, crawled, walked):
    status, pages = crawled[host]
    assert status["status"] == "complete"
    dead = {path_of(page["url"]) for page in pages if page["outcome"] == "failed"}
    if len(walked[host].titles) <= SITES[host][2]:
        assert dead == walked[host].dead
    else:
        assert dead <= walked[host].dead
    assert {page["reason"] for page in pages if page["outcome"] == "failed"} <= {"http_4xx"}


@pytest.mark.parametrize("host", SITES)
def test_each_page_is_stored_once_and_the_receipt_balances(host, crawled):
    status, pages = crawled[host]
    urls = [page["url"] for page in pages]
    assert len(urls) == len(set(urls))
    receipt = status["pages"]
    outcomes = [page["outcome"] for page in pages]
    for outcome in ("fetched", "failed", "queued"):
        assert receipt[outcome] == outcomes.count(outcome)
    skipped = sum(receipt["skipped"].values())
    assert receipt["discovered"] == (
        receipt["fetched"] + receipt["failed"] + receipt["queued"] + skipped
    )


@pytest.mark.parametrize("host", ["python.docs.example", "policy.docs.example", "git.docs.example"])
def test_each_foreign_link_is_counted_once(host, crawled, walked):
    """On the sites that are crawled whole."""
    assert len(walked[host].titles) <= SITES[host][2]
    assert crawled[host][0]["pages"]["skipped"]["scope"] == len(walked[host].outside)
