"""robots.txt, case by case, as it is written about; the id of a case begins with its source.

A number is a section of RFC 9309. `google` is what Google says about its crawlers at
developers.google.com/crawling/docs/robots-txt/robots-txt-spec. `parser` is what the parser does
that it has published at github.com/google/robotstxt, where both are silent, or Google's words are
stricter than its parser (on misspelt names and missing colons). `custom` is what Bing and Yandex
ask of crawlers, and neither the RFC nor Google knows.
"""

from typing import NamedTuple

import pytest

from skybatch.crawl.fetcher import FetchError, Request
from skybatch.crawl.robots_rules import Rules
from skybatch.crawl.web import open_web
from skybatch.model.clock import SystemClock
from skybatch.model.reason import Reason
from tests.crawl.scene import settings_of, web_of
from tests.site import Answer, Page, Raw, Redirect, Silence, Site

ORIGIN = "http://shop.example"
ROBOTS = Request(ORIGIN + "/robots.txt")
FORBIDDEN = "User-agent: *\nDisallow: /x"
LIMIT = 500 * 1024  # bytes; 2.5, and Google's own


def allows(text: str, path: str = "/x") -> bool:
    return Rules(text).allow(ORIGIN + path)


def to_all(*lines: str) -> str:
    return "\n".join(["User-agent: *", *lines])


def to_us(*lines: str) -> str:
    return "\n".join(["User-agent: skybatch", *lines])


def cases(*rows: tuple[object, ...]) -> list[object]:
    """The first column is the id."""
    return [pytest.param(*values, id=str(name)) for name, *values in rows]


@pytest.mark.parametrize(
    ("agent", "is_us"),
    cases(
        ("2.2.1 star", "*", True),
        ("2.2.1 token", "skybatch", True),
        ("2.2.1 upper case", "SKYBATCH", True),
        ("2.2.1 mixed case", "sKyBaTcH", True),
        ("2.2 spaces around the token", " \t skybatch \t ", True),
        ("2.2 comment after the token", "skybatch # the polite one", True),
        ("google version is ignored", "skybatch/1.0", True),
        ("google star after the token is ignored", "skybatch*", True),
        ("parser token up to the first space", "skybatch beta two", True),
        ("parser token up to the first digit", "skybatch2", True),
        ("parser token up to the first dot", "skybatch.example", True),
        ("parser star and more words", "* each of you", True),
        ("2.2.1 beginning of our token", "sky", False),
        ("2.2.1 end of our token", "batch", False),
        ("google star is no wildcard within a token", "sky*", False),
        ("2.2.1 longer token", "skybatchbot", False),
        ("2.2.1 longer token with hyphen", "skybatch-news", False),
        ("2.2.1 longer token with underscore", "skybatch_news", False),
        ("2.2.1 our token at the end of another", "my-skybatch", False),
        ("2.2.1 another token", "googlebot", False),
        ("parser our token as a later word", "friendly skybatch", False),
        ("parser whole header of a browser", "Mozilla/5.0 (compatible; skybatch/1.0)", False),
        ("2.2 no token", "", False),
        ("parser letters that only look like ours", "\u0455kybatch", False),
    ),
)
def test_a_group_is_ours_by_its_product_token(agent: str, *, is_us: bool) -> None:
    assert allows(f"User-agent: {agent}\nDisallow: /x") is not is_us


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    cases(
        ("2.1 last group may be empty", to_all("Disallow: /", to_us()), "/x", True),
        ("2.1 next agent ends a group", to_us("Disallow: /a", "User-agent: b", "Disallow: /x"),
         "/x", True),
        ("2.1 rule before ours is of others", "User-agent: b\nDisallow: /x\n" + to_us("Allow: /a"),
         "/x", True),
        ("2.1 empty rule is a rule", to_us("Disallow:", "User-agent: b", "Disallow: /x"),
         "/x", True),
        ("2.1 empty allow is a rule", to_us("Allow:", "User-agent: b", "Disallow: /x"),
         "/x", True),
        ("2.1 two agents, first", to_us("User-agent: b", "Disallow: /x"), "/x", False),
        ("2.1 two agents, last", "User-agent: b\n" + to_us("Disallow: /x"), "/x", False),
        ("2.1 us and all in one group", to_all(to_us("Disallow: /x")), "/x", False),
        ("2.1 us twice in one group", to_us(to_us("Disallow: /x")), "/x", False),
        ("2.2 group of nobody", to_us("Allow: /a", "User-agent:", "Disallow: /x"), "/x", True),
        ("2.2.1 own group before all", to_us("Disallow: /a", to_all("Disallow: /x")), "/x", True),
        ("2.2.1 own group after all", to_all("Disallow: /x", to_us("Disallow: /a")), "/x", True),
        ("2.2.1 own group, own rule", to_all("Allow: /x", to_us("Disallow: /x")), "/x", False),
        ("2.2.1 only others and all", to_all("Disallow: /x", "User-agent: b", "Allow: /x"),
         "/x", False),
        ("2.2.1 only others", "User-agent: b\nDisallow: /x", "/x", True),
        ("2.2.1 no group at all", "Sitemap: /map.xml", "/x", True),
        ("2.2.1 two own groups, first", to_us("Disallow: /x", "\n" + to_us("Disallow: /y")),
         "/x", False),
        ("2.2.1 two own groups, second", to_us("Disallow: /y", "\n" + to_us("Disallow: /x")),
         "/x", False),
        ("2.2.1 own groups around others",
         to_us("Disallow: /y", to_all("Disallow: /z", to_us("Disallow: /x"))), "/x", False),
        ("2.2.1 own groups in other spellings",
         "User-agent: SKYBATCH/2\nDisallow: /x\nUser-agent: Skybatch\nDisallow: /y", "/x", False),
        ("2.2.1 longest rule of two own groups",
         to_us("Disallow: /x", to_us("Allow: /x/y")), "/x/y", True),
        ("google two groups for all are one", to_all("Disallow: /x", to_all("Disallow: /y")),
         "/x", False),
        ("google ours and the one for all are not one",
         to_us("Disallow: /y", to_all("Disallow: /x", to_us("Disallow: /z"))), "/x", True),
        ("2.2.2 rule before the first agent", "Disallow: /x\n" + to_all("Disallow: /y"),
         "/x", True),
        ("2.2.2 allow before the first agent", "Allow: /x\n" + to_all("Disallow: /"), "/x", False),
        ("2.2.2 rules without any agent", "Disallow: /\nDisallow: /x", "/x", True),
    ),
)  # fmt: skip
def test_a_rule_belongs_to_the_agents_before_it(text: str, path: str, *, expected: bool) -> None:
    assert allows(text, path) is expected


