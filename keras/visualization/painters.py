"""A diagram as SVG, Mermaid, a Graphviz graph, or pixels."""

from __future__ import annotations

import math
from html import escape
from typing import Any

from keras.visualization.diagram import Box, Diagram
from keras.visualization.layout import LINE, PAD, Layout, Placed, lay_out

_MARGIN = 12.0
_FILL, _INNER, _STROKE, _INK = "#eef3fb", "#ffffff", "#5b7bb2", "#1d2a3f"
_STATES = {None: _FILL, True: "#e6f5e9", False: "#fdecea"}


def as_mermaid(diagram: Diagram, direction: str) -> str:
    """The text of a Mermaid flowchart."""
    lines = [f"flowchart {direction}"]

    def add(diagram: Diagram, indent: str) -> None:
        for box in diagram.boxes:
            text = "<br/>".join(_mermaid_text(line) for line in _lines(box))
            if box.inner is None:
                lines.append(f'{indent}{box.key}["{text}"]')
            else:
                lines.append(f'{indent}subgraph {box.key}["{text}"]')
                add(box.inner, indent + "    ")
                lines.append(f"{indent}end")
        for source, target in diagram.arrows:
            start, end = diagram.boxes[source], diagram.boxes[target]
            if source == target and start.inner is not None:
                # A subgraph cannot lead to itself, what is in it can.
                start, end = start.inner.last(), start.inner.first()
            lines.append(f"{indent}{start.key} --> {end.key}")

    add(diagram, "    ")
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    return text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;")


def as_svg(diagram: Diagram, direction: str, dpi: float = 96) -> str:
    """The text of an SVG picture; `dpi` pixels of it are an inch of 96 units."""
    layout = lay_out(diagram, direction)
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    scale = dpi / 96
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * scale:.0f}" '
        f'height="{height * scale:.0f}" viewBox="0 0 {width:.1f} {height:.1f}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="12">',
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="{_STROKE}"/>'
        "</marker></defs>",
        f'<rect width="{width:.1f}" height="{height:.1f}" fill="#ffffff"/>',
    ]
    _svg_level(layout, _MARGIN, _MARGIN, parts)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _svg_level(layout: Layout, x: float, y: float, parts: list[str]) -> None:
    for line in layout.arrows:
        points = " ".join(f"{x + a:.1f},{y + b:.1f}" for a, b in line)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{_STROKE}" '
            'marker-end="url(#tip)"/>'
        )
    for placed in layout.placed:
        left, top = x + placed.x, y + placed.y
        fill = _fill(placed)
        parts.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{placed.width:.1f}" '
            f'height="{placed.height:.1f}" rx="4" fill="{fill}" stroke="{_STROKE}"/>'
        )
        for number, text in enumerate(_lines(placed.box)):
            weight = ' font-weight="bold"' if number == 0 else ""
            parts.append(
                f'<text x="{left + placed.width / 2:.1f}" '
                f'y="{top + PAD / 2 + LINE * (number + 0.72):.1f}" '
                f'text-anchor="middle" fill="{_INK}"{weight}>{escape(text)}</text>'
            )
        if placed.inner is not None:
            inside = _corner_inside(placed, placed.inner, left, top)
            _svg_level(placed.inner, *inside, parts)


def _fill(placed: Placed) -> str:
    if placed.inner is not None:
        return _INNER
    return _STATES[placed.box.trainable]


def _corner_inside(
    placed: Placed, inner: Layout, left: float, top: float
) -> tuple[float, float]:
    """Where the layout of a box's inside begins."""
    room = (placed.width - inner.width) / 2
    return left + room, top + placed.height - PAD - inner.height


def _lines(box: Box) -> list[str]:
    return [box.title, *(f"{what}: {value}" for what, value in box.rows)]


