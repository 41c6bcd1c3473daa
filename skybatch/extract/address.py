"""A postal address in a few lines of text: a street, and a line with a postal code and a town."""

import re
from collections.abc import Iterable

_TOWN = r"[^\W\d_][^\d,;|()\u2013\u2014:]{1,40}"
_CODES = (
    "[0-9]{4} [A-Z]{2}",  # Netherlands
    "[0-9]{4}-[0-9]{3}",  # Portugal
    "[0-9]{5}-[0-9]{3}",  # Brazil
    "[0-9]{2}-[0-9]{3}",  # Poland
    "[0-9]{3} [0-9]{2}",  # Sweden, Czechia, Slovakia, Greece
    "[0-9]{4,6}",
)
_CODE_TOWN = re.compile(
    rf"(?:^|[,;|\u2013\u2014\s-])(?:[A-Z]{{1,2}}[- ])?({'|'.join(_CODES)})[ ,]+({_TOWN})"
)
_BRITISH = re.compile(rf"({_TOWN}?)[, ]+([A-Z]{{1,2}}[0-9][A-Z0-9]? [0-9][A-Z]{{2}})\b")
_AMERICAN = re.compile(rf"({_TOWN}),? ([A-Z]{{2}}) ([0-9]{{5}}(?:-[0-9]{{4}})?)\b")
_STREET = re.compile(r"[^\W\d_].*\d|\d.*[^\W\d_]")
_MAX_STREET = 80
_LABEL = re.compile(r"^[^:\d]{2,30}[:\uff1a] ?")


def address_in(lines: Iterable[str]) -> dict[str, str]:
    """Members of a schema.org PostalAddress; empty without a street and a postal code."""
    before = ""
    for line in lines:
        text = _LABEL.sub("", line.strip(" ,;|"))
        if found := _town(text):
            at, members = found
            street = text[:at].strip(" ,;|-\u2013\u2014") or before
            if len(street) <= _MAX_STREET and _STREET.search(street):
                return {"streetAddress": street, **members}
        before = text
    return {}


def _town(text: str) -> tuple[int, dict[str, str]] | None:
    """Where town and postal code begin in a line, and what they are."""
    if found := _AMERICAN.search(text):
        # "12 Main Street, Springfield, IL 62701": the town is what follows the last comma
        street, comma, town = found[1].rpartition(",")
        members = {"postalCode": found[3], "addressLocality": town, "addressRegion": found[2]}
        at = found.start() + len(street) + len(comma)
    elif found := _BRITISH.search(text):
        members, at = {"postalCode": found[2], "addressLocality": found[1]}, found.start()
    elif found := _CODE_TOWN.search(text):
        members, at = {"postalCode": found[1], "addressLocality": found[2]}, found.start()
    else:
        return None
    return at, {name: value.strip(" .,") for name, value in members.items()}