EXAMPLE = """
User-Agent: *
Disallow: *.pdf$
Disallow: /office/
Allow: /press/

User-Agent: one
Disallow:/
Allow:/office/hours.html
Allow:/office/map.pdf

User-Agent: two
User-Agent: three
Disallow: /office/hours.html

User-Agent: four
"""


@pytest.mark.parametrize(
    ("us", "allowed", "forbidden"),
    cases(
        ("5.1 all", "five", "/ /press/a /press/a.pdf?b", "/office/ /office/hours.html /a/b.pdf"),
        ("5.1 alone", "one", "/office/hours.html /office/map.pdf", "/ /press/a /office/other"),
        ("5.1 first of two", "two", "/ /office/map.pdf /a/b.pdf", "/office/hours.html"),
        ("5.1 second of two", "three", "/ /office/map.pdf /a/b.pdf", "/office/hours.html?a"),
        ("5.1 empty group", "four", "/ /office/hours.html /a/b.pdf", ""),
    ),
)
def test_each_crawler_reads_its_own_group(us: str, allowed: str, forbidden: str) -> None:
    rules = Rules(EXAMPLE.replace(us, "skybatch"))
    assert [path for path in allowed.split() if not rules.allow(ORIGIN + path)] == []
    assert [path for path in forbidden.split() if rules.allow(ORIGIN + path)] == []


@pytest.mark.parametrize(
    "line",
    cases(
        ("2.2 empty line", ""),
        ("2.2 blank line", " \t "),
        ("2.2.3 comment", "# Allow: /x"),
        ("2.2.4 Sitemap", "Sitemap: https://shop.example/map.xml"),
        ("2.2.4 Host", "Host: shop.example"),
        ("2.2.4 Clean-param", "Clean-param: ref /x"),
        ("2.2.4 Noindex", "Noindex: /x"),
        ("2.2.4 made up", "Mood: sunny"),
        ("2.3.1.5 no record", "%% this is *not* a record %%"),
        ("2.3.1.5 markup", "<p>Welcome</p>"),
    ),
)
def test_a_line_that_is_no_rule_ends_no_group(line: str) -> None:
    assert not allows(to_us(line, "User-agent: b", "Disallow: /x"))
    assert not allows(f"User-agent: b\n{line}\n" + to_us("Disallow: /x"))
    assert not allows(to_us("Disallow: /a", line, "Disallow: /x"))
    assert allows(to_us("Disallow: /a", line, "User-agent: b", "Disallow: /x"))


@pytest.mark.parametrize(
    "end",
    cases(
        ("2.2 LF", "\n"), ("2.2 CR", "\r"), ("2.2 CRLF", "\r\n"), ("2.2 CR, empty lines", "\r\r")
    ),
)
def test_a_line_ends_in_three_ways(end: str) -> None:
    for text in (FORBIDDEN, f"# first\n{FORBIDDEN}\n# last\n"):
        assert not allows(text.replace("\n", end))
        assert allows(text.replace("\n", end), "/y")


@pytest.mark.parametrize(
    "text",
    cases(
        ("2.2 line ends of all kinds", "\r\nUser-agent: b\rUser-agent: *\nDisallow: /x\r\n"),
        ("2.2 no space", "User-agent:*\nDisallow:/x"),
        ("2.2 spaces before the colon", "User-agent  : *\nDisallow \t: /x"),
        ("2.2 tabs", "User-agent:\t*\nDisallow:\t\t/x"),
        ("2.2 spaces at the beginning", "  User-agent: *\n\t Disallow: /x"),
        ("2.2 spaces at the end", "User-agent: *  \nDisallow: /x \t"),
        ("2.2 lower case", "user-agent: *\ndisallow: /x"),
        ("2.2 upper case", "USER-AGENT: *\nDISALLOW: /x"),
        ("2.2 mixed case", "uSER-aGENT: *\ndisALLOW: /x"),
        ("2.2.3 comments at the end", "User-agent: * # all\nDisallow: /x # why"),
        ("2.2.3 comments without space", "User-agent: *#all\nDisallow: /x#why"),
        ("2.2.3 comment before a rule", "# hello: world\nUser-agent: *\n#\n##\nDisallow: /x"),
        ("2.2.3 comment with a comment", "User-agent: *\nDisallow: /x # a # b"),
        ("2.3.1.5 around markup", "<html>\nUser-agent: *\n<pre>\nDisallow: /x\n</pre></html>"),
        ("2.3.1.5 after bytes", "\x00\x01\x7f\ufffd\nUser-agent: *\n\x00\nDisallow: /x"),
        ("parser colons missing", "User-agent *\nDisallow /x"),
        ("parser tabs for colons", "User-agent\t*\nDisallow\t/x"),
        ("parser colons missing before comments", "User-agent * # all: of you\nDisallow /x # a b"),
        ("parser useragent", "Useragent: *\nDisallow: /x"),
        ("parser user agent", "User agent: *\nDisallow: /x"),
        ("parser dissallow", "User-agent: *\nDissallow: /x"),
        ("parser dissalow", "User-agent: *\nDissalow: /x"),
        ("parser disalow", "User-agent: *\nDISALOW: /x"),
        ("parser diasllow", "User-agent: *\nDiasllow: /x"),
        ("parser disallaw", "User-agent: *\nDisallaw: /x"),
        ("parser misspelt, colon missing", "Useragent *\ndissallow /x"),
    ),
)
def test_a_rule_is_read_however_it_is_written(text: str) -> None:
    assert not allows(text)
    assert allows(text, "/y")


