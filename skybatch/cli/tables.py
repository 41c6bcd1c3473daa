"""Tables: drawn on a terminal, tab-separated in a pipe; pages cannot steer the terminal."""

import sys
from collections.abc import Iterable, Sequence

import click

from skybatch.cli.view import RecordView
from skybatch.cli.wording import plain

_TITLE = 60  # characters
_NARROWED = {"domain": 12, "title": 12, "label": 8}  # columns that give way, and how far
_LEFT_OUT = ("title", "created", "phone")  # one by one, where the others would not fit otherwise
_GAP = 2


def show(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows on stdout."""
    texts = [[plain(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _draw(head, texts)
        return
    for row in texts:
        click.echo("\t".join(row))


def _draw(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Addresses and numbers stay whole: on a narrow terminal its own line break is the last way,
    for it does not end up in what is copied."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = {name: [row[index] for row in rows] for index, name in enumerate(head)}
    least = {
        name: _NARROWED.get(name) or max(map(cell_len, [name, *cells]))
        for name, cells in columns.items()
    }
    console = Console()
    for name in _LEFT_OUT:
        if _width(least.values()) > console.width:
            least.pop(name, None)
    wide = Console(width=max(console.width, _width(least.values())))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, width in least.items():
        is_whole = name not in _NARROWED
        table.add_column(name, overflow="fold", no_wrap=is_whole, min_width=width)
    for row in zip(*(columns[name] for name in least), strict=True):
        table.add_row(*map(Text, row))
    wide.print(table)


def _width(columns: Iterable[int]) -> int:
    widths = list(columns)
    return sum(widths) + _GAP * (len(widths) - 1)


def show_records(records: Iterable[RecordView]) -> None:
    """Print company records: who they are and how to reach them."""
    head = ("domain", "status", "reason", "title", "e-mail", "phone", "pages")
    show(head, map(_record_row, records))


def _record_row(record: RecordView) -> tuple[object, ...]:
    contact = record.contact_info
    return (
        record.domain,
        record.status,
        record.reason or "",
        (record.title or "")[:_TITLE],
        contact.emails[0].value if contact.emails else "",
        contact.phones[0].value if contact.phones else "",
        record.pages.fetched,
    )
