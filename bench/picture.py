"""The medians of `make bench` as a picture: a bar for each who took part, dark or light."""

from collections.abc import Mapping
from html import escape

_WIDTH, _LEFT, _BAR, _STEP = 720, 150, 22, 34
_STYLE = """
text { font: 14px system-ui, sans-serif; fill: #333 } .n { text-anchor: end }
.ours { fill: #2563eb } .theirs { fill: #a3a3a3 } .note { font-size: 12px; fill: #777 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .theirs { fill: #666 } }
"""


def svg(values: Mapping[str, float], ours: str, title: str, note: str) -> str:
    """Horizontal bars in the order of `values`, each with its number."""
    most = max(values.values())
    room = _WIDTH - _LEFT - 80
    lines = [f'<text x="0" y="18">{escape(title)}</text>']
    for row, (name, value) in enumerate(values.items()):
        top = 34 + row * _STEP
        length = max(1, round(room * value / most))
        kind = "ours" if name.startswith(ours) else "theirs"
        lines += [
            f'<text class="n" x="{_LEFT - 10}" y="{top + 16}">{escape(name)}</text>',
            f'<rect class="{kind}" x="{_LEFT}" y="{top}" width="{length}" height="{_BAR}"/>',
            f'<text x="{_LEFT + length + 8}" y="{top + 16}">{value:,.0f}</text>',
        ]
    height = 34 + len(values) * _STEP + 22
    lines.append(f'<text class="note" x="0" y="{height - 6}">{escape(note)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>{''.join(lines)}</svg>\n"
    )