@pytest.mark.parametrize(
    "text",
    cases(
        ("2.2 empty file", ""),
        ("2.2 empty lines", "\n\r\n\r\n \t\n"),
        ("2.2 only comments", "# Disallow: /x\n# that is all"),
        ("2.2 agent without rules", "User-agent: *"),
        ("2.2 empty disallow", to_all("Disallow:")),
        ("2.2 empty disallow with spaces", to_all("Disallow: \t ")),
        ("2.2 empty disallow before a comment", to_all("Disallow: # nothing")),
        ("2.2 value on the next line", to_all("Disallow:", "/x")),
        ("2.2 colon and value on the next line", to_all("Disallow", ": /x")),
        ("2.2 no key", to_all(": /x")),
        ("2.2.3 rule in a comment", to_all("# Disallow: /x")),
        ("2.2.3 rule in a comment after a rule", to_all("Disallow: /y # Disallow: /x")),
        ("2.2.3 agent in a comment", "# User-agent: *\nDisallow: /x"),
        ("2.2.4 another record", to_all("Forbid: /x")),
        ("google web page", "<!doctype html>\n<title>Shop</title>\n<p>Disallow: /x</p>"),
        ("google rule without agent in a web page", "<html>\nDisallow: /x\n</html>"),
        ("parser nothing between name and value", to_all("Disallow/x")),
        ("google sentence", to_all("Please do not fetch /x, will you?")),
        ("parser mark of byte order within the file", to_all("\ufeffDisallow: /x")),
        ("parser allow is not repaired", to_all("Allow: /x", "Disallow: /x", "Alow: /y")),
    ),
)
def test_what_is_no_rule_forbids_nothing(text: str) -> None:
    assert allows(text)
    assert allows(text, "/")


@pytest.mark.parametrize(
    "lines",
    cases(
        ("2.2 empty allow", ["Allow:"]),
        ("2.2.2 duplicates", ["Disallow: /x", "Disallow: /x"]),
        ("2.2.4 another record", ["Permit: /x"]),
        ("2.2.3 allow in a comment", ["# Allow: /x"]),
        ("parser misspelt allow", ["Alow: /x", "Alllow: /x", "Aloow: /x"]),
    ),
)
def test_what_is_no_rule_allows_nothing(lines: list[str]) -> None:
    assert not allows(to_all("Disallow: /x", *lines))
    assert not allows(to_all(*lines, "Disallow: /x"))


@pytest.mark.parametrize(
    "filler",
    cases(
        ("2.5 long comment", "#" + "x" * 100_000),
        ("2.5 long record", "Mood: " + "x" * 100_000),
        ("2.5 long line without a record", "x" * 100_000),
        ("2.5 long agent", "User-agent: " + "x" * 100_000),
        ("2.5 long run of spaces", " " * 100_000),
        ("2.5 long pattern", "Disallow: /" + "y" * 100_000),
        ("2.5 many lines", "\n".join(["Disallow: /y"] * 20_000)),
    ),
)
def test_a_rule_after_much_else_is_read(filler: str) -> None:
    text = f"{filler}\n" + to_us("Disallow: /a", filler, to_us("Disallow: /x"))
    assert not allows(text)
    assert allows(text, "/z")


def test_a_long_pattern_is_compared_to_its_end() -> None:
    stem = "/" + "y" * 1_900
    text = to_all(f"Disallow: {stem}a")
    assert not allows(text, f"{stem}a/b")
    assert allows(text, f"{stem}b")


FISH = (
    "/fish /fish.html /fish/salmon.html /fishheads /fishheads/yummy.html /fish.php?id=anything",
    "/Fish.asp /catfish /?id=fish /desert/fish",
)
TABLE = {  # of Google: path values, what they match, and what they do not
    "/": ("/ /fish /fish/salmon.html?a=b", ""),
    "/*": ("/ /fish /fish/salmon.html?a=b", ""),
    "/$": ("/", "/fish /?id=fish"),
    "/fish": FISH,
    "/fish*": FISH,
    "/fish/": (
        "/fish/ /fish/?id=anything /fish/salmon.htm",
        "/fish /fish.html /animals/fish/ /Fish/Salmon.asp",
    ),
    "/*.php": (
        "/index.php /filename.php /folder/filename.php /folder/filename.php?parameters "
        "/folder/any.php.file.html /filename.php/",
        "/ /windows.PHP",
    ),
    "/*.php$": (
        "/filename.php /folder/filename.php",
        "/filename.php?parameters /filename.php/ /filename.php5 /windows.PHP",
    ),
    "/fish*.php": ("/fish.php /fishheads/catfish.php?parameters", "/Fish.PHP"),
}


