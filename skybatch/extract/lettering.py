"""How a text is put so that it can be searched: spaces, case, width, and what nobody sees."""

import re

_UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202c"
_NOTHING = dict.fromkeys(map(ord, _UNSEEN))
# Letters, digits and what addresses have, as wide as ideographs (Unicode block FF00).
_WIDE = re.compile("[\uff0b\uff0d\uff0e\uff10-\uff19\uff20-\uff3a\uff3f\uff41-\uff5a]")
_USUAL = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if _WIDE.match(chr(code))}
# Of Latin-1, where lower case and spaces are as `str` knows them.
_LOWER_SPACED = bytes(
    ord(" ") if character.isspace() else ord(character.lower())
    for character in map(chr, range(256))
)


def squeeze(text: str | None, limit: int) -> str | None:
    """The text with single spaces, cut to `limit` characters; `None` if nothing is left."""
    words = " ".join((text or "")[: limit * 4].split())
    return words[:limit].rstrip() or None


def readable(text: str) -> str:
    """The text without characters that nobody sees, and with letters and digits of usual width."""
    if text.isascii():
        return text
    if any(character in text for character in _UNSEEN):
        text = text.translate(_NOTHING)
    return text.translate(_USUAL) if is_beyond_latin(text) and _WIDE.search(text) else text


def lower_spaced(text: str) -> str:
    """The text in lower case with single spaces; `str` takes five times as long for that."""
    try:
        narrow = text.encode("latin-1").translate(_LOWER_SPACED)
    except UnicodeEncodeError:
        return " ".join(text.lower().split())
    while b"  " in narrow:
        narrow = narrow.replace(b"  ", b" ")
    return narrow.strip(b" ").decode("latin-1")


def is_beyond_latin(text: str) -> bool:
    """Whether a text goes beyond Latin-1: the encoder knows it far sooner than a search."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return True
    return False
