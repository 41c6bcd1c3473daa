"""The main text of a page: what it says, without menus, footers and forms."""

from skybatch.extract.document import Document

MAX_TEXT = 50_000  # characters
_AROUND = [
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "button",
    "select",
    "noscript",
    "iframe",
    "title",
]
_MAIN = "main, article, [role=main]"
_PIECE = "\x1f"


def main_text(document: Document) -> str | None:
    """Its lines, each a text of an element; `None` if there are none.

    The last to look at a page: it takes the elements around out of the tree.
    """
    document.tree.strip_tags(_AROUND)
    node = document.tree.css_first(_MAIN) or document.tree.body
    if node is None:
        return None
    pieces = node.text(separator=_PIECE, skip_empty=True)[: 2 * MAX_TEXT].split(_PIECE)
    lines = (" ".join(piece.split()) for piece in pieces)
    return "\n".join(filter(None, lines))[:MAX_TEXT] or None
