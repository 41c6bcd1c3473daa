"""Microdata items of a page (HTML Standard, section 5) in the shape of JSON-LD objects."""

from selectolax.lexbor import LexborNode

from skybatch.extract.document import Document, text_of

_MAX_ITEMS = 50
_MAX_PROPERTIES = 500
_MAX_CLIMB = 30  # ancestors looked at for the item of a property
_MAX_TEXT = 500
_URLS = {"a": "href", "area": "href", "link": "href", "img": "src", "object": "data"}
_VALUES = {**_URLS, "meta": "content", "time": "datetime", "data": "value", "meter": "value"}


def items(document: Document) -> list[dict[str, object]]:
    """The top-level items in document order; a property that occurs twice keeps its first value."""
    nodes = document.marked("itemscope")[:_MAX_ITEMS]
    found = {node.mem_id: _item(node) for node in nodes}
    inner: set[int] = set()
    for node in document.marked("itemprop")[:_MAX_PROPERTIES] if found else ():
        owner = _owner(node, found)
        if owner is None:
            continue
        # Only the first of several names: an item under two would be written out twice, the items
        # in it four times, and so on.
        name = (node.attributes.get("itemprop") or "").strip().partition(" ")[0]
        if node.mem_id in found:
            inner.add(node.mem_id)
            found[owner].setdefault(name, found[node.mem_id])
        else:
            found[owner].setdefault(name, _value(node, document))
    return [item for key, item in found.items() if key not in inner]


def _item(node: LexborNode) -> dict[str, object]:
    kind = (node.attributes.get("itemtype") or "").partition(" ")[0]
    return {"@type": kind.rpartition("/")[2]} if kind else {}


def _owner(node: LexborNode, found: dict[int, dict[str, object]]) -> int | None:
    """The item that a property belongs to: that of the nearest element above."""
    parent = node.parent
    for _ in range(_MAX_CLIMB):
        if parent is None:
            return None
        if parent.mem_id in found:
            return parent.mem_id
        parent = parent.parent
    return None


def _value(node: LexborNode, document: Document) -> str | None:
    attributes = node.attributes
    attribute = _VALUES.get(node.tag or "")
    value = attributes.get(attribute) if attribute else attributes.get("content")
    if value is None:
        return text_of(node, _MAX_TEXT)
    if node.tag in _URLS:
        return (document.resolve(value) or value)[:_MAX_TEXT]
    return value.strip()[:_MAX_TEXT]
