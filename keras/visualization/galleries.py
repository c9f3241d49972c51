"""Images side by side, by way of matplotlib."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from keras.backends.foreign import host_array
from keras.core.typing import TensorLike
from keras.visualization.drawing import (
    Color,
    batch_of_images,
    draw_bounding_boxes,
    draw_segmentation_masks,
)


def pyplot(function: str) -> Any:
    """`matplotlib.pyplot`.

    Raises:
        ImportError: if it is not installed.
    """
    try:
        from matplotlib import pyplot as plt  # an optional package
    except ImportError as error:
        raise ImportError(
            f"`{function}` needs the package matplotlib: `pip install matplotlib`."
        ) from error
    return plt


def finish(plt: Any, figure: Any, path: Any, show: bool | None, **options: Any) -> Any:
    """Saves a figure, or shows it, or hands it back."""
    if path is not None:
        figure.savefig(str(path), bbox_inches="tight", **options)
        plt.close(figure)
        return None
    # A backend without windows shows nothing, and would only warn.
    if (show is None or show) and plt.get_backend().lower() not in (
        "agg",
        "svg",
        "pdf",
    ):
        plt.show()
        return None
    return figure


def _grid(count: int, rows: int | None, cols: int | None) -> tuple[int, int]:
    if rows is None and cols is None:
        cols = math.ceil(math.sqrt(count))
    if rows is None:
        rows = math.ceil(count / cols) if cols else 1
    return max(1, rows), cols or math.ceil(count / rows)


def plot_image_gallery(
    images: TensorLike,
    y_true: TensorLike = None,
    y_pred: TensorLike = None,
    label_map: Mapping[int, str] | None = None,
    rows: int | None = None,
    cols: int | None = None,
    value_range: tuple[float, float] = (0, 255),
    scale: float = 2,
    path: Any = None,
    show: bool | None = None,
    transparent: bool = True,
    dpi: float = 60,
    legend_handles: Any = None,
    data_format: str | None = None,
) -> Any:
    """Shows images in rows and columns, each with its label above it.

    Needs the package matplotlib.

    Args:
        images: `(batch, height, width, channels)`, or channels first.
        y_true: the label of each image, `(batch,)`.
        y_pred: what a model takes it for, `(batch,)`.
        label_map: the name of each label.
        rows: how many rows; by default as many as columns, or as are needed.
        cols: how many columns.
        value_range: the least and the greatest value of a pixel.
        scale: the size of an image, in inches.
        path: a file that is written.
        show: whether the figure is shown; by default if no `path` is given.
        transparent: whether the file's background is.
        dpi: dots per inch of the file.
        legend_handles: what a legend of the figure names, as matplotlib takes it.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        The figure, if it was neither saved nor shown; else None.

    Raises:
        ImportError: without matplotlib.
        ValueError: for other shapes, or both `path` and `show`.

    Example:

    >>> import keras, matplotlib, numpy as np
    >>> matplotlib.use("agg")
    >>> figure = keras.visualization.plot_image_gallery(
    ...     np.zeros((4, 8, 8, 3)), y_true=[0, 1, 1, 0], label_map={0: "no", 1: "yes"})
    >>> [axes.get_title() for axes in figure.axes]
    ['no', 'yes', 'yes', 'no']
    """
    if path is not None and show:
        raise ValueError(
            "`plot_image_gallery` either saves the figure or shows it. Received: "
            f"path={path!r}, show={show!r}."
        )
    plt = pyplot("plot_image_gallery")
    array = batch_of_images("plot_image_gallery", images, data_format, value_range)
    rows, cols = _grid(len(array), rows, cols)
    titles = _titles(len(array), y_true, y_pred, label_map)
    ratio = array.shape[1] / array.shape[2]
    figure, axes = plt.subplots(
        rows,
        cols,
        figsize=(cols * scale, rows * (scale * ratio + (0.4 if any(titles) else 0))),
        layout="constrained",
        squeeze=False,
    )
    for place, part in enumerate(axes.flat):
        part.axis("off")
        if place < len(array):
            part.imshow(array[place])
            part.set_title(titles[place], fontsize="small")
    if legend_handles is not None:
        figure.legend(handles=legend_handles, loc="outside lower center", ncols=2)
    return finish(plt, figure, path, show, transparent=transparent, dpi=dpi)


def _titles(count: int, y_true: Any, y_pred: Any, names: Any) -> list[str]:
    """What stands above each image."""
    found = []
    for labels in (y_true, y_pred):
        if labels is None:
            found.append([None] * count)
            continue
        labels = np.asarray(host_array(labels)).reshape(-1)
        if len(labels) < count:
            raise ValueError(
                "`plot_image_gallery` expects a label for each image. Received: "
                f"{len(labels)} labels for {count} images."
            )
        found.append([(names or {}).get(x, str(x)) for x in labels.tolist()])
    both = y_true is not None and y_pred is not None
    return [
        f"{true}, taken for {pred}" if both else str(true or pred or "")
        for true, pred in zip(*(labels[:count] for labels in found), strict=True)
    ]


def plot_bounding_box_gallery(
    images: TensorLike,
    bounding_box_format: str,
    y_true: Any = None,
    y_pred: Any = None,
    value_range: tuple[float, float] = (0, 255),
    true_color: Color = (0, 188, 212),
    pred_color: Color = (255, 235, 59),
    line_thickness: int = 2,
    font_scale: float = 1.0,
    text_thickness: int | None = None,
    class_mapping: Mapping[int, str] | None = None,
    ground_truth_mapping: Mapping[int, str] | None = None,
    prediction_mapping: Mapping[int, str] | None = None,
    legend: bool = False,
    legend_handles: Any = None,
    rows: int | None = None,
    cols: int | None = None,
    data_format: str | None = None,
    **kwargs: Any,
) -> Any:
    """Shows images with true boxes and those of a model.

    Needs the packages matplotlib and Pillow.

    Args:
        images: `(batch, height, width, channels)`, or channels first.
        bounding_box_format: what the four numbers of a box are, such as `"xyxy"`.
        y_true: the true boxes: see `draw_bounding_boxes`.
        y_pred: the boxes of a model.
        value_range: the least and the greatest value of a pixel.
        true_color: the colour of true boxes, from 0 to 255.
        pred_color: that of a model's.
        line_thickness: in pixels.
        font_scale: 1 for letters 12 pixels high.
        text_thickness: that of the letters; by default that of the lines.
        class_mapping: the name of each label.
        ground_truth_mapping: the same, for true boxes only.
        prediction_mapping: the same, for a model's.
        legend: whether a legend says which colour is which.
        legend_handles: what the legend names, as matplotlib takes it.
        rows: how many rows.
        cols: how many columns.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: further arguments of `plot_image_gallery`, such as `path`.

    Returns:
        What `plot_image_gallery` returns.

    Example:

    >>> import keras, matplotlib, numpy as np
    >>> matplotlib.use("agg")
    >>> boxes = {"boxes": np.array([[[1, 1, 6, 6]]]), "labels": np.zeros((1, 1))}
    >>> figure = keras.visualization.plot_bounding_box_gallery(
    ...     np.zeros((1, 8, 8, 3)), "xyxy", y_true=boxes)
    >>> len(figure.axes)
    1
    """
    pyplot("plot_bounding_box_gallery")
    drawn = batch_of_images(
        "plot_bounding_box_gallery", images, data_format, value_range
    )
    sets = (
        (y_true, true_color, ground_truth_mapping, "Ground truth"),
        (y_pred, pred_color, prediction_mapping, "Prediction"),
    )
    handles = []
    for boxes, color, names, title in sets:
        if boxes is None:
            continue
        drawn = draw_bounding_boxes(
            drawn,
            boxes,
            bounding_box_format,
            class_mapping if names is None else names,
            color,
            line_thickness,
            line_thickness if text_thickness is None else text_thickness,
            font_scale,
            "channels_last",
        )
        handles.append((title, color))
    if legend and legend_handles is None:
        from matplotlib.patches import Patch  # an optional package

        legend_handles = [
            Patch(color=[c / 255 for c in color], label=title)
            for title, color in handles
        ]
    more: Any = {"data_format": "channels_last", **kwargs}
    return plot_image_gallery(
        drawn, rows=rows, cols=cols, legend_handles=legend_handles, **more
    )


def plot_segmentation_mask_gallery(
    images: TensorLike,
    num_classes: int,
    value_range: tuple[float, float] = (0, 255),
    y_true: TensorLike = None,
    y_pred: TensorLike = None,
    color_mapping: Mapping[int, Color] | None = None,
    blend: bool = True,
    alpha: float = 0.8,
    ignore_index: int = -1,
    data_format: str | None = None,
    **kwargs: Any,
) -> Any:
    """Shows images, and beside each the true mask and that of a model.

    Needs the package matplotlib.

    Args:
        images: `(batch, height, width, channels)`, or channels first.
        num_classes: how many classes there are.
        value_range: the least and the greatest value of a pixel.
        y_true: the true masks: see `draw_segmentation_masks`.
        y_pred: those of a model.
        color_mapping: red, green and blue of each class, from 0 to 255.
        blend: whether the colours are mixed with the image.
        alpha: the part of the colours.
        ignore_index: the class that is not drawn.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: further arguments of `plot_image_gallery`, such as `path`.

    Returns:
        What `plot_image_gallery` returns.

    Example:

    >>> import keras, matplotlib, numpy as np
    >>> matplotlib.use("agg")
    >>> figure = keras.visualization.plot_segmentation_mask_gallery(
    ...     np.zeros((1, 4, 4, 3)), 2, y_true=np.ones((1, 4, 4, 1)))
    >>> figure.axes[0].images[0].get_array().shape
    (4, 8, 3)
    """
    plain = batch_of_images(
        "plot_segmentation_mask_gallery", images, data_format, value_range
    )
    parts = [plain]
    for masks in (y_true, y_pred):
        if masks is None:
            continue
        masks = np.asarray(host_array(masks))
        channel = masks.ndim == 4 and masks.shape[-1] != 1
        masks = masks[:, 0] if channel else masks
        parts.append(
            draw_segmentation_masks(
                plain,
                masks,
                num_classes,
                color_mapping,
                alpha,
                blend,
                ignore_index,
                "channels_last",
            )
        )
    return plot_image_gallery(
        np.concatenate(parts, axis=2), **{"data_format": "channels_last", **kwargs}
    )
