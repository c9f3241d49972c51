"""A model in a notebook: its summary as HTML, models in models folded away."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from keras.core.classes import declared_class
from keras.models import summary

if TYPE_CHECKING:
    from keras.models.model import Model

_CELL = 'style="text-align:left;padding:2px 12px"'
_NUMBER = 'style="text-align:right;padding:2px 12px"'


def page(model: Model) -> str:
    """The HTML of a model: title, table of layers, totals.

    Args:
        model: the model, built or not.
    """
    kind = declared_class(model).__name__
    title = f"<b>{escape(model.name)}</b> ({escape(kind)})"
    totals = "<br>".join(escape(line.strip()) for line in summary.totals(model))
    return f"<div>{title}{_table(model)}<small>{totals}</small></div>"


def _table(model: Any) -> str:
    connected = summary.shows_connections(model)
    titles = ["Layer (type)", "Output Shape", "Param #"]
    titles += ["Connected to"] if connected else []
    header = "".join(f"<th {_CELL}>{title}</th>" for title in titles)
    rows = "".join(_row(model, layer, connected) for layer in summary.steps(model))
    return f"<table><tr>{header}</tr>{rows}</table>"


def _row(model: Any, layer: Any, connected: bool) -> str:
    name, shape, count, *more = summary.row(model, layer, connected)
    cell = escape(name)
    if getattr(layer, "layers", None):
        cell = f"<details><summary>{cell}</summary>{_table(layer)}</details>"
    cells = [f"<td {_CELL}>{cell}</td>", f"<td {_CELL}>{escape(shape)}</td>"]
    cells.append(f"<td {_NUMBER}>{escape(count)}</td>")
    cells.extend(f"<td {_CELL}>{escape(text)}</td>" for text in more)
    return f"<tr>{''.join(cells)}</tr>"
