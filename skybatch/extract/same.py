"""Whether two pages speak of the same company."""

from skybatch.extract.legal_forms import distinctive


def is_same(one: tuple[str | None, str | None], other: tuple[str | None, str | None]) -> bool:
    """Whether one of the names (name, legal name) of each has all the distinctive words of the
    other: `Acme` and `Acme Tools GmbH`, but not `Acme GmbH` and `Zenith GmbH`."""
    for left in filter(None, one):
        for right in filter(None, other):
            first, second = set(distinctive(left)), set(distinctive(right))
            if first and second and (first <= second or second <= first):
                return True
    return False
