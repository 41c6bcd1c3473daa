"""Which URLs belong to the site that a job crawls."""

import ipaddress
import re
from collections.abc import Iterable, Sequence

from skybatch.crawl.robots_rules import normal
from skybatch.crawl.url import DEFAULT_PORTS, Parts
from skybatch.extract.merge import registered_domain
from skybatch.model.options import Options
from skybatch.model.target import Target, bare

_MAX_REPEATS = 3  # of one path segment; real paths repeat a name once or twice
_MAX_SEGMENTS = 25


class Scope:
    """The border of one site, and which of its paths are wanted."""

    def __init__(self, target: Target, options: Options) -> None:
        self._port = target.port
        self._host = bare(target.host)
        self._kind = "host" if is_address(target.host) else options.scope
        # `www.co.uk` is somebody's domain; without its `www.` it would be half a country's.
        is_domain = self._kind == "subdomains" and registered_domain(target.host) == target.host
        self._root = target.host if is_domain else self._host
        self._included = _Patterns(options.include) if options.include else None
        self._excluded = _Patterns(options.exclude) if options.exclude else None

    def contains(self, parts: Parts) -> bool:
        """Whether the URL is on the site: the scheme is free, the port is not."""
        return self._has_port(parts) and self._has_host(parts.host)

    def wants(self, parts: Parts) -> bool:
        """Whether the include and exclude patterns let the path through."""
        if self._included is not None and not self._included.match(parts):
            return False
        return self._excluded is None or not self._excluded.match(parts)

    def _has_port(self, parts: Parts) -> bool:
        return parts.port == (self._port or DEFAULT_PORTS[parts.scheme])

    def _has_host(self, host: str) -> bool:
        host = bare(host)
        if host == self._host:
            return True
        match self._kind:
            case "subdomains":
                return host.endswith("." + self._root)
            case "domain":
                return registered_domain(host) == registered_domain(self._host)
        return False


def is_trap(path: str) -> bool:
    """Whether a path looks like those that relative links build without an end (`/a/b/a/b/a/b`)."""
    segments = [segment for segment in path.split("/") if segment]
    if len(segments) <= _MAX_REPEATS:
        return False
    return len(segments) > _MAX_SEGMENTS or any(
        segments.count(segment) > _MAX_REPEATS for segment in set(segments)
    )


def is_address(host: str) -> bool:
    """Whether a host is a literal address; IPv6 without brackets."""
    if ":" not in host and not host[-1:].isdigit():
        return False  # names of domains are asked about with every request
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class _Patterns:
    """Path patterns, where `*` matches anything; one with a `?` is about the query as well."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._of_path = _expression(text for text in patterns if "?" not in text)
        self._of_both = _expression(text for text in patterns if "?" in text)

    def match(self, parts: Parts) -> bool:
        path = normal(parts.path)
        if self._of_path is not None and self._of_path.fullmatch(path):
            return True
        return self._of_both is not None and bool(
            self._of_both.fullmatch(f"{path}?{normal(parts.query)}")
        )


def _expression(patterns: Iterable[str]) -> "re.Pattern[str] | None":
    alternatives = [_glob(pattern) for pattern in patterns]
    return re.compile("|".join(alternatives), re.DOTALL) if alternatives else None


def _glob(pattern: str) -> str:
    first, *rest = [re.escape(normal(piece)) for piece in pattern.split("*")]
    if not rest:
        return first
    # Atomic groups: whatever the pattern, matching takes no more than a look at each character.
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1])
    return f"{first}{middle}.*{rest[-1]}"
