"""Where the boxes of a diagram stand, and where its arrows run.

Boxes stand in ranks, each one rank or more after all that lead to it (Sugiyama et al.,
1981). Within a rank they are ordered by where their neighbours are; an arrow over
several ranks keeps a lane in each of them. An arrow that leads back, to a layer that is
applied to what it gave itself, goes around at the right. A box with boxes inside is as
large as these. All is worked out from top to bottom, and turned to the direction asked
for last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from keras.visualization.diagram import Box, Diagram

CHARACTER, LINE, PAD, GAP, RANK_GAP = 7.4, 18.0, 9.0, 26.0, 40.0
_SWEEPS = 6
# Pairs of the places of boxes.
Arrows = list[tuple[int, int]]


@dataclass
class Placed:
    """A box with its upper left corner, size, and what is inside of it."""

    box: Box
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    inner: Layout | None = None


@dataclass
class Layout:
    """Placed boxes, arrows as lists of points, and the size of it all."""

    placed: list[Placed]
    arrows: list[list[tuple[float, float]]] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def lay_out(diagram: Diagram, direction: str) -> Layout:
    """The layout of a diagram, in one of `DIRECTIONS`."""
    across = direction in ("LR", "RL")
    layout = Layout([_measured(box, direction) for box in diagram.boxes])
    if across:
        _turn_sizes(layout)
    _place(layout, diagram)
    if across:
        _turn_sizes(layout)
        _each_point(layout, lambda x, y: (y, x))
        for placed in layout.placed:
            placed.x, placed.y = placed.y, placed.x
        layout.width, layout.height = layout.height, layout.width
    if direction == "BT":
        _each_point(layout, lambda x, y: (x, layout.height - y))
        for placed in layout.placed:
            placed.y = layout.height - placed.y - placed.height
    if direction == "RL":
        _each_point(layout, lambda x, y: (layout.width - x, y))
        for placed in layout.placed:
            placed.x = layout.width - placed.x - placed.width
    return layout


def _turn_sizes(layout: Layout) -> None:
    for placed in layout.placed:
        placed.width, placed.height = placed.height, placed.width


def _each_point(layout: Layout, change: Any) -> None:
    layout.arrows = [[change(*point) for point in line] for line in layout.arrows]


def _measured(box: Box, direction: str) -> Placed:
    lines = [box.title, *(f"{what}: {value}" for what, value in box.rows)]
    width = max(map(len, lines)) * CHARACTER + 2 * PAD
    height = len(lines) * LINE + PAD
    if box.inner is None:
        return Placed(box, width, height)
    inner = lay_out(box.inner, direction)
    whole = max(width, inner.width + 2 * PAD), height + inner.height + PAD
    return Placed(box, *whole, inner=inner)


def _place(layout: Layout, diagram: Diagram) -> None:
    count = len(diagram.boxes)
    onward, back = _parted(diagram.arrows)
    ranks = _ranks(count, onward)
    # Cells: the boxes, and behind them a lane for each rank that an arrow passes.
    rank_of, routes = list(ranks), []
    for source, target in onward:
        lanes = range(ranks[source] + 1, ranks[target])
        route = [source, *range(len(rank_of), len(rank_of) + len(lanes)), target]
        rank_of += lanes
        routes.append(route)
    rows: list[list[int]] = [[] for _ in range(max(rank_of, default=-1) + 1)]
    for cell, rank in enumerate(rank_of):
        rows[rank].append(cell)
    widths = [p.width for p in layout.placed] + [PAD] * (len(rank_of) - count)
    middles = _middles(rows, routes, widths)
    tops, heights, y = [], [], 0.0
    for row in rows:
        tops.append(y)
        sizes = (layout.placed[c].height for c in row if c < count)
        heights.append(max(sizes, default=0.0))
        y += heights[-1] + RANK_GAP
    left = min((middles[c] - widths[c] / 2 for c in range(len(widths))), default=0.0)
    for cell, placed in enumerate(layout.placed):
        placed.x, placed.y = middles[cell] - placed.width / 2 - left, tops[ranks[cell]]
    layout.height = max((p.y + p.height for p in layout.placed), default=0.0)
    ends = (middles[c] + widths[c] / 2 - left for c in range(len(widths)))
    layout.width = max(ends, default=0.0)
    for route in routes:
        first, last = layout.placed[route[0]], layout.placed[route[-1]]
        line = [(middles[route[0]] - left, first.y + first.height)]
        for cell in route[1:-1]:
            x, top = middles[cell] - left, tops[rank_of[cell]]
            line += [(x, top), (x, top + heights[rank_of[cell]])]
        layout.arrows.append([*line, (middles[route[-1]] - left, last.y)])
    bottoms = [top + height for top, height in zip(tops, heights, strict=True)]
    for source, target in back:
        _lead_back(layout, source, target, bottoms[ranks[source]])


def _parted(arrows: Arrows) -> tuple[Arrows, Arrows]:
    """The arrows that lead on, and those that lead back to where they come from."""
    back: Arrows = []
    after: dict[int, list[int]] = {}
    for source, target in arrows:
        after.setdefault(source, []).append(target)
    for source, target in arrows:
        if source >= target and _leads(after, target, source):
            after[source].remove(target)
            back.append((source, target))
    return [arrow for arrow in arrows if arrow not in back], back


def _leads(after: dict[int, list[int]], start: int, end: int) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        place = waiting.pop()
        if place == end:
            return True
        waiting += [x for x in after.get(place, ()) if x not in seen]
        seen.update(waiting)
    return False


def _lead_back(layout: Layout, source: int, target: int, bottom: float) -> None:
    """An arrow out of the bottom of a box, around the right side, and in at the top."""
    first, last = layout.placed[source], layout.placed[target]
    passed = [
        placed.x + placed.width
        for placed in layout.placed
        if placed.y < bottom and placed.y + placed.height > last.y
    ]
    away = RANK_GAP / 3
    lane = max(passed) + away
    start, end = (p.x + p.width - 2 * PAD for p in (first, last))
    layout.arrows.append(
        [
            (start, first.y + first.height),
            (start, bottom + away),
            (lane, bottom + away),
            (lane, last.y - away),
            (end, last.y - away),
            (end, last.y),
        ]
    )
    layout.width = max(layout.width, lane)
    layout.height = max(layout.height, bottom + away)
    if last.y < away:  # nothing stands above: it is moved down
        for placed in layout.placed:
            placed.y += away
        _each_point(layout, lambda x, y: (x, y + away))
        layout.height += away


def _ranks(count: int, arrows: Arrows) -> list[int]:
    """The length of the longest way to each box; inputs stand next to their use."""
    ranks = [0] * count
    for _ in range(count):
        changed = False
        for source, target in arrows:
            if ranks[target] <= ranks[source]:
                ranks[target], changed = ranks[source] + 1, True
        if not changed:
            break
    led_to = {target for _, target in arrows}
    for place in range(count):
        after = [ranks[target] for source, target in arrows if source == place]
        if place not in led_to and after:
            ranks[place] = min(after) - 1
    return ranks


def _middles(
    rows: list[list[int]], routes: list[list[int]], widths: list[float]
) -> list[float]:
    """The middle of each cell across: near to its neighbours, and none on another."""
    before: list[list[int]] = [[] for _ in widths]
    after: list[list[int]] = [[] for _ in widths]
    for route in routes:
        for one, next_one in zip(route, route[1:], strict=False):
            after[one].append(next_one)
            before[next_one].append(one)
    middles = [0.0] * len(widths)
    for row in rows:
        _set_apart(row, {c: float(i) for i, c in enumerate(row)}, widths, middles)
    for sweep in range(2 * _SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            wanted = {}
            for cell in row:
                near = (before if down else after)[cell] or [cell]
                wanted[cell] = sum(middles[c] for c in near) / len(near)
            row.sort(key=lambda c, wanted=wanted: wanted[c])
            _set_apart(row, wanted, widths, middles)
    return middles


def _set_apart(
    row: list[int], wanted: dict[int, float], widths: list[float], middles: list[float]
) -> None:
    """Places a row in its order: as wanted, but no closer than allowed.

    The mean of what is pushed to the right and what is pushed to the left.
    """
    right, left = [], []
    for place, cell in enumerate(row):
        x = wanted[cell]
        if place:
            before = row[place - 1]
            x = max(x, right[-1] + (widths[before] + widths[cell]) / 2 + GAP)
        right.append(x)
    for place in range(len(row) - 1, -1, -1):
        x = wanted[row[place]]
        if left:
            room = (widths[row[place + 1]] + widths[row[place]]) / 2 + GAP
            x = min(x, left[-1] - room)
        left.append(x)
    for cell, one, other in zip(row, right, reversed(left), strict=True):
        middles[cell] = (one + other) / 2
