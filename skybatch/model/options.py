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

    scope: str = "host"  # host (www. counts as the same) | subdomains | domain (registered domain)
    max_depth: int = 0  # clicks from the start page; 0 = no limit
    include: tuple[str, ...] = ()  # path patterns (`*` matches anything); none = all
    exclude: tuple[str, ...] = ()
    respect_robots: bool = True
    use_sitemaps: bool = True
    per_host_delay_s: float = 0.5  # between the starts of two requests to one host
    per_host_concurrency: int = 2  # requests to one host at a time
    deadline_s: float = 0.0  # of the whole batch, from its submission; 0 = none
    max_attempts: int = 3  # charged attempts before a job has failed
    priority: int = 5  # 0 first … 9 last
    until: Mapping[str, int] = field(default_factory=dict)  # goal: {"email": 1} ends a domain early
    store_html: bool = False  # keep the bodies
    text: bool = False  # keep the main text
    headers: Mapping[str, str] = field(default_factory=dict)  # sent with every request
    default_region: str = ""  # ISO 3166 country of phone numbers without a prefix


Check = Callable[[object], object]


def whole(low: int, high: int) -> Check:
    """A check for a whole number within bounds; `true` is not a number."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"must be a whole number from {low} to {high:,}")
        if not low <= value <= high:
            raise ValueError(f"must be from {low} to {high:,}")
        return value

    return check


def seconds(high: float) -> Check:
    """A check for a number of seconds from 0."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("must be a number of seconds")
        if not 0 <= value <= high:  # also false for NaN
            raise ValueError(f"must be from 0 to {high:g} seconds")
        return float(value)

    return check


def yes_no(value: object) -> bool:
    """A check for true or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def one_of(*names: str) -> Check:
    """A check for one of a few words."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in names:
            hint = suggest(value, names) if isinstance(value, str) else ""
            raise ValueError(f"must be one of {', '.join(names)}{hint}")
        return value

    return check


def _patterns(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > 100:
        raise ValueError("must be a list of at most 100 path patterns")
    for item in value:
        if not isinstance(item, str) or not item.startswith(("/", "*")) or len(item) > 500:
            raise ValueError('a path pattern begins with "/" or "*", in at most 500 characters')
    return tuple(value)


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, section 5.6.2
_OURS = frozenset(
    {"host", "user-agent", "accept-encoding", "connection", "content-length", "transfer-encoding"}
)


def _headers(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > 50:
        raise ValueError("must be an object of at most 50 header names and values")
    for name, content in value.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} is not a header name")
        if name.lower() in _OURS:
            raise ValueError(f"{name} is set by skybatch and cannot be changed")
        if not isinstance(content, str) or not re.fullmatch(r"[\t\x20-\x7e]{0,2000}", content):
            raise ValueError(f"the value of {name} must be plain ASCII text")
    return dict(value)


MOST = 50  # values of a kind that a domain is kept with
GOALS = ("email", "phone", "social", "organization")


def _goal(value: object) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise ValueError('must be an object such as {"email": 1}')
    for name, count in value.items():
        if name not in GOALS:
            hint = suggest(str(name), GOALS)
            raise ValueError(f"knows {', '.join(GOALS)}, not {name!r}{hint}")
        whole(1, MOST)(count)
    return dict(value)


def _region(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"([A-Za-z]{2})?", value):
        raise ValueError("must be a country code of two letters")
    return value.upper()


# One check per field of Options; a test holds the two lists together.
CHECKS: Mapping[str, Check] = {
    "scope": one_of("host", "subdomains", "domain"),
    "max_depth": whole(0, 1_000),
    "include": _patterns,
    "exclude": _patterns,
    "respect_robots": yes_no,
    "use_sitemaps": yes_no,
    "per_host_delay_s": seconds(3_600),
    "per_host_concurrency": whole(1, 64),
    "deadline_s": seconds(31_536_000),
    "max_attempts": whole(1, 100),
    "priority": whole(0, 9),
    "until": _goal,
    "store_html": yes_no,
    "text": yes_no,
    "headers": _headers,
    "default_region": _region,
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