@pytest.mark.parametrize(
    ("pattern", "path", "is_matched"),
    cases(
        *(
            (f"google {pattern} {path}", pattern, path, is_matched)
            for pattern, columns in TABLE.items()
            for column, is_matched in zip(columns, (True, False), strict=True)
            for path in column.split()
        ),
        ("2.2.2 from the first octet", "/x", "/a/x", False),
        ("2.2.2 case", "/X", "/x", False),
        ("2.2.2 end of the pattern", "/x/y", "/x", False),
        ("2.2.2 slash at the end", "/x/", "/x", False),
        ("2.2.2 slashes are not merged", "/x/y", "/x//y", False),
        ("2.2.2 query", "/a?b=c", "/a?b=cd&e", True),
        ("2.2.2 query in another order", "/a?b=c", "/a?e&b=c", False),
        ("2.2.2 query needed", "/a?", "/a", False),
        ("2.2.2 empty query", "/a?", "/a?", True),
        ("2.2.2 query of the root", "/?b", "/?b=c", True),
        ("2.2.2 path with any query", "/a", "/a?b", True),
        ("2.2.2 semicolon is of the path", "/a;b", "/a;b=c", True),
        ("2.2.3 star for nothing", "/a*b", "/ab", True),
        ("2.2.3 star for slashes", "/a*b", "/a/c/d/b", True),
        ("2.2.3 star for a query", "/a*b", "/a?c=b", True),
        ("2.2.3 star at the beginning", "*.gif", "/a/b.gif", True),
        ("2.2.3 only a star", "*", "/a", True),
        ("2.2.3 stars in a row", "/a***b", "/acb", True),
        ("2.2.3 star between slashes", "/a/*/b", "/a/b", False),
        ("2.2.3 star between slashes for nothing", "/a/*/b", "/a//b", True),
        ("2.2.3 stars in order", "/a*b*c", "/a-c-b", False),
        ("2.2.3 four pieces in order", "/a*b*c*d", "/a-c-b-d", False),
        ("2.2.3 no octet for two pieces", "/ab*ba$", "/aba", False),
        ("2.2.3 star takes as much as it must", "/a*bc$", "/abcbbc", True),
        ("2.2.3 star takes as little as it must", "/a*b*b", "/ab", False),
        ("2.2.3 star is no class of its own", "/a.*", "/abc", False),
        ("2.2.3 star and another query", "/*?*sort=", "/a?page=2&sort=up", True),
        ("2.2.3 end", "/a$", "/a", True),
        ("2.2.3 end before more", "/a$", "/ab", False),
        ("2.2.3 end before a slash", "/a$", "/a/", False),
        ("2.2.3 end before a query", "/a$", "/a?b", False),
        ("2.2.3 end before an empty query", "/a$", "/a?", False),
        ("2.2.3 end of a query", "/a?b$", "/a?b", True),
        ("2.2.3 end after a star", "/a*$", "/abc", True),
        ("2.2.3 end after a star and more", "/a*c$", "/abcd", False),
        ("parser dollar in the middle", "/a$b", "/a$bc", True),
        ("parser dollar in the middle is no end", "/a$b", "/a", False),
        ("parser dollar before the end", "/a$$", "/a$", True),
        ("parser dollar before a star", "/a$*", "/ab", False),
    ),
)
def test_a_pattern_matches(pattern: str, path: str, *, is_matched: bool) -> None:
    assert allows(to_all(f"Disallow: {pattern}"), path) is not is_matched
    assert allows(to_all("Disallow: /", f"Allow: {pattern}"), path) is is_matched


@pytest.mark.parametrize(
    ("pattern", "path", "is_matched"),
    cases(
        ("2.2.2 nothing to encode", "/foo/bar?baz=quz", "/foo/bar?baz=quz", True),
        ("2.2.2 reserved, as written", "/a?b=https://c.d", "/a?b=https://c.d", True),
        ("2.2.2 reserved, encoded", "/a?b=https%3A%2F%2Fc", "/a?b=https%3A%2F%2Fc.d", True),
        ("2.2.2 three bytes", "/foo/bar/\u30c4", "/foo/bar/%E3%83%84", True),
        ("2.2.2 three bytes, encoded", "/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84", True),
        ("2.2.2 two bytes", "/m\u00f6bel", "/m%C3%B6bel/tische", True),
        ("2.2.2 four bytes", "/\U0001f6d2", "/%F0%9F%9B%92", True),
        ("2.2.2 in a query", "/a?\u00f6=1", "/a?%C3%B6=1", True),
        ("2.2.2 after a star", "/*\u00f6$", "/a/%C3%B6", True),
        ("2.2.2 part of a character", "/%C3", "/%C3%B6", True),
        ("2.2.2 other octets", "/o\u0308", "/%C3%B6", False),
        ("2.2.2 case of a character", "/\u00d6", "/%C3%B6", False),
        ("2.2.2 small digits in the pattern", "/%c3%b6", "/%C3%B6", True),
        ("2.2.2 small digits in the URL", "/%C3%B6", "/%c3%b6", True),
        ("2.2.2 letters in the pattern", "/foo/bar/%62%61%7A", "/foo/bar/baz", True),
        ("2.2.2 letters in the URL", "/foo/bar/baz", "/foo/bar/%62%61%7a", True),
        ("2.2.2 digit", "/%31", "/1", True),
        ("2.2.2 hyphen, dot, underscore, tilde", "/%2D%2e%5F%7e", "/-._~", True),
        ("2.2.2 slash stays encoded", "/a/b", "/a%2Fb", False),
        ("2.2.2 encoded slash is no slash", "/a%2Fb", "/a/b", False),
        ("2.2.2 encoded slash", "/a%2fb", "/a%2Fb", True),
        ("2.2.2 encoded question mark is of the path", "/a?b", "/a%3Fb", False),
        ("2.2.2 percent sign is not decoded twice", "/%2562", "/b", False),
        ("2.2.2 percent sign stays encoded", "/%2562", "/%2562", True),
        ("2.2.2 percent sign alone", "/100%", "/100%/a", True),
        ("2.2.2 percent sign before other letters", "/a%zz", "/a%zz", True),
        ("2.2.3 encoded star in the pattern", "/file-%2A.html", "/file-*.html", True),
        ("2.2.3 encoded star is no star", "/file-%2A.html", "/file-a.html", False),
        ("2.2.3 encoded star in the URL", "/file-%2a", "/file-%2A.html", True),
        ("2.2.3 encoded dollar in the pattern", "/foo-%24", "/foo-$", True),
        ("2.2.3 encoded dollar is no end", "/foo-%24", "/foo-", False),
        ("2.2.3 encoded dollar before more", "/foo-%24", "/foo-$/a", True),
        ("2.2.3 encoded number sign is no comment", "/a%23b", "/a", False),
        ("2.2.3 encoded number sign", "/a%23b", "/a%23bc", True),
    ),
)
def test_octets_are_compared_in_one_spelling(pattern: str, path: str, *, is_matched: bool) -> None:
    assert allows(to_all(f"Disallow: {pattern}"), path) is not is_matched
    assert allows(to_all("Disallow: /", f"Allow: {pattern}"), path) is is_matched


