"""Telephone numbers as their countries write them."""

import re
from functools import cache, lru_cache

import phonenumbers

_HAD_TRUNK = frozenset({"PL"})  # a 0 that is still written, and no longer dialled
_GROUP = re.compile(r"\\d(?:\{[\d,]+\})?")
_SEPARATOR = "\\)?[ /.\u2010-\u2015-]{1,3}"
# Ten digits as North America writes them (the North American Numbering Plan: 3 + 3 + 4).
_NORTH_AMERICAN = re.compile(r"(?:1[ .-]?)?\(?[2-9]\d\d(?:\) ?|[ .-])[2-9]\d\d[ .-]\d{4}")


@lru_cache(maxsize=4_096)  # the same few stand on every page of a site
def e164(text: str, region: str | None) -> str | None:
    """The number in E.164 form (`+49301234567`), `None` if there can be no such number.

    `region` is the ISO 3166 code of the country that a number without a prefix belongs to.
    """
    number = _parsed(text, region)
    if number is None:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country_of(text: str) -> str | None:
    """The country of a number with a prefix."""
    number = _read(text, None) if text.startswith("+") else None
    return phonenumbers.region_code_for_number(number) if number else None


def is_valid(value: str) -> bool:
    """Whether there can be such a number, in E.164 form."""
    return _read(value, None) is not None


def is_grouped(text: str, region: str | None) -> bool:
    """Whether the digits stand in groups, three and more, as their country writes them."""
    if region is None:
        return _NORTH_AMERICAN.fullmatch(text) is not None
    forms = _forms(region)
    return forms is not None and forms.fullmatch(text) is not None


@cache
def _forms(region: str) -> re.Pattern[str] | None:
    """The ways to group a number, from the formats of phonenumbers: `(\\d{3})(\\d{3})(\\d{4})`."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    formats = {each.pattern or "" for each in metadata.number_format} if metadata else set()
    forms = sorted(
        _SEPARATOR.join(groups) for groups in map(_GROUP.findall, formats) if len(groups) > 2
    )
    return re.compile(rf"\(?0?(?:{'|'.join(forms)})") if forms else None


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    if region is None:
        if text.startswith("00"):
            text = "+" + text[2:]
        elif _NORTH_AMERICAN.fullmatch(text):
            region = "US"
    number = _read(text, region)
    if number is None and region in _HAD_TRUNK and text.lstrip("(")[:1] == "0":
        number = _read(text.lstrip("(0 -"), region)
    return number


def _read(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None
