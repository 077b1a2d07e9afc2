"""A chart as a small SVG: stacked bars, one a month; for a file, a console or a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from contracts.money import format_yuan

_COLOURS: Final = ("#1f6f8b", "#e07a5f", "#81b29a", "#f2cc8f", "#3d405b", "#9a8c98")
_HEIGHT, _BAR, _GAP, _LEFT = 240, 36, 12, 110


def stacked(
    title: str, bars: Mapping[str, Mapping[str, int]], parts: Sequence[str], *, label_from: int = 2
) -> str:
    """Return an SVG of bars in the order given, each stacked of its parts in fen; negatives are nil.

    A bar's label is its name from the character `label_from` on: a month without its century.
    """
    highest = max((sum(max(bar.get(part, 0), 0) for part in parts) for bar in bars.values()), default=0) or 1
    width = max(_LEFT + len(bars) * (_BAR + _GAP) + 20, 8 + 120 * len(parts), 420)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT + 90}"'
        ' font-family="sans-serif" font-size="11">',
        f'<text x="8" y="18" font-size="14">{escape(title)}</text>',
        f'<text x="8" y="44">{format_yuan(highest)}</text><text x="8" y="{_HEIGHT + 40}">0.00</text>',
    ]
    for place, (name, bar) in enumerate(bars.items()):
        x, foot = _LEFT + place * (_BAR + _GAP), _HEIGHT + 40
        for number, part in enumerate(parts):
            fen = max(bar.get(part, 0), 0)
            tall = fen * _HEIGHT // highest
            foot -= tall
            tip = escape(f"{name} {part}: {format_yuan(bar.get(part, 0))}")
            out.append(
                f'<rect x="{x}" y="{foot}" width="{_BAR}" height="{tall}"'
                f' fill="{_COLOURS[number % len(_COLOURS)]}"><title>{tip}</title></rect>'
            )
        out.append(f'<text x="{x}" y="{_HEIGHT + 56}">{escape(name[label_from:])}</text>')
    for number, part in enumerate(parts):
        x = 8 + number * 120
        colour = _COLOURS[number % len(_COLOURS)]
        out.append(f'<rect x="{x}" y="{_HEIGHT + 66}" width="10" height="10" fill="{colour}"/>')
        out.append(f'<text x="{x + 14}" y="{_HEIGHT + 75}">{escape(part)}</text>')
    return "\n".join([*out, "</svg>\n"])
