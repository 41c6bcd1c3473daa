"""Who runs a site, from its text: the line that ends in a legal form, and the address below it.

Laws ask for it, in an imprint or in a footer: § 5 DDG (Germany), article 10 LSSI (Spain), article
6 LCEN (France), and what others made of Directive 2000/31/EC, article 5. Other companies stand on
the same pages: who hosts the site, who made it, who is paid through it. So a name alone proves
nothing, and neither does an address below it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from skybatch.extract.address import address_in
from skybatch.extract.document import Document, host_of
from skybatch.extract.legal_forms import (
    distinctive,
    folded,
    forms,
    lines_with_names,
    name_in,
    words_of,
)
from skybatch.model.facts import Organization, Place

_SHORT = 12_000  # characters: imprints and contact pages are; of others only the footer tells
_FOOTER = 3_000
_MAX_NAMED = 30  # lines that are weighed
_MAX_LINE = 250  # characters; what is longer is prose
_MAX_LABEL = 6  # words of a line above that is a label
_BELOW = 5  # lines in which an address is looked for

# What speaks for a company: alone enough for the first number, each further one adds the second.
_HOST, _LABEL, _COPYRIGHT, _ADDRESS = (0.8, 0.15), (0.7, 0.1), (0.65, 0.1), (0.0, 0.05)


@dataclass(frozen=True, slots=True)
class _Named:
    """A line that names a company."""

    name: str
    confidence: float
    address: Mapping[str, str]  # what stands below


def find(document: Document) -> Organization | None:
    """The company that runs the site, as the page shows, or the footer of a long one."""
    is_short = len(document.pieces) <= _SHORT
    lines = document.last_lines(_SHORT if is_short else _FOOTER)
    return company_of(lines, host_of(document.base))


def company_of(lines: Sequence[Sequence[str]], host: str) -> Organization | None:
    """The company that the text shows to run the site at `host`, with its postal address.

    `lines`: their words.
    """
    named = islice(_named(lines, host), _MAX_NAMED)
    best = max(named, key=lambda each: each.confidence, default=None)
    if best is None or best.confidence == 0.0:
        return None
    return Organization(
        name=best.name,
        legal_name=best.name,
        address=best.address,
        place=Place.TEXT,
        confidence=round(best.confidence, 2),
    )


def _named(lines: Sequence[Sequence[str]], host: str) -> Iterator[_Named]:
    for number in lines_with_names(lines):
        line = " ".join(lines[number])
        span = name_in(line) if len(line) <= _MAX_LINE else None
        if span is None:
            continue
        name = line[span[0] : span[1]].strip(" ,-")
        above = lines[number - 1] if number else ()
        head = line[: span[0]].strip(" .")
        below = (
            line[span[1] :].lstrip(" ,;"),
            *(" ".join(words)[:_MAX_LINE] for words in lines[number + 1 : number + _BELOW]),
        )
        address = address_in(below)
        confidence = _confidence(name, head, above, host, has_address=bool(address))
        yield _Named(name, confidence, address)


def _confidence(
    name: str, head: str, above: Sequence[str], host: str, *, has_address: bool
) -> float:
    """How sure it is that the company runs the site; 0 = nothing says so."""
    table = forms()
    is_of_host = bears_name_of(name, host)
    is_labelled = table.labels.search(head.lower()) is not None
    before = head if is_labelled else f"{' '.join(above)[-_MAX_LINE:]} {head}"
    before = before.lower()
    if not is_of_host:
        is_known = not table.well_known.isdisjoint(distinctive(name))
        if is_known or table.others.search(before) or table.others.search(name.lower()):
            return 0.0
    label = head if head else " ".join(above) if len(above) <= _MAX_LABEL else ""
    kinds = (
        (is_of_host, _HOST),
        (table.labels.search(label.lower()) is not None, _LABEL),
        ("\u00a9" in head or "(c)" in head.lower() or "copyright" in head.lower(), _COPYRIGHT),
        (has_address, _ADDRESS),
    )
    found = [weight for holds, weight in kinds if holds]
    alone = max((first for first, _ in found), default=0.0)
    return alone and min(0.95, alone + sum(more for _, more in found))


def bears_name_of(name: str, host: str) -> bool:
    """Whether a host is named for the company: for all words of its name, or for its first one."""
    site = folded(host.partition(":")[0].rpartition(".")[0]).replace("-", "").rpartition(".")[2]
    words = distinctive(name)
    if not words or not site:
        return False
    for joined in ("".join(words), "".join(words_of(name))):
        if joined == site or (len(site) > 3 and joined.startswith(site)):
            return True
    first = words[0]
    return len(first) > 3 and 2 * len(first) >= len(site) and site.startswith(first)
