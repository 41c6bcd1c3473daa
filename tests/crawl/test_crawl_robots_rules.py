"""What a robots.txt says to us (RFC 9309, and developers.google.com/search/docs on robots.txt)."""

import re
import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.crawl.admission import Admission
from skybatch.crawl.robots_index import Index, Rule
from skybatch.crawl.robots_rules import Rules
from skybatch.crawl.scope import Scope
from skybatch.intake.target import parse_target
from skybatch.model.options import Options

ORIGIN = "http://shop.example"


def allows(text: str, path: str = "/x") -> bool:
    return Rules(text).allow(ORIGIN + path)


@pytest.mark.parametrize(
    ("agent", "is_us"),
    [
        ("*", True),
        ("skybatch", True),
        ("SkyBatch", True),
        ("skybatch/1.0", True),
        ("skybatch (all versions)", True),
        ("skybatch # comment", True),
        ("sky", False),
        ("batch", False),
        ("skybatch-news", False),
        ("skybatchbot", False),
        ("googlebot", False),
        ("mozilla/5.0 (compatible; skybatch)", False),
    ],
)
def test_a_group_is_for_us_by_the_whole_product_token(agent: str, *, is_us: bool) -> None:
    assert allows(f"User-agent: {agent}\nDisallow: /x") is not is_us


def test_our_own_group_replaces_the_one_for_all() -> None:
    text = "User-agent: *\nDisallow: /\n\nUser-agent: skybatch/2\nDisallow: /x\n"
    assert allows(text, "/y")
    assert not allows(text)


def test_a_file_that_names_the_same_agents_again_and_again_has_no_more_rules_for_it() -> None:
    """One rule for each pair would be 25 million, and several GB."""
    rules = Rules("User-agent: *\nUser-agent: skybatch\n" * 5_000 + "Allow: /a\n" * 1_500)
    assert len(rules) == 1
    assert rules.effort(ORIGIN + "/a") < 10_000


@pytest.mark.parametrize("line", ["User-agents: other", "User-agent-policy: x", "Useragentx"])
def test_a_line_that_only_looks_like_one_begins_no_group(line: str) -> None:
    assert not allows(f"User-agent: *\n{line}\nDisallow: /x")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_long_file_is_held_against_every_link_whatever_its_line_ends(end: str) -> None:
    lines = [f"Disallow: /{number}$" for number in range(9_000)]
    rules = Rules(end.join(["User-agent: *", *lines, "Disallow: /a"]))
    assert len(rules) == 9_001
    assert rules.effort(ORIGIN + "/8999") < 10_000
    assert not rules.allow(ORIGIN + "/8999")
    assert rules.allow(ORIGIN + "/89990")
    assert not rules.allow(ORIGIN + "/ab")


def test_a_file_of_many_wildcards_is_not_held_against_every_link() -> None:
    rules = Rules("User-agent: *\n" + "".join(f"Disallow: /*{n}\n" for n in range(1_000)))
    assert rules.effort(ORIGIN + "/shop/999") > 100_000
    assert not rules.allow(ORIGIN + "/shop/999")


def test_of_too_many_rules_what_forbids_forbids_all_and_what_allows_is_dropped() -> None:
    """Sixty sites of fifty thousand each took 700 MB, and held them for a day."""
    allowing = "".join(f"Allow: /{number}\n" for number in range(40_000))
    rules = Rules(f"User-agent: *\n{allowing}")
    assert len(rules) == 30_000
    assert rules.allow(ORIGIN + "/x")
    rules = Rules(f"User-agent: *\n{allowing}Disallow: /y")
    assert len(rules) == 30_000
    assert not rules.allow(ORIGIN + "/1")  # somewhere below it something may be forbidden
    assert not rules.allow(ORIGIN + "/x")


def test_of_too_many_rules_none_that_allows_lets_in_what_a_later_one_forbids() -> None:
    many = "".join(f"Disallow: /{number}\n" for number in range(30_000))
    rules = Rules(f"User-agent: *\nAllow: /\nAllow: /shop\n{many}Disallow: /shop/private")
    assert not rules.allow(ORIGIN + "/shop/private")


def test_of_too_many_wildcards_what_forbids_forbids_more_and_what_allows_is_dropped() -> None:
    """Forty thousand of them held the loop for 0.1 s with every URL that was held against them."""
    many = "".join(f"Allow: /x*-{n}-q\nDisallow: /y*-{n}-q\n" for n in range(20_000))
    rules = Rules(f"User-agent: *\nDisallow: /x\n{many}")
    assert len(rules) <= 1_000 + 2
    assert not rules.allow(ORIGIN + "/y")
    assert rules.allow(ORIGIN + "/x-1-q")
    assert not rules.allow(ORIGIN + "/x-19999-q")
    assert rules.allow(ORIGIN + "/z")