def as_image(diagram: Diagram, direction: str, dpi: float = 96) -> Any:
    """A Pillow image of the diagram, for where Graphviz is missing."""
    from PIL import Image, ImageDraw, ImageFont  # an optional package

    layout, scale = lay_out(diagram, direction), dpi / 96
    size = (
        math.ceil((layout.width + 2 * _MARGIN) * scale),
        math.ceil((layout.height + 2 * _MARGIN) * scale),
    )
    image = Image.new("RGB", size, "#ffffff")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=12 * scale)
    _paint_level(draw, layout, _MARGIN, _MARGIN, scale, font)
    return image


def _paint_level(
    draw: Any, layout: Layout, x: float, y: float, scale: float, font: Any
) -> None:
    stroke = max(1, round(scale))
    for line in layout.arrows:
        points = [((x + a) * scale, (y + b) * scale) for a, b in line]
        draw.line(points, fill=_STROKE, width=stroke)
        draw.polygon(_tip(points, 7 * scale), fill=_STROKE)
    for placed in layout.placed:
        left, top = x + placed.x, y + placed.y
        right, bottom = left + placed.width, top + placed.height
        corners = [n * scale for n in (left, top, right, bottom)]
        draw.rounded_rectangle(
            corners, 4 * scale, fill=_fill(placed), outline=_STROKE, width=stroke
        )
        for number, text in enumerate(_lines(placed.box)):
            place = left + placed.width / 2, top + PAD / 2 + LINE * (number + 0.5)
            middle = place[0] * scale, place[1] * scale
            draw.text(middle, text, fill=_INK, font=font, anchor="mm")
        if placed.inner is not None:
            inside = _corner_inside(placed, placed.inner, left, top)
            _paint_level(draw, placed.inner, *inside, scale, font)


def _tip(points: list[tuple[float, float]], size: float) -> list[tuple[float, float]]:
    """The three corners of an arrow's head."""
    (a, b), (x, y) = points[-2:]
    length = math.hypot(x - a, y - b) or 1.0
    u, v = (x - a) / length * size, (y - b) / length * size
    return [(x, y), (x - u - v / 2, y - v + u / 2), (x - u + v / 2, y - v - u / 2)]


def as_dot(
    diagram: Diagram,
    direction: str,
    dpi: float,
    splines: str,
    subgraph: bool,
    name: str,
) -> Any:
    """A `pydot` graph, or a cluster of one."""
    import pydot  # an optional package

    if subgraph:
        graph = pydot.Cluster(graph_name=name, label=_quoted([name]))
    else:
        graph = pydot.Dot(graph_type="digraph", compound="true")
        graph.set("rankdir", direction)
        graph.set("dpi", dpi)
        graph.set("splines", splines)
    graph.set_node_defaults(shape="box", style="filled,rounded", fontname="Helvetica")

    def add(graph: Any, diagram: Diagram) -> None:
        for box in diagram.boxes:
            label = _quoted(_lines(box))
            if box.inner is None:
                colour = _STATES[box.trainable]
                graph.add_node(pydot.Node(box.key, label=label, fillcolor=colour))
            else:
                cluster = pydot.Cluster(graph_name=box.key, label=label)
                add(cluster, box.inner)
                graph.add_subgraph(cluster)
        for source, target in diagram.arrows:
            graph.add_edge(_dot_edge(diagram.boxes[source], diagram.boxes[target]))

    def _dot_edge(source: Box, target: Box) -> Any:
        """An edge from box to box; Graphviz wants one inside where it is a cluster."""
        start, end = source.key, target.key
        options: dict[str, Any] = {}
        if source.inner is not None:
            start = source.inner.last().key
        if target.inner is not None:
            end = target.inner.first().key
        # An arrow to itself cannot leave its own cluster: it stays inside.
        if source is not target and source.inner is not None:
            options["ltail"] = f"cluster_{source.key}"
        if source is not target and target.inner is not None:
            options["lhead"] = f"cluster_{target.key}"
        return pydot.Edge(start, end, **options)

    add(graph, diagram)
    return graph


def _quoted(lines: list[str]) -> str:
    said = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(said) + '"'