@pytest.mark.parametrize(
    ("path", "expected"),
    cases(
        ("2.2.2 itself", "/robots.txt", True),
        ("2.3 in a folder", "/a/robots.txt", False),
        ("2.3 in upper case", "/ROBOTS.TXT", False),
        ("2.3 longer name", "/robots.txt.bak", False),
    ),
)
@pytest.mark.parametrize("pattern", ["*", "/robots.txt", "/robots.txt$"])
def test_only_robots_txt_is_always_allowed(pattern: str, path: str, *, expected: bool) -> None:
    assert allows(to_all("Disallow: /", f"Disallow: {pattern}"), path) is expected


@pytest.mark.parametrize(
    ("first", "second", "path", "expected"),
    cases(
        ("google /p", "Allow: /p", "Disallow: /", "/page", True),
        ("google /folder", "Allow: /folder", "Disallow: /folder", "/folder/page", True),
        ("google /*.htm", "Allow: /page", "Disallow: /*.htm", "/page.htm", False),
        ("google /*.ph", "Allow: /page", "Disallow: /*.ph", "/page.php5", True),
        ("google /$", "Allow: /$", "Disallow: /", "/", True),
        ("google /$, another page", "Allow: /$", "Disallow: /", "/page.htm", False),
        ("5.2 longer disallow", "Allow: /a/b/", "Disallow: /a/b/c.gif", "/a/b/c.gif", False),
        ("5.2 longer disallow, other page", "Allow: /a/b/", "Disallow: /a/b/c.gif", "/a/b/c", True),
        ("2.2.2 longer allow", "Disallow: /a", "Allow: /a/b", "/a/b/c", True),
        ("2.2.2 shorter allow", "Disallow: /a/b", "Allow: /a", "/a/b/c", False),
        ("2.2.2 longer, but of another page", "Disallow: /a", "Allow: /a/bcd", "/a/bc", False),
        ("2.2.2 equal", "Disallow: /x", "Allow: /x", "/x", True),
        ("2.2.2 equal to all", "Disallow: /", "Allow: /", "/x", True),
        ("2.2.2 equal in another spelling", "Disallow: /%78y", "Allow: /x%79", "/xy", True),
        ("2.2.2 equal once encoded", "Disallow: /\u00f6", "Allow: /%c3%b6", "/%C3%B6", True),
        ("parser octets once encoded", "Allow: /\u00f6", "Disallow: /*abcd", "/%C3%B6abcd", True),
        ("2.2.2 decoded octets", "Allow: /%61%62", "Disallow: /abc", "/abc", False),
        ("2.2.2 star counts", "Allow: /abc", "Disallow: /*abc", "/abcabc", False),
        ("2.2.2 end counts", "Allow: /abc", "Disallow: /abc$", "/abc", False),
        ("2.2.2 query counts", "Allow: /a", "Disallow: /a?b", "/a?b", False),
        ("2.2.2 slash counts", "Disallow: /a", "Allow: /a/", "/a/", True),
        ("2.2.2 slash counts, without it", "Disallow: /a", "Allow: /a/", "/a", False),
        ("2.2.2 neither", "Disallow: /a", "Allow: /b", "/c", True),
        ("2.2 empty allow", "Disallow: /", "Allow:", "/x", False),
        ("2.2 empty disallow", "Disallow: /x", "Disallow:", "/x", False),
    ),
)
def test_the_most_specific_rule_decides_wherever_it_stands(
    first: str, second: str, path: str, *, expected: bool
) -> None:
    assert allows(to_all(first, second), path) is expected
    assert allows(to_all(second, first), path) is expected
    assert allows(to_us(first, to_us(second)), path) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    cases(
        ("2.2.4 alone", "Sitemap: http://shop.example/a.xml", ["http://shop.example/a.xml"]),
        ("google any case", "SITEMAP: http://shop.example/A.xml", ["http://shop.example/A.xml"]),
        ("google several", "Sitemap: http://a.example/\nSitemap: http://b.example/",
         ["http://a.example/", "http://b.example/"]),
        ("google in the group of another", "User-agent: b\nSitemap: http://a.example/\nDisallow: /",
         ["http://a.example/"]),
        ("google not encoded", "Sitemap: http://a.example/\u30c4.xml",
         ["http://a.example/\u30c4.xml"]),
        ("2.2.3 comment", "Sitemap: http://a.example/#b", ["http://a.example/"]),
        ("parser site-map", "Site-map: http://a.example/", ["http://a.example/"]),
        ("2.2.3 in a comment", "# Sitemap: http://a.example/", []),
        ("2.2.4 none", FORBIDDEN, []),
    ),
)  # fmt: skip
def test_sitemaps_are_for_everybody(text: str, expected: list[str]) -> None:
    assert list(Rules(text).sitemaps) == expected
    assert list(Rules(to_us("Disallow: /x", text)).sitemaps) == expected


