"""Which URLs belong to a site."""

import time

import pytest

from skybatch.crawl.scope import Scope, is_trap
from skybatch.crawl.url import parse, split
from skybatch.model.options import Options
from skybatch.model.target import Target


def contains(host: str, url: str, *, scope: str = "host", port: int | None = None) -> bool:
    target = Target(host, host, port=port)
    return Scope(target, Options(scope=scope)).contains(split(url))


@pytest.mark.parametrize(
    "url",
    [
        "http://a.test/",
        "https://a.test/x",
        "http://www.a.test/",
        "http://a.test./",
    ],
)
def test_scheme_and_www_do_not_make_another_site(url: str) -> None:
    assert contains("a.test", url)
    assert contains("www.a.test", url)


@pytest.mark.parametrize(
    "url",
    [
        "http://b.test/",
        "http://shop.a.test/",
        "http://nota.test/",
        "http://a.test.evil.test/",
        "http://a.test:8080/",
        "http://a.test:443/",
    ],
)
def test_other_hosts_and_ports_are_other_sites(url: str) -> None:
    assert not contains("a.test", url)


def test_a_written_port_is_that_of_both_schemes() -> None:
    assert contains("a.test", "http://a.test:8080/", port=8080)
    assert contains("a.test", "https://a.test:8080/", port=8080)
    assert not contains("a.test", "https://a.test/", port=8080)
    assert contains("a.test", "http://a.test/", port=80)


@pytest.mark.parametrize(
    ("scope", "url", "expected"),
    [
        ("subdomains", "http://shop.a.co.uk/", True),
        ("subdomains", "http://x.shop.a.co.uk/", True),
        ("subdomains", "http://b.co.uk/", False),
        ("domain", "http://shop.a.co.uk/", True),
        ("domain", "http://b.co.uk/", False),
    ],
)
def test_wider_scopes_take_subdomains_in(scope: str, url: str, *, expected: bool) -> None:
    assert contains("a.co.uk", url, scope=scope) is expected


def test_the_scope_of_subdomains_does_not_climb_but_that_of_the_domain_does() -> None:
    assert not contains("shop.a.test", "http://a.test/", scope="subdomains")
    assert contains("shop.a.test", "http://blog.a.test/", scope="domain")


def test_a_domain_that_is_called_www_is_no_more_than_itself() -> None:
    assert contains("www.co.uk", "http://a.www.co.uk/", scope="subdomains")
    assert not contains("www.co.uk", "http://a.co.uk/", scope="subdomains")
    assert not contains("www.com", "http://a.com/", scope="subdomains")


def test_an_address_has_no_subdomains() -> None:
    assert contains("192.0.2.7", "http://192.0.2.7/", scope="domain")
    assert not contains("192.0.2.7", "http://198.51.2.7/", scope="domain")


def test_companies_on_a_shared_suffix_are_strangers() -> None:
    assert not contains("x.github.io", "http://y.github.io/", scope="domain")


def wants(url: str, **options: tuple[str, ...]) -> bool:
    return Scope(Target("a.test", "a.test"), Options(**options)).wants(split("http://a.test" + url))


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/blog/*", "/blog/", True),
        ("/blog/*", "/blog/2024/x", True),
        ("/blog/*", "/blog", False),
        ("/blog", "/blog/x", False),
        ("/blog", "/blog?page=2", True),
        ("*/team", "/de/team", True),
        ("/a*b*c", "/aXbYc", True),
        ("/a*b*c", "/aXcYb", False),
        ("/a*b", "/ab", True),
        ("*", "/anything?at=all", True),
        ("/x.y", "/xzy", False),
        ("/p?id=*", "/p?id=5", True),
        ("/p?id=*", "/p", False),
    ],
)
def test_a_star_matches_anything(pattern: str, path: str, *, expected: bool) -> None:
    assert wants(path, include=(pattern,)) is expected
    assert wants(path, exclude=(pattern,)) is not expected


def test_exclude_wins_over_include() -> None:
    assert wants("/shop/a", include=("/shop/*",), exclude=("/shop/x*",))
    assert not wants("/shop/xa", include=("/shop/*",), exclude=("/shop/x*",))


def test_a_pattern_cannot_be_made_slow() -> None:
    scope = Scope(Target("a.test", "a.test"), Options(include=("/" + "a*" * 200 + "b",)))
    parts = split("http://a.test/" + "a" * 2_000)
    started = time.process_time()
    assert not scope.wants(parts)
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", False),
        ("/a/b/a/b", False),
        ("/2024/05/05/05", False),
        ("/a/b/a/b/a/b/a/b", True),
        ("/a/a/a/a", True),
        ("/" + "/".join(map(str, range(30))), True),
        ("/docs/en/v2/guide/install/linux/debian/apt/", False),
    ],
)
def test_paths_that_grow_without_end_are_traps(path: str, *, expected: bool) -> None:
    assert is_trap(path) is expected


def test_patterns_are_compared_in_one_spelling() -> None:
    scope = Scope(
        Target("shop.example", "shop.example"), Options(include=("/über-uns*", "/caf%c3%a9"))
    )
    for path in ("/über-uns/team", "/%C3%BCber-uns", "/café"):
        url = parse(f"http://shop.example{path}")
        assert url is not None
        assert scope.wants(split(url)), path
