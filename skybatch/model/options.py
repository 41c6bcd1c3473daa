"""The options of a batch: names, defaults, ranges, and one check that finds every fault."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from skybatch.errors import Fault, suggest

MAX_PAGES = (1, 100_000)
MAX_CONCURRENT_JOBS = (1, 1_000)


@dataclass(frozen=True, slots=True)
class Options:
    """How the domains of one batch are crawled. `[crawl]` of the configuration gives defaults."""

    scope: str = "host"
    max_depth: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    respect_robots: bool = True
    use_sitemaps: bool = True
    per_host_delay_s: float = 0.5
    per_host_concurrency: int = 2
    deadline_s: float = 0.0
    max_attempts: int = 3
    priority: int = 5
    until: Mapping[str, int] = field(default_factory=dict)
    store_html: bool = False
    text: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    default_region: str = ""


# What each option means, for people; a test holds the lists together.
MEANINGS: Mapping[str, str] = {
    "scope": "Which links belong to a site: host (www. counts as the same), subdomains, or domain "
    "(the registered domain by the Public Suffix List)",
    "max_depth": "Clicks from the start page; 0 = no limit",
    "include": "Path patterns, * matches anything: only these pages are fetched; none = all",
    "exclude": "Path patterns of pages that are not fetched",
    "respect_robots": "Whether robots.txt is obeyed (RFC 9309)",
    "use_sitemaps": "Whether pages are also found through sitemaps",
    "per_host_delay_s": "Seconds between the starts of two requests to one host",
    "per_host_concurrency": "Requests to one host at a time",
    "deadline_s": "Seconds from the submission after which the batch ends; 0 = no limit",
    "max_attempts": "Attempts that may fail before a domain has failed",
    "priority": "From 0 (first) to 9 (last)",
    "until": 'A domain is done early once it has this many of each: {"email": 1}',
    "store_html": "Whether the bodies of pages are kept, to be read again later",
    "text": "Whether the main text of pages is kept",
    "headers": "Headers sent with every request",
    "default_region": "Country (two letters) of phone numbers without a country code; empty = by "
    "the site",
}


@dataclass(frozen=True, slots=True)
class Check:
    """Says what a value must be: by reading it (ValueError when it is something else), and in
    words of JSON Schema 2020-12, which cannot say all of it."""

    read: Callable[[object], object]
    schema: Mapping[str, object]

    def __call__(self, value: object) -> object:
        return self.read(value)


def whole(low: int, high: int) -> Check:
    """A check for a whole number within bounds; `true` is not a number."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"must be a whole number from {low} to {high:,}")
        if not low <= value <= high:
            raise ValueError(f"must be from {low} to {high:,}")
        return value

    return Check(check, {"type": "integer", "minimum": low, "maximum": high})


def seconds(high: float) -> Check:
    """A check for a number of seconds from 0."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("must be a number of seconds")
        if not 0 <= value <= high:  # also false for NaN
            raise ValueError(f"must be from 0 to {high:g} seconds")
        return float(value)

    return Check(check, {"type": "number", "minimum": 0, "maximum": high})


def _yes_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


yes_no = Check(_yes_no, {"type": "boolean"})


def one_of(*names: str) -> Check:
    """A check for one of a few words."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in names:
            hint = suggest(value, names) if isinstance(value, str) else ""
            raise ValueError(f"must be one of {', '.join(names)}{hint}")
        return value

    return Check(check, {"type": "string", "enum": list(names)})


_PATTERNS, _PATTERN = 100, 500  # how many, and characters of one


def _patterns(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > _PATTERNS:
        raise ValueError(f"must be a list of at most {_PATTERNS} path patterns")
    for item in value:
        if not isinstance(item, str) or not item.startswith(("/", "*")) or len(item) > _PATTERN:
            told = f'a path pattern begins with "/" or "*", in at most {_PATTERN} characters'
            raise ValueError(told)
    return tuple(value)


path_patterns = Check(
    _patterns,
    {
        "type": "array",
        "maxItems": _PATTERNS,
        "items": {"type": "string", "pattern": "^[/*]", "maxLength": _PATTERN},
    },
)


_HEADERS = 50
_NAME, _CONTENT = r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", r"[\t\x20-\x7e]{0,2000}"
_TOKEN = re.compile(_NAME)  # RFC 9110, section 5.6.2
_OURS = frozenset(
    {"host", "user-agent", "accept-encoding", "connection", "content-length", "transfer-encoding"}
)


def _headers(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > _HEADERS:
        raise ValueError(f"must be an object of at most {_HEADERS} header names and values")
    for name, content in value.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} is not a header name")
        if name.lower() in _OURS:
            raise ValueError(f"{name} is set by skybatch and cannot be changed")
        if not isinstance(content, str) or not re.fullmatch(_CONTENT, content):
            raise ValueError(f"the value of {name} must be plain ASCII text")
    return dict(value)


request_headers = Check(
    _headers,
    {
        "type": "object",
        "maxProperties": _HEADERS,
        "propertyNames": {"pattern": f"^{_NAME}$"},
        "additionalProperties": {"type": "string", "pattern": f"^{_CONTENT}$"},
    },
)


MOST = 50  # values of a kind that a domain is kept with
GOALS = ("email", "phone", "social", "organization")


def _goal(value: object) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise ValueError('must be an object such as {"email": 1}')
    for name, count in value.items():
        if name not in GOALS:
            hint = suggest(str(name), GOALS)
            raise ValueError(f"knows {', '.join(GOALS)}, not {name!r}{hint}")
        _COUNT(count)
    return dict(value)


_COUNT = whole(1, MOST)
goal = Check(
    _goal,
    {
        "type": "object",
        "properties": dict.fromkeys(GOALS, _COUNT.schema),
        "additionalProperties": False,
    },
)
_REGION = r"([A-Za-z]{2})?"


def _region(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(_REGION, value):
        raise ValueError("must be a country code of two letters")
    return value.upper()


region = Check(_region, {"type": "string", "pattern": f"^{_REGION}$"})


# One check per field of Options; a test holds the two lists together.
CHECKS: Mapping[str, Check] = {
    "scope": one_of("host", "subdomains", "domain"),
    "max_depth": whole(0, 1_000),
    "include": path_patterns,
    "exclude": path_patterns,
    "respect_robots": yes_no,
    "use_sitemaps": yes_no,
    "per_host_delay_s": seconds(3_600),
    "per_host_concurrency": whole(1, 64),
    "deadline_s": seconds(31_536_000),
    "max_attempts": whole(1, 100),
    "priority": whole(0, 9),
    "until": goal,
    "store_html": yes_no,
    "text": yes_no,
    "headers": request_headers,
    "default_region": region,
}


def check_options(
    given: Mapping[str, object], defaults: Options, *, at: str = "/options/"
) -> tuple[Options, tuple[Fault, ...]]:
    """The defaults with what was given laid over them, and every fault of what was given."""
    faults: list[Fault] = []
    good: dict[str, object] = {}
    for name, value in given.items():
        if name not in CHECKS:
            detail = f"there is no option {name!r}{suggest(name, CHECKS)}"
            faults.append(Fault(at + name, "unknown", detail))
            continue
        try:
            good[name] = CHECKS[name](value)
        except ValueError as error:
            faults.append(Fault(at + name, "invalid", f"{name} {error}"))
    return replace(defaults, **good), tuple(faults)  # type: ignore[arg-type]
