"""Every hostile site at once, beside a healthy one, through the real daemon."""

from collections.abc import Iterator

import pytest

from tests.hostile.play import MAX_PAGES, Played, playing

MOST_MB = 300

# host -> status, reason; where several are right, all of them.
ENDS = {
    "endless-body": ("complete", None),
    "endless-line": ("complete", None),
    "drip": ("failed", "timeout"),
    "silent": ("failed", "timeout"),
    "half-head": ("failed", "timeout"),
    "half-body": ("failed", "protocol_error"),
    "not-http": ("failed", "protocol_error"),
    "closed": ("failed", "protocol_error"),
    "gzip-bomb": ("complete", None),
    "gzip-in-gzip": ("complete", None),
    "many-members": ("complete", None),
    "br-bomb": ("complete", None),
    "zstd-bomb": ("complete", None),
    "redirect-loop": ("failed", "redirect_loop"),
    "hundred-hops": ("failed", "redirect_loop"),
    "to-ftp": ("failed", "redirect_off_site"),
    "to-script": ("failed", "redirect_off_site"),
    "to-file": ("failed", "redirect_off_site"),
    "off-site": ("failed", "redirect_off_site"),
    "calendar": ("complete", None),
    "facets": ("complete", None),
    "loops": ("complete", None),
    "sessions": ("complete", None),
    "deep": ("failed", "too_complex"),
    "templates": ("failed", "too_complex"),
    "attributes": ("failed", "too_complex"),
    "quadratic": ("complete", None),  # as far as it is read
    "many-links": ("complete", None),
    "long-title": ("complete", None),
    "lists": ("failed", "too_complex"),
    "elements": ("complete", None),
    "redos": ("complete", None),
    "punycode": ("complete", None),
    "utf-7": ("complete", None),
    "long-charset": ("complete", None),
    "half-utf-16": ("complete", None),
    "cookies": ("complete", None),
    "long-header": ("failed", "too_large"),
    "many-headers": ("failed", "protocol_error"),
    "endless-headers": ("failed", "protocol_error"),
    "hundreds": ("failed", "protocol_error"),
    "robots-10mb": ("complete", None),
    "robots-endless": ("complete", None),
    "robots-loop": ("complete", None),
    "robots-binary": ("complete", None),
    "robots-5xx": ("failed", "robots_unreachable"),
    "robots-slow": ("complete", None),
    "sitemap-bomb": ("complete", None),
    "sitemap-entities": ("complete", None),
    "sitemap-file": ("complete", None),
    "sitemap-endless": ("complete", None),
    "sitemap-of-itself": ("complete", None),
    "video": ("failed", "not_html"),
    "pdf": ("failed", "not_html"),
    "image-as-html": ("complete", None),
    "no-type": ("failed", "not_html"),
    "healthy": ("complete", None),
}


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Iterator[Played]:
    with playing(tmp_path_factory.mktemp("hostile")) as played:
        yield played


# Few tests, not one a site: each process that runs some of them plays the whole farm.
def test_each_hostile_site_ends_as_it_should(played: Played) -> None:
    ends = {host: (job["status"], job["reason"]) for host, job in played.jobs.items()}
    assert ends == {f"{name}.example": end for name, end in ENDS.items()}
    assert set(ends) == set(played.farm.hosts)


def test_what_has_no_end_is_kept_as_far_as_it_was_read(played: Played) -> None:
    names = {"endless-body", "endless-line", "elements", "gzip-bomb", "br-bomb", "zstd-bomb"}
    starts = {f"http://{name}.example/" for name in names}
    found = [page for page in played.pages if page["url"] in starts]
    assert len(found) == len(starts)
    assert [page["url"] for page in found if not page["truncated"]] == []
    assert max(page["bytes"] for page in found) <= 3 * 1024 * 1024


def test_an_endless_space_costs_no_more_than_the_budget(played: Played) -> None:
    for host in ("calendar.example", "facets.example", "loops.example"):
        pages = played.records[host]["pages"]
        asked = [path for path in played.farm.asked(host) if path != "/robots.txt"]
        assert pages["fetched"] <= MAX_PAGES, host
        assert len(asked) <= MAX_PAGES + 1, f"{host}, and one for the sitemap"
        assert pages["discovered"] < 1_000, host


def test_a_page_under_new_session_ids_is_one_page(played: Played) -> None:
    assert played.records["sessions.example"]["pages"]["fetched"] == 4
    urls = [page["url"] for page in played.pages if page["domain"] == "sessions.example"]
    assert sorted(url.rpartition("/")[2] for url in urls) == ["", "a", "b", "c"]


def test_a_redirect_is_followed_five_times(played: Played) -> None:
    asked = [path for path in played.farm.asked("hundred-hops.example") if path != "/robots.txt"]
    assert len(asked) == 6


def test_the_target_elsewhere_is_kept(played: Played) -> None:
    assert "http://elsewhere.example/x" in played.jobs["off-site.example"]["detail"]


def test_few_sitemaps_are_asked_for(played: Played) -> None:
    assert len(played.farm.asked("sitemap-of-itself.example")) <= 6


def test_the_healthy_site_is_whole(played: Played) -> None:
    record = played.records["healthy.example"]
    assert (record["pages"]["fetched"], record["pages"]["failed"]) == (MAX_PAGES, 0)


def test_all_processes_together_stay_small(played: Played) -> None:
    assert 0 < sum(played.watch.most_mb) < MOST_MB


def test_the_daemon_answers_all_the_while(played: Played) -> None:
    assert len(played.watch.livez_ms) > 20


def test_nothing_of_it_is_a_bug_of_ours(played: Played) -> None:
    assert not [line for line in played.log if line.get("level") == "error"]
    assert not [page for page in played.pages if page["reason"] == "internal"]