@pytest.mark.parametrize(
    ("text", "delay_s"),
    cases(
        ("custom to all", to_all("Crawl-delay: 5", "Disallow: /x"), 5.0),
        ("custom after the rules", to_all("Disallow: /x", "Crawl-delay: 5"), 5.0),
        ("custom fraction", to_all("Crawl-delay: 0.5", "Disallow: /x"), 0.5),
        ("custom any case", to_all("crawl-DELAY: 5", "Disallow: /x"), 5.0),
        ("custom to us", to_us("Crawl-delay: 5", "Disallow: /x"), 5.0),
        ("custom to us and another", to_us("User-agent: b", "Crawl-delay: 5", "Disallow: /x"), 5.0),
        ("custom to us rather than all",
         to_all("Crawl-delay: 9", "Disallow: /", to_us("Crawl-delay: 5", "Disallow: /x")), 5.0),
        ("2.2.1 to all, but not to us",
         to_all("Crawl-delay: 9", "Disallow: /", to_us("Disallow: /x")), 0.0),
        ("2.1 to another", to_all("Disallow: /x", "User-agent: b", "Crawl-delay: 9"), 0.0),
        ("2.1 before the first agent", "Crawl-delay: 9\n" + to_all("Disallow: /x"), 0.0),
        ("2.2.4 no number", to_all("Crawl-delay: slow", "Disallow: /x"), 0.0),
    ),
)  # fmt: skip
def test_a_crawl_delay_is_that_of_the_group_and_changes_no_rule(text: str, delay_s: float) -> None:
    assert Rules(text).delay_s == delay_s
    assert not allows(text)
    assert allows(text, "/y")


async def rules_of(answer: Answer, **more: Answer) -> Rules:
    hosts = {"*": {"/robots.txt": answer, **{f"/{name}": page for name, page in more.items()}}}
    async with Site(hosts) as site, web_of(site, read_timeout_s=0.3) as web:
        return await web.robots.rules(ROBOTS)


async def failure_of(answer: Answer, **more: Answer) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await rules_of(answer, **more)
    return caught.value


@pytest.mark.parametrize(
    "answer",
    cases(
        ("2.3.1.1 200", Page(FORBIDDEN)),
        ("google 201", Page(FORBIDDEN, status=201)),
        ("google 203", Page(FORBIDDEN, status=203)),
        ("2.3 text/plain", Page(FORBIDDEN, content_type="text/plain")),
        ("2.3.1.5 another type", Page(FORBIDDEN, content_type="application/octet-stream")),
        ("2.3.1.5 no type", Page(FORBIDDEN, content_type=None)),
        ("2.3 whatever charset is claimed",
         Page("User-agent: *\nDisallow: /x\u00f6\nDisallow: /x",
              content_type="text/plain; charset=utf-16")),
        ("google mark of byte order", Page(b"\xef\xbb\xbf" + FORBIDDEN.encode())),
        ("google mark of byte order, CRLF",
         Page(b"\xef\xbb\xbf" + FORBIDDEN.replace("\n", "\r\n").encode())),
        ("2.3.1.5 bytes that are no text",
         Page(b"\xff\xfe\x00\x80\n" + FORBIDDEN.encode() + b"\n\xc3\x28\xf5")),
        ("2.3.1.5 line that is no UTF-8",
         Page(b"User-agent: *\nDisallow: /caf\xe9\nDisallow: /x\n")),
        ("google web page with rules", Page(f"<!doctype html>\n<pre>\n{FORBIDDEN}\n</pre>")),
    ),
)  # fmt: skip
async def test_a_file_that_comes_is_read(answer: Answer) -> None:
    rules = await rules_of(answer)
    assert not rules.allow(ORIGIN + "/x")
    assert rules.allow(ORIGIN + "/y")


@pytest.mark.parametrize(
    "answer",
    cases(
        ("google 204", Page(status=204)),
        ("2.3.1.1 empty", Page()),
        ("2.3.1.5 binary", Page(bytes(range(256)) * 40)),
        ("google web page", Page("<!doctype html><title>Shop</title><p>Disallow: /x</p>")),
        ("google mark of byte order alone", Page(b"\xef\xbb\xbf")),
        *((f"2.3.1.3 {status}", Page(FORBIDDEN, status=status))
          for status in (400, 401, 403, 404, 405, 410, 418, 451)),
    ),
)  # fmt: skip
async def test_without_a_file_everything_is_allowed(answer: Answer) -> None:
    rules = await rules_of(answer)
    assert rules.allow(ORIGIN + "/x")
    assert rules.delay_s == 0.0


