"""The source of a page in the forms in which it is searched."""

import codecs
from typing import NamedTuple


class Source(NamedTuple):
    """The same text three times; made by `source_of`."""

    html: str
    encoded: bytes  # in UTF-8
    lowered: bytes  # likewise, with the letters of ASCII in lower case


def source_of(html: str, data: bytes = b"") -> Source:
    """`data`: the bytes that were read as UTF-8, and found to be this text; it is not encoded again
    when it says nothing else."""
    is_same = bool(data) and "\ufffd" not in html  # that one may stand for bad bytes
    encoded = data.removeprefix(codecs.BOM_UTF8) if is_same else html.encode("utf-8", "replace")
    return Source(html, encoded, encoded.lower())
