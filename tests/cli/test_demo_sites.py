"""The sample sites: deterministic, whole, and served by name."""

import re
import socket
from urllib.parse import urljoin

import aiohttp
import pytest

from skybatch.demo.samples import samples
from skybatch.demo.server import refusing, serving
from skybatch.demo.sites import bench_hosts, sites

NO_PAGES = {"/robots.txt", "/sitemap.xml", "/favicon.svg"}


def pages_of(site) -> dict[str, str]:
    return {path: item.body.decode() for path, item in site.items() if path not in NO_PAGES}


def linked(site) -> set[str]:
    """The paths that can be reached by links from the start page."""
    seen, queue = {"/"}, ["/"]
    while queue:
        body = site[queue.pop()].body.decode()
        links = {urljoin("/", link) for link in re.findall(r'<a [^>]*href="(/[^"]*)"', body)}
        fresh = {link for link in links if not link.endswith(".pdf")} - seen
        seen |= fresh
        queue += fresh & set(site)
    return seen


def test_the_same_seed_gives_the_same_sites_and_another_seed_others() -> None:
    assert sites(3, 6, seed=4) == sites(3, 6, seed=4)
    assert sites(3, 6, seed=4) != sites(3, 6, seed=5)


def test_the_names_are_known_without_making_the_sites() -> None:
    names = bench_hosts(200)
    assert tuple(sites(200, 1, page_kb=1)) == names
    assert len(set(names)) == 200
    assert all(re.fullmatch(r"[a-z0-9-]+\.example", name) for name in names)


@pytest.mark.parametrize("pages", [1, 3, 10, 40])
def test_a_site_has_exactly_so_many_pages_and_all_are_linked(pages: int) -> None:
    for site in sites(4, pages).values():
        assert len(pages_of(site)) == pages
        assert linked(site) == set(pages_of(site))


def test_pages_are_as_large_as_asked_for() -> None:
    for site in sites(4, 5, page_kb=38).values():
        assert all(38 * 1024 <= len(text.encode()) < 40 * 1024 for text in pages_of(site).values())


def test_the_companies_speak_several_languages_and_can_be_reached() -> None:
    found = sites(8, 6)
    languages = {
        re.search(r'lang="([^"]+)"', site["/"].body.decode())[1] for site in found.values()
    }
    assert languages == {"de", "en-GB", "fr", "sv"}
    for host, site in found.items():
        contact = site["/contact"].body.decode()
        assert f"mailto:info@{host}" in contact
        assert re.search(r'href="tel:\+[0-9]{8,14}"', contact)
        assert "https://www.linkedin.com/company/" in contact


def test_the_samples_show_good_sites_and_each_kind_of_trouble() -> None:
    found = samples()
    assert sum(sample.status == "complete" for sample in found) == 9
    assert {sample.reason for sample in found if sample.status == "failed"} == {
        "redirect_off_site",
        "robots_disallowed",
        "not_html",
        "http_4xx",
        "refused",
        "nxdomain",
    }
    dead = [s for s in found if s.status == "complete" and linked(s.resources) - set(s.resources)]
    assert len(dead) == 1


async def test_the_host_header_chooses_the_site() -> None:
    hosts = sites(2, 2)
    first, second = hosts
    async with serving(hosts) as port, aiohttp.ClientSession() as session:
        for name, path, status, start in [
            (first, "/", 200, hosts[first]["/"].body),
            (f"www.{second}", "/contact", 200, hosts[second]["/contact"].body),
            (f"{second}:80", "/robots.txt", 200, b"User-agent"),
            (first, "/missing", 404, b"<h1>"),
            ("unknown.example", "/", 404, b"<h1>"),
        ]:
            url = f"http://127.0.0.1:{port}{path}"
            async with session.get(url, headers={"Host": name}) as answer:
                assert answer.status == status
                assert (await answer.read()).startswith(start)


async def test_a_redirect_names_its_target_and_a_paper_its_type() -> None:
    hosts = {sample.domain: sample.resources for sample in samples()}
    async with serving(hosts) as port, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/"
        answers = {}
        for name in ("moved.example", "sold.example", "paper.example"):
            async with session.get(url, headers={"Host": name}, allow_redirects=False) as answer:
                answers[name] = answer
        assert answers["moved.example"].headers["Location"] == "/welcome"
        assert answers["sold.example"].headers["Location"].startswith("http://")
        assert answers["paper.example"].content_type == "application/pdf"


def test_the_refusing_port_refuses() -> None:
    with refusing() as port, socket.socket() as client, pytest.raises(ConnectionRefusedError):
        client.connect(("127.0.0.1", port))