_PATTERNS = st.text("ab*", max_size=5).map("/".__add__)
_RULES = st.builds(
    Rule,
    st.booleans(),
    st.tuples(_PATTERNS, st.sampled_from(["", "$"])).map("".join),
    st.integers(1, 99),
)


@given(
    st.lists(_RULES, max_size=12, unique_by=lambda rule: (rule.allows, rule.pattern)),
    st.text("ab", max_size=7).map("/".__add__),
)
def test_the_index_decides_as_one_rule_after_the_other_does(rules: list[Rule], path: str) -> None:
    matching = [rule for rule in rules if rule.matches(path)]
    best = min(matching, key=lambda rule: (-len(rule.pattern), not rule.allows), default=None)
    found = Index(rules).decides(path)
    assert (found is None) == (best is None)
    if found is not None and best is not None:
        assert (found.allows, len(found.pattern)) == (best.allows, len(best.pattern))


def test_groups_of_others_do_not_run_into_ours() -> None:
    text = "User-agent: a\nUser-agent: skybatch\nDisallow: /x\nUser-agent: b\nDisallow: /y"
    assert not allows(text)
    assert allows(text, "/y")


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ("Disallow: /", "/anything", False),
        ("Disallow:", "/x", True),
        ("Disallow: /x", "/xyz", False),
        ("Disallow: /x$", "/xyz", True),
        ("Disallow: /*.php", "/a/b.php?c", False),
        ("Disallow: /x\nAllow: /x/y", "/x/y/z", True),
        ("Allow: /x\nDisallow: /x", "/x", True),
        ("Disallow: /a%2Fb", "/a%2fb", False),
        ("disallow : /x", "/x", False),
        ("Disallow: /x # why", "/x", False),
        ("Disallow: /ü", "/%C3%BC", False),
        ("Disallow: /", "/robots.txt", True),
    ],
)
def test_the_longest_rule_wins(rules: str, path: str, *, expected: bool) -> None:
    assert allows("User-agent: *\n" + rules, path) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Crawl-delay: 3", 3.0),
        ("Crawl-delay: 0.5", 0.5),
        ("Crawl-delay: 9999", 60.0),
        ("", 0.0),
        ("Crawl-delay: soon", 0.0),
        ("Crawl-delay: -1", 0.0),
        ("Crawl-delay: nan", 0.0),
        ("Crawl-delay: inf", 0.0),
    ],
)
def test_a_crawl_delay_is_obeyed_up_to_a_minute(line: str, expected: float) -> None:
    assert Rules(f"User-agent: *\n{line}\nDisallow: /x").delay_s == expected


@pytest.mark.parametrize(
    ("pattern", "path", "is_matched"),
    [
        # The examples of RFC 9309, section 2.2.2 and 2.2.3.
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz", True),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", False),
        ("/foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https%3a%2f%2ffoo.bar", True),
        ("/foo/bar/\u30c4", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84", True),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", True),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", True),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-b.html", False),
        ("/path/foo-%24", "/path/foo-$", True),
        ("/allow/this/$", "/allow/this/", True),
        ("/allow/this/$", "/allow/this/one", False),
        # The table of Google's description.
        ("/*", "/anything", True),
        ("/fish", "/fishheads/yummy.html", True),
        ("/fish", "/Fish.asp", False),
        ("/fish", "/catfish", False),
        ("/fish*", "/fish.php?id=anything", True),
        ("/fish*", "/desert/fish", False),
        ("/fish/", "/fish/?id=anything", True),
        ("/fish/", "/fish.html", False),
        ("/*.php", "/folder/any.php.file.html", True),
        ("/*.php", "/windows.PHP", False),
        ("/*.php$", "/filename.php", True),
        ("/*.php$", "/filename.php?parameters", False),
        ("/*.php$", "/filename.php5", False),
        ("/fish*.php", "/fishheads/catfish.php?parameters", True),
        # Ours.
        ("/a$b", "/a$b/c", True),
        ("/a*a$", "/a", False),
        ("/***a", "/ba", True),
        ("admin", "/admin/x", True),
        ("*/x", "/a/x", True),
        ("/my folder/", "/my%20folder/x", True),
        ("/my%20folder/", "/my%20folder/x", True),
        ("/{id}", "/%7Bid%7D", True),
        ('/"x"', "/%22x%22", True),
        ("/<x>", "/%3Cx%3E", True),
        ("/^x", "/%5Ex", True),
        ("/^x", "/^x", True),
        ("/x?q=a b", "/x?q=a%20b", True),
        ("/*?", "/x?", True),
        ("/*?", "/x", False),
        ("/$", "/", True),
        ("/$", "/x", False),
    ],
)
def test_a_pattern_speaks_of_what_it_should(pattern: str, path: str, *, is_matched: bool) -> None:
    assert allows(f"User-agent: *\nDisallow: {pattern}", path) is not is_matched


