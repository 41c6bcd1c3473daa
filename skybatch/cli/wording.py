"""How things are worded for people, and kept from steering their terminal."""

import re

# C0 and C1 controls, line separators, what turns the direction of text, halves of a pair.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


def plain(text: object) -> str:
    """Text of a web page or of another program, without anything that a terminal would obey."""
    return _CONTROL.sub(" ", str(text)).strip()


def duration(seconds: float) -> str:
    """`14 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
