"""A domain as a user means it: what a job crawls."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One company domain, normalised; jobs of a batch merge by `domain`."""

    domain: str  # host, plus `:port` when one was written; IPv6 in brackets
    host: str  # ASCII (punycode) host name, IPv4, or IPv6 without brackets
    port: int | None = None  # only when written; serves both schemes
    scheme: str | None = None  # only when written: then the only one that is tried
    path: str = "/"  # path and query of the start page


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a submitted list, as written."""

    row: int  # 0-based index in the list, or of the data row
    text: str  # the domain as written
    columns: tuple[tuple[str, str], ...] = ()  # the other columns of a CSV, in order


def bare(host: str) -> str:
    """The host without a leading `www.` and the dot of the root: what people call one site."""
    host = host.removesuffix(".")
    rest = host.removeprefix("www.")
    return rest if "." in rest else host
