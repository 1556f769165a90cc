"""Pictures of boxes and arrows as SVG: they fetch nothing, and have colours for light and dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import hypot

WIDTH = 720
"""The width of a page's column: a unit is about a pixel there."""
LINE = 16
Point = tuple[float, float]

STYLE = """
text { font: 13px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: #1f2328 }
text.name { font-weight: 600; font-size: 14px }
text.small, text.of { font-size: 12px; fill: #57606a }
.page { fill: #ffffff }
.panel { fill: #f3f5f8 }
.box { fill: #ffffff; stroke: #57606a; stroke-width: 1.5 }
.arrow { fill: none; stroke-width: 1.8 }
.blue { stroke: #0072b2 } .orange { stroke: #c25400 } .green { stroke: #00805d } .grey { stroke: #6e7781 }
.blue.solid { fill: #0072b2 } .orange.solid { fill: #c25400 } .green.solid { fill: #00805d }
.grey.solid { fill: #6e7781 }
.solid { stroke: none } text.on { fill: #ffffff; font-size: 12px; font-weight: 600 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } text.small, text.of { fill: #9da7b3 }
  .page { fill: #0d1117 } .panel { fill: #1b222c } .box { fill: #0d1117; stroke: #9da7b3 }
  .blue { stroke: #56b4e9 } .orange { stroke: #e69f00 } .green { stroke: #2fc79a } .grey { stroke: #9da7b3 }
  .blue.solid { fill: #56b4e9 } .orange.solid { fill: #e69f00 } .green.solid { fill: #2fc79a }
  .grey.solid { fill: #9da7b3 } .solid { stroke: none } text.on { fill: #0d1117 }
}
"""
COLOURS = ("blue", "orange", "green", "grey")
"""Near to those of Okabe and Ito, which the colour-blind tell apart; an arrow has words as well."""


def picture(title: str, height: float, parts: Iterable[str]) -> str:
    """The whole file. The background is a part of it, so that it can be read on a page of the other scheme."""
    heads = "".join(
        f'<marker id="{colour}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7"'
        f' orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" class="{colour} solid"/></marker>'
        for colour in COLOURS
    )
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n<defs>{heads}</defs>\n"
        f'<rect class="page" width="{WIDTH}" height="{height:g}" rx="8"/>\n{inside}\n</svg>\n'
    )


def text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    """One line; ``y`` is where its letters stand."""
    return f'<text x="{x:g}" y="{y:g}" class="{style}" text-anchor="{anchor}">{escape(words)}</text>'


def lines(x: float, y: float, words: Sequence[str], style: str = "small", anchor: str = "start") -> str:
    """Lines below each other, the first at ``y``."""
    return "".join(text(x, y + LINE * row, line, style, anchor) for row, line in enumerate(words))


def panel(x: float, y: float, width: float, height: float, words: str) -> str:
    """The ground of a group of boxes, with its name at the upper left."""
    ground = f'<rect class="panel" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8"/>'
    return ground + text(x + 12, y + 22, words, "of")


def box(x: float, y: float, width: float, height: float, name: str, what: Sequence[str] = ()) -> str:
    """A named box and what it is, in small words below."""
    top = y + height / 2 + 5 - LINE * len(what) / 2
    words = text(x + width / 2, top, name, "name", "middle") + lines(x + width / 2, top + LINE, what, anchor="middle")
    return f'<rect class="box" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8"/>{words}'


def arrow(colour: str, *points: Point, both: bool = False) -> str:
    """Through these points, its corners round."""
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        (ax, ay), (bx, by) = (_towards(corner, other, 8) for other in (before, after))
        path += f"L{ax:g} {ay:g}Q{corner[0]:g} {corner[1]:g} {bx:g} {by:g}"
    path += f"L{points[-1][0]:g} {points[-1][1]:g}"
    start = f' marker-start="url(#{colour})"' if both else ""
    return f'<path class="arrow {colour}" d="{path}" marker-end="url(#{colour})"{start}/>'


def pill(x: float, y: float, width: float, colour: str, words: str) -> str:
    """Words on a coloured ground, ``x`` and ``y`` being its upper left."""
    ground = f'<rect class="{colour} solid" x="{x:g}" y="{y:g}" width="{width:g}" height="18" rx="4"/>'
    return ground + text(x + width / 2, y + 13, words, "on", "middle")


def _towards(start: Point, end: Point, far: float) -> Point:
    length = hypot(end[0] - start[0], end[1] - start[1])
    return start[0] + (end[0] - start[0]) * far / length, start[1] + (end[1] - start[1]) * far / length