@pytest.mark.parametrize(
    "answer",
    cases(
        *((f"2.3.1.4 {status}", Page("User-agent: *\nAllow: /", status=status))
          for status in (500, 501, 502, 503, 504, 599)),
        ("2.3.1.4 connection closed", Raw()),
        ("google connection closed within the head", Raw(b"HTTP/1.1 200 OK\r\nContent-Ty")),
        ("google connection closed within the body",
         Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nUser-agent: *\nDisallow: /y\n")),
        ("google broken chunks",
         Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nUser-agent: *\r\n")),
        ("google chunks without the last",
         Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nAllow\r\n")),
        ("google no HTTP", Raw(b"User-agent: *\nAllow: /\n\n")),
        ("google no answer in time", Silence()),
        ("google no body in time", Silence(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nAllow")),
    ),
)  # fmt: skip
async def test_a_file_that_cannot_be_had_forbids_everything(answer: Answer) -> None:
    assert (await failure_of(answer)).reason is Reason.ROBOTS_UNREACHABLE


async def test_a_host_that_refuses_connections_is_not_crawled() -> None:
    """2.3.1.4: an error of the network."""
    async with Site({}) as site, web_of(site) as web:
        with pytest.raises(FetchError):
            await web.robots.rules(Request("https://shop.example/robots.txt"))
        assert web.robots.known("https://shop.example") is None


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    cases(
        ("google 429", Page(status=429), None),
        ("google 429 with a time", Page(status=429, headers={"Retry-After": "7"}), 7.0),
        ("google 503 with a time", Page(status=503, headers={"Retry-After": "7"}), 7.0),
    ),
)
async def test_a_host_that_is_asked_too_much_is_waited_for(
    answer: Answer, wait_s: float | None
) -> None:
    error = await failure_of(answer)
    assert error.reason is Reason.RATE_LIMITED
    assert error.retry_after_s is not None
    assert error.retry_after_s > 0.0
    assert wait_s in (None, error.retry_after_s)


def chain(hops: int, *, status: int = 302, across_hosts: bool = False) -> dict[str, Answer]:
    """Redirects from /robots.txt to a file, by the names of their paths."""
    names = ["robots.txt", *(f"hop{number}" for number in range(1, hops)), "file"]
    hosts = [f"http://h{number}.example" if across_hosts else "" for number in range(hops)]
    return {
        name: Redirect(f"{host}/{target}", status)
        for name, host, target in zip(names, hosts, names[1:], strict=False)
    }


@pytest.mark.parametrize(
    "answers",
    cases(
        *((f"2.3.1.2 {hops} of 302", chain(hops)) for hops in (1, 2, 3, 4, 5)),
        *((f"2.3.1.2 5 of {status}", chain(5, status=status)) for status in (301, 303, 307, 308)),
        ("2.3.1.2 5 across hosts", chain(5, across_hosts=True)),
    ),
)
async def test_up_to_five_redirects_are_followed(answers: dict[str, Answer]) -> None:
    first = answers["robots.txt"]
    more = {name: answer for name, answer in answers.items() if name != "robots.txt"}
    rules = await rules_of(first, **more, file=Page(FORBIDDEN))
    assert not rules.allow(ORIGIN + "/x")
    assert rules.allow(ORIGIN + "/y")


@pytest.mark.parametrize("hops", cases(("2.3.1.2 6", 6), ("google 12", 12)))
async def test_more_redirects_are_as_good_as_no_file(hops: int) -> None:
    answers = chain(hops)
    first = answers.pop("robots.txt")
    assert (await rules_of(first, **answers, file=Page(FORBIDDEN))).allow(ORIGIN + "/x")


async def test_redirects_in_a_circle_are_as_good_as_no_file() -> None:
    """2.3.1.2: they are more than five."""
    rules = await rules_of(Redirect("/a"), a=Redirect("/b"), b=Redirect("/robots.txt"))
    assert rules.allow(ORIGIN + "/x")


@pytest.mark.parametrize("status", cases(("2.3.1.3 404", 404), ("2.3.1.3 403", 403)))
async def test_a_redirect_to_no_file_allows_everything(status: int) -> None:
    rules = await rules_of(Redirect("/file"), file=Page(FORBIDDEN, status=status))
    assert rules.allow(ORIGIN + "/x")


@pytest.mark.parametrize(
    ("answer", "reason"),
    cases(
        ("2.3.1.4 500", Page(status=500), Reason.ROBOTS_UNREACHABLE),
        ("2.3.1.4 connection closed", Raw(), Reason.ROBOTS_UNREACHABLE),
        ("google 429", Page(status=429), Reason.RATE_LIMITED),
    ),
)
async def test_a_redirect_to_where_the_file_cannot_be_had_allows_nothing(
    answer: Answer, reason: Reason
) -> None:
    assert (await failure_of(Redirect("/file"), file=answer)).reason is reason


async def test_a_redirect_within_a_page_is_not_followed() -> None:
    """Google: neither frames nor scripts nor refreshes are."""
    page = Page('<meta http-equiv="refresh" content="0; url=/file"><frame src="/file">')
    hosts = {"*": {"/robots.txt": page, "/file": Page(FORBIDDEN)}}
    async with Site(hosts) as site, web_of(site) as web:
        assert (await web.robots.rules(ROBOTS)).allow(ORIGIN + "/x")
        assert site.asked("/file") == []


@pytest.mark.parametrize(
    ("size", "is_read"),
    cases(
        ("2.5 last byte of 500 KiB", LIMIT, True),
        ("google behind 500 KiB", LIMIT + len("\nDisallow: /x"), False),
    ),
)
async def test_500_kib_are_read(size: int, *, is_read: bool) -> None:
    head, rule = "User-agent: *\nDisallow: /a\n", "\nDisallow: /x"
    text = head + "#" * (size - len(head) - len(rule)) + rule
    rules = await rules_of(Page(text))
    assert not rules.allow(ORIGIN + "/a")
    assert rules.allow(ORIGIN + "/x") is not is_read


@pytest.mark.parametrize(
    "origin",
    cases(
        ("google another scheme", "https://shop.example"),
        ("google another port", "http://shop.example:8181"),
        ("google host above", "http://example"),
        ("google host below", "http://www.shop.example"),
    ),
)
async def test_a_file_is_of_one_origin(origin: str) -> None:
    async with Site({"*": {"/robots.txt": Page(FORBIDDEN)}}) as site, web_of(site) as web:
        await web.robots.rules(ROBOTS)
        assert web.robots.known(ORIGIN) is not None
        assert web.robots.known(origin) is None


async def test_a_default_port_is_the_same_origin() -> None:
    """Google: port 80 of HTTP is that of the plain name."""
    async with Site({"*": {"/robots.txt": Page(FORBIDDEN)}}) as site, web_of(site) as web:
        await web.robots.rules(Request("http://shop.example:80/robots.txt"))
        assert web.robots.known(ORIGIN) is not None


class LaterClock(SystemClock):
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.forward_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.forward_s


async def test_rules_that_are_no_utf_8_are_about_those_very_bytes() -> None:
    """2.2.2: octets beyond ASCII are percent-encoded, whatever they are."""
    body = b"User-agent: *\nDisallow: /caf\xe9"
    async with Site({"*": {"/robots.txt": Page(body)}}) as site, web_of(site) as web:
        rules = await web.robots.rules(ROBOTS)
    assert not rules.allow(f"{ORIGIN}/caf%E9")
    assert rules.allow(f"{ORIGIN}/caf%C3%A9")


def test_of_a_star_with_letters_behind_it_there_is_no_group() -> None:
    """The parser: the star stands alone, or before a space."""
    assert not allows(to_all("Disallow: /x", "User-agent: *other", "Allow: /x"))


async def test_a_file_is_kept_for_a_day_and_not_longer() -> None:
    """2.4."""
    clock = LaterClock()
    hosts = {"*": {"/robots.txt": Page(FORBIDDEN)}}
    async with Site(hosts) as site, open_web(settings_of(site), clock) as web:
        await web.robots.rules(ROBOTS)
        clock.forward_s = 23 * 3_600.0
        assert web.robots.known(ORIGIN) is not None
        clock.forward_s = 24 * 3_600.0 + 1.0
        assert web.robots.known(ORIGIN) is None


class Difference(NamedTuple):
    """What a source says otherwise than we do."""

    source: str
    text: str | bytes
    path: str
    expected: bool  # of the source: whether the path is allowed


# Where we differ from a source, as sources differ, or files that people write are meant otherwise.
# The first ones are those in which we fetch what the source would not.
DIFFERENCES = [
    Difference(
        "2.2.2, table 4, row 2: reserved characters in the query of a rule are encoded",
        to_all("Disallow: /foo/bar?baz=https://foo.bar"),
        "/foo/bar?baz=https%3A%2F%2Ffoo.bar",
        expected=False,
    ),
    Difference(
        "2.2.2, table 4, row 2: and those in the query of a URL (the parser does neither)",
        to_all("Disallow: /foo/bar?baz=https%3A%2F%2Ffoo.bar"),
        "/foo/bar?baz=https://foo.bar",
        expected=False,
    ),
    Difference(
        "2.2, google: a pattern begins with a slash",
        to_all("Disallow: /", "Allow: x"),
        "/x",
        expected=False,
    ),
    Difference(
        "parser: a missing colon is made up for only between two words",
        to_all("Disallow: /", "Allow /x y"),
        "/x%20y",
        expected=False,
    ),
    Difference(
        "2.2, parser: a name without colon and value is no rule, even before a space",
        to_us("Disallow ", "User-agent: other", "Disallow: /x"),
        "/x",
        expected=False,
    ),
    Difference(
        "2.2, parser: nor is it an agent",
        to_us("Disallow: /a", "User-agent ", "Disallow: /x"),
        "/x",
        expected=False,
    ),
    Difference(
        "2.2.2: only /robots.txt itself is always allowed, not with a query",
        to_all("Disallow: /"),
        "/robots.txt?x",
        expected=False,
    ),
    Difference(
        "parser, not 2.2: a name may have more letters behind it",
        to_all("Disallowed: /x"),
        "/x",
        expected=False,
    ),
    Difference(
        "parser, not 2.2: a name of an agent line, too",
        "User-agents: *\nDisallow: /x",
        "/x",
        expected=False,
    ),
    Difference(
        "parser, not 2.5: of a line longer than 16,664 bytes the rest is left out",
        to_all("Disallow: /" + "y" * 17_000 + "a"),
        "/" + "y" * 17_000 + "b",
        expected=False,
    ),
    Difference(
        "parser: two and a half bytes of a mark of byte order are as good as one",
        b"\xef\xbbUser-agent: *\nDisallow: /x",
        "/x",
        expected=False,
    ),
    Difference(
        "google, not parser: a star at the end is as good as none, so the two are equal",
        to_all("Allow: /fish", "Disallow: /fish*"),
        "/fish",
        expected=True,
    ),
    Difference(
        "parser: who allows an index page allows its folder",
        to_all("Disallow: /", "Allow: /a/index.html"),
        "/a/",
        expected=True,
    ),
    Difference(
        "2.2, google: a pattern begins with a slash",
        to_all("Disallow: x"),
        "/x",
        expected=True,
    ),
    Difference(
        "2.2, parser: an end alone matches nothing",
        to_all("Disallow: $"),
        "/",
        expected=True,
    ),
    Difference(
        "2.2, parser: a space is no encoded space",
        to_all("Disallow: /a b"),
        "/a%20b",
        expected=True,
    ),
    Difference(
        "2.2.2, parser: what is neither reserved nor beyond ASCII is compared as it is",
        to_all("Disallow: /{a}"),
        "/%7Ba%7D",
        expected=True,
    ),
    Difference(
        "2.2: spaces are U+0020 and tabs",
        to_all("Disallow: /x\u00a0"),
        "/x",
        expected=True,
    ),
    Difference(
        "parser: the words `User agent` without a colon are no agent line",
        "User agent skybatch\nDisallow: /x",
        "/x",
        expected=True,
    ),
]


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.source)
def test_a_known_difference_is_one(difference: Difference) -> None:
    text = (
        difference.text if isinstance(difference.text, str) else difference.text.decode("latin-1")
    )
    assert allows(text, difference.path) is not difference.expected
