"""`plot_model` and `model_to_dot`: pictures of a model's graph."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from keras.layers.layer import Layer
from keras.visualization.diagram import DIRECTIONS, Diagram, Shown, make_diagram
from keras.visualization.painters import as_dot, as_image, as_mermaid, as_svg

_MERMAID = (".mmd", ".mermaid")


def _checked(function: str, model: Any, rankdir: str, more: dict[str, Any]) -> None:
    if not isinstance(model, Layer) or not hasattr(model, "layers"):
        raise TypeError(
            f"`{function}` expects a Keras model. Received: {type(model).__name__}."
        )
    if more:
        raise ValueError(
            f"`{function}` does not know the arguments {sorted(more)}. See its "
            "documentation for those that it takes."
        )
    if rankdir not in DIRECTIONS:
        raise ValueError(
            f"`rankdir` must be one of {', '.join(map(repr, DIRECTIONS))}. Received: "
            f"rankdir={rankdir!r}."
        )
    if not model.built:
        raise ValueError(
            f"`{function}` needs a model that is built, and {model.name!r} is not. "
            "Call it on a batch of data, or call its `build()`, first."
        )


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """A model as a graph of `pydot`, which Graphviz draws.

    Args:
        model: a model that is built.
        show_shapes: whether shapes are shown.
        show_dtype: whether dtypes are shown.
        show_layer_names: whether names are shown, beside the classes.
        rankdir: `"TB"`, from top to bottom; or `"BT"`, `"LR"`, `"RL"`.
        expand_nested: whether inner models are shown as what they consist of.
        dpi: dots per inch of the picture.
        subgraph: whether it is to be a cluster inside of another graph.
        show_layer_activations: whether activations are shown.
        show_trainable: whether it is shown which layers are trained.
        splines: how Graphviz draws arrows: `"ortho"`, `"curved"` and so on.
        **kwargs: none are known.

    Returns:
        A `pydot.Dot`, or a `pydot.Cluster` for `subgraph=True`.

    Raises:
        ImportError: without `pydot`.
        ValueError: if the model is not built, or an argument is wrong.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="top")])
    >>> "top (Dense)" in keras.utils.model_to_dot(model).to_string()
    True
    """
    _checked("model_to_dot", model, rankdir, kwargs)
    shown = Shown(
        show_shapes,
        show_dtype,
        show_layer_names,
        expand_nested,
        show_layer_activations,
        show_trainable,
    )
    try:
        return as_dot(
            make_diagram(model, shown), rankdir, dpi, splines, subgraph, model.name
        )
    except ImportError as error:
        raise ImportError(
            "`model_to_dot` needs the package pydot: `pip install pydot`. "
            "`plot_model` writes .svg, .mmd and .png files without it."
        ) from error


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draws the layers of a model and what leads from one to the next, into a file.

    The ending of the file says what is written. `.svg` and `.mmd` (a Mermaid flowchart)
    need no other package; `.png`, `.jpg` and the like are drawn by Graphviz where it is
    installed with `pydot`, and otherwise by Pillow; `.dot` needs pydot, and `.pdf`
    pydot and Graphviz.

    Args:
        model: a model that is built.
        to_file: the path; `.png` is added if it has no ending.
        show_shapes: whether shapes are shown.
        show_dtype: whether dtypes are shown.
        show_layer_names: whether names are shown, beside the classes.
        rankdir: `"TB"`, from top to bottom; or `"BT"`, `"LR"`, `"RL"`.
        expand_nested: whether inner models are shown as what they consist of.
        dpi: dots per inch.
        show_layer_activations: whether activations are shown.
        show_trainable: whether it is shown which layers are trained.
        splines: how Graphviz draws arrows.
        **kwargs: none are known.

    Returns:
        In a notebook, the picture; else None.

    Raises:
        ImportError: if the package is missing that the ending needs.
        ValueError: if the model is not built, or an argument is wrong.

    Example:

    >>> import keras, pathlib, tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> path = pathlib.Path(tempfile.mkdtemp(), "model.mmd")
    >>> keras.utils.plot_model(model, path)
    >>> print(path.read_text())
    flowchart TB
        n0["Dense"]
    <BLANKLINE>
    """
    _checked("plot_model", model, rankdir, kwargs)
    shown = Shown(
        show_shapes,
        show_dtype,
        show_layer_names,
        expand_nested,
        show_layer_activations,
        show_trainable,
    )
    path = Path(to_file)
    path = path if path.suffix else path.with_suffix(".png")
    diagram = make_diagram(model, shown)
    if path.suffix in _MERMAID:
        path.write_text(as_mermaid(diagram, rankdir), encoding="utf-8")
    elif path.suffix == ".svg":
        path.write_text(as_svg(diagram, rankdir, dpi), encoding="utf-8")
    else:
        _write_drawn(diagram, path, rankdir, dpi, splines, model.name)
    return _in_notebook(path)


def _write_drawn(
    diagram: Diagram, path: Path, rankdir: str, dpi: float, splines: str, name: str
) -> None:
    """By Graphviz, or by Pillow where that is missing and can do it."""
    kind = path.suffix[1:].lower()
    try:
        graph = as_dot(diagram, rankdir, dpi, splines, False, name)
        graph.write(str(path), format="raw" if kind == "dot" else kind)
        return
    except (ImportError, OSError) as error:  # no pydot, or no Graphviz for it
        failed = error
    if kind in ("dot", "pdf", "ps", "eps"):
        needs = "pydot" if kind == "dot" else "pydot and Graphviz"
        raise ImportError(
            f"`plot_model` needs {needs} to write {path.name!r}. Without, it writes "
            ".svg, .mmd, .png and .jpg."
        ) from failed
    try:
        as_image(diagram, rankdir, dpi).save(path)
    except ImportError as error:
        raise ImportError(
            "`plot_model` needs Pillow, or pydot and Graphviz, to write "
            f"{path.name!r}. Without, it writes .svg and .mmd."
        ) from error


def _in_notebook(path: Path) -> Any:
    display = sys.modules.get("IPython.display")
    shell = sys.modules.get("IPython")
    if display is None or shell is None or shell.get_ipython() is None:
        return None
    if path.suffix == ".svg":
        return display.SVG(filename=str(path))
    if path.suffix in (".png", ".jpg", ".jpeg", ".gif"):
        return display.Image(filename=str(path))
    return None
