"""JSON-LD blocks of a page, read as tolerantly as search engines read them, within bounds."""

import json
import math
import re
from collections.abc import Iterator

from skybatch.extract.document import Document

_TYPE = "application/ld+json"
_MAX_BLOCKS = 30
_MAX_SIZE = 500_000  # characters of all blocks
_MAX_ITEMS = 50
_MAX_VALUES = 5_000  # of all items
_MAX_DEPTH = 10
_MAX_STRING = 5_000
_MAX_KEY = 200
_TRAILING_COMMA = re.compile(r",\s*(?=[}\]])")


def items(document: Document) -> list[dict[str, object]]:
    """The objects of all blocks, lists and `@graph` opened, in document order."""
    pruner = _Pruner()
    found: list[dict[str, object]] = []
    for text in _blocks(document):
        found += _opened(pruner.copy(_parse(text), _MAX_DEPTH))
    return found[:_MAX_ITEMS]


def _blocks(document: Document) -> list[str]:
    blocks: list[str] = []
    left = _MAX_SIZE
    for node in document.nodes["script"]:
        kind = node.attributes.get("type")
        if kind is None or kind.partition(";")[0].strip().lower() != _TYPE:
            continue
        text = node.text()
        left -= len(text)
        if left < 0 or len(blocks) == _MAX_BLOCKS:
            break
        blocks.append(text)
    return blocks


def _parse(text: str) -> object:
    """The value of a block; `None` if it is no JSON, even with its usual faults mended."""
    value = _loads(text)
    return _loads(_mended(text)) if value is None else value


def _loads(text: str) -> object:
    try:
        value: object = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return value


def _mended(text: str) -> str:
    """The text without CDATA marks, comments around it, and trailing commas."""
    text = text.replace("<![CDATA[", "").replace("]]>", "")
    starts = [start for start in (text.find("{"), text.find("[")) if start >= 0]
    end = max(text.rfind("}"), text.rfind("]"))
    return _TRAILING_COMMA.sub("", text[min(starts, default=0) : end + 1])


def _opened(value: object, *, depth: int = 4) -> Iterator[dict[str, object]]:
    if depth == 0:
        return
    if isinstance(value, list):
        for item in value:
            yield from _opened(item, depth=depth - 1)
    elif isinstance(value, dict):
        graph = value.get("@graph")
        if graph is None:
            yield value
        else:
            yield from _opened(graph, depth=depth - 1)


class _Pruner:
    """Copies JSON values so that any encoder takes them; what is past the bounds is left out."""

    def __init__(self) -> None:
        self._left = _MAX_VALUES

    def copy(self, value: object, depth: int) -> object:
        self._left -= 1
        match value:
            case dict() if depth and self._left > 0:
                return {
                    _text(str(key), _MAX_KEY): self.copy(item, depth - 1)
                    for key, item in value.items()
                    if self._left > 0
                }
            case list() if depth and self._left > 0:
                return [self.copy(item, depth - 1) for item in value if self._left > 0]
            case str():
                return _text(value, _MAX_STRING)
            case dict() | list():
                return None
            case _:
                return _number(value)


def _text(value: str, limit: int) -> str:
    """The text without lone surrogates: JSON can spell them, UTF-8 cannot."""
    return value[:limit].encode("utf-8", "replace").decode()


def _number(value: object) -> object:
    """A number that JSON can carry (RFC 8259, section 6), else `None`; true, false, null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and abs(value) >= 2**63:
        return None
    return value