@given(
    st.text("ab*", max_size=8).map(lambda text: "/" + text),
    st.booleans(),
    st.text("ab", max_size=9),
)
def test_a_pattern_speaks_of_what_the_same_regular_expression_does(pattern, is_anchored, rest):
    expression = ".*".join(re.escape(piece) for piece in pattern.split("*"))
    ends = "" if is_anchored else ".*"
    expected = re.fullmatch(expression + ends, "/" + rest) is not None
    rule = Rule(allows=False, pattern=pattern + "$" * is_anchored, line=1)
    assert rule.matches("/" + rest) is expected


def test_a_hostile_pattern_is_not_slow() -> None:
    """A regular expression would take longer than the world has lasted."""
    assert allows("User-agent: *\nDisallow: /" + "*a" * 500 + "b$", "/" + "a" * 2_000)


@pytest.mark.parametrize(
    "line",
    [
        "Disallow /x",
        "disallow:/x",
        " Disallow : /x ",
        "Dissallow: /x",
        "DISALLOW:\t/x",
    ],
)
def test_a_line_that_is_not_quite_right_is_understood(line: str) -> None:
    assert not allows(f"User-agent: *\n{line}")


@pytest.mark.parametrize("between", ["", "\n", "# why\n", "Sitemap: /map.xml\n", "Host: x\n"])
def test_agents_that_follow_each_other_are_told_the_same(between: str) -> None:
    assert not allows(f"User-agent: skybatch\n{between}User-agent: other\nDisallow: /x")


def test_what_only_says_how_fast_does_not_end_a_list_of_agents() -> None:
    """RFC 9309, section 2.2.4: other records must not interfere with the parsing of groups."""
    text = "User-agent: *\nCrawl-delay: 10\n\nUser-agent: other\nDisallow: /"
    assert not allows(text)
    assert Rules(text).delay_s == 10.0


def test_groups_that_name_us_are_one() -> None:
    groups = (("skybatch", "/x"), ("*", "/z"), ("Skybatch", "/y"))
    text = "\n".join(f"User-agent: {agent}\nDisallow: {path}" for agent, path in groups)
    assert [allows(text, path) for path in ("/x", "/y", "/z")] == [False, False, True]


def test_a_group_of_our_own_that_forbids_nothing_frees_us_from_the_one_for_all() -> None:
    assert allows("User-agent: *\nDisallow: /\nUser-agent: skybatch\nDisallow:")


def test_the_line_that_forbids_is_told() -> None:
    text = "# mine\r\nUser-agent: *\r\n\r\nDisallow: /x\r\nAllow: /x/y\r\nDisallow: /x/y/z"
    lines = [Rules(text).forbidden_by(ORIGIN + path) for path in ("/", "/x", "/x/y", "/x/y/z?q")]
    assert lines == [None, 4, None, 6]


@given(st.text(max_size=200))
def test_any_text_is_a_file(text: str) -> None:
    assert isinstance(Rules(f"User-agent: *\n{text}").allow(ORIGIN + "/x"), bool)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_lines_are_counted_also_where_they_are_empty(end: str) -> None:
    rules = Rules(end.join(["", "", "User-agent: *", "", "", "# x", "Disallow: /a", ""]))
    assert rules.forbidden_by(ORIGIN + "/ab") == 7


def test_half_a_million_empty_lines_take_no_time() -> None:
    began = time.process_time()
    rules = Rules("\n" * 510_000 + "User-agent: *\nDisallow: /a")
    assert time.process_time() - began < 0.1
    assert rules.forbidden_by(ORIGIN + "/a") == 510_002


def test_links_are_held_against_slow_rules_only_as_long_as_that_costs_little() -> None:
    """A page with a hundred links held the loop for five seconds."""
    piece = "z" * 400
    lines = [f"Disallow: /a*{piece}y{number}{piece}" for number in range(120)]
    rules = Rules("User-agent: *\n" + "\n".join(lines))
    robots = SimpleNamespace(known=lambda _origin: rules)
    target = parse_target("shop.example")
    admission = Admission(Scope(target, Options()), Options(), robots)
    began = time.process_time()
    for number in range(1_000):
        admission.judge(f"{ORIGIN}/a{'z' * 1_900}{number}", 1)
    assert time.process_time() - began < 0.1
    assert rules.forbidden_by(f"{ORIGIN}/a{piece}y7{piece}") is not None  # when it is asked for
