"""The data that a page brings along for its scripts: `__NEXT_DATA__`, Nuxt, states of stores.

A page that is built by scripts shows little without them, yet its data often stands in it, as JSON
(https://nextjs.org/docs, https://nuxt.com/docs) or as a literal that is assigned. Both are read the
same way, as the strings in them and the names before these: data of scripts is seldom strict JSON.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from skybatch.extract.document import Document

_MAX_SIZE = 500_000  # characters of all scripts
_MAX_STRINGS = 5_000
_TYPES = ("application/json", "text/json")
_ASSIGNED = re.compile(
    r"\s*(?:(?:window|self|globalThis|var|let|const)[. ]\s*)?"
    r"(?:__[A-Za-z]\w*__|__next_f|__\w*(?:STATE|DATA|PROPS)\w*|initialState|pageData)\b"
)
_STRING = re.compile(
    r"(?:[\"']?(?<!\w)([A-Za-z_]\w{0,40})[\"']?\s*:\s*)?(?<!\\)\"((?:[^\"\\]|\\.)*+)\""
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": " ", "f": " "}


class Named(NamedTuple):
    """A string of the data, with the name of the member that it is, lower-case, or none."""

    name: str
    value: str


def strings(document: Document) -> tuple[Named, ...]:
    """The strings of all data on a page, in document order."""
    return tuple(islice(_strings(document), _MAX_STRINGS))


def _strings(document: Document) -> Iterator[Named]:
    left = _MAX_SIZE
    for node in document.nodes["script"]:
        kind = (node.attributes.get("type") or "").strip().lower()
        text = node.text() if kind in _TYPES or kind in ("", "text/javascript") else ""
        if not text or not (kind in _TYPES or _ASSIGNED.match(text)):
            continue
        data = text[:left]
        if "__next_f" in data[:50]:  # JSON within a string, piece by piece
            data = data.replace('\\"', '"')
        for name, value in _STRING.findall(data):
            yield Named(name.lower(), _ESCAPE.sub(_plain, value))
        left -= len(text)
        if left < 0:
            return


def _plain(escape: re.Match[str]) -> str:
    """The character that an escape of JavaScript means; a lone surrogate is U+FFFD."""
    four, two, one = escape.groups()
    if one is not None:
        return _CONTROLS.get(one, one)
    code = int(four or two, 16)
    return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)
