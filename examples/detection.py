"""Object detection: which digits lie in a picture, and in which boxes.

    python examples/detection.py --backend tensorflow

A convnet looks at a picture in cells of 4 x 4 pixels. Its head says for each cell the
class of the digit whose middle lies there, if there is one, and how far the sides of
its box are from the cell (Tian et al., 2019, https://arxiv.org/abs/1904.01355).
"""

from __future__ import annotations

import argparse
import os

# A model this small is fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers, ops
from keras.utils import bounding_boxes

SIDE, CELL = 32, 4
CELLS = SIDE // CELL
CLASSES = 10
DIGITS = 2  # in a picture


def make_data(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures `(count, 32, 32, 1)`, boxes `(count, 2, 4)` as corners, and classes.

    Digits are drawn in two sizes and lie one left, one right.
    """
    from sklearn.datasets import load_digits

    rng = np.random.default_rng(seed)
    digits = load_digits()
    pictures = rng.uniform(0, 0.3, (count, SIDE, SIDE, 1))
    boxes = np.zeros((count, DIGITS, 4))
    classes = rng.integers(0, len(digits.images), (count, DIGITS))
    for picture, corners, which in zip(pictures, boxes, classes, strict=True):
        for number, index in enumerate(which):
            size = 8 * rng.integers(1, 3)
            left = 16 * number + rng.integers(0, 16 - size + 1)
            top = rng.integers(0, SIDE - size + 1)
            ink = np.kron(digits.images[index], np.ones((size // 8, size // 8))) / 16
            picture[top : top + size, left : left + size, 0] += ink
            corners[number] = left, top, left + size, top + size
    return pictures.astype("float32"), boxes, digits.target[classes].astype("int32")


def targets_of(boxes: np.ndarray, classes: np.ndarray) -> dict[str, np.ndarray]:
    """What the head is to say: the class of each cell, and the sides of its box.

    Cells without a digit have the class 10. The last number of `"sides"` tells where
    there is a box.
    """
    count = len(boxes)
    labels = np.full((count, CELLS, CELLS), CLASSES, "int32")
    sides = np.zeros((count, CELLS, CELLS, 5), "float32")
    middles = (boxes[..., :2] + boxes[..., 2:]) / 2
    columns, rows = np.minimum(middles / CELL, CELLS - 1).astype(int).transpose(2, 0, 1)
    picture = np.arange(count)[:, None]
    labels[picture, rows, columns] = classes
    middle_of_cell = np.stack([columns, rows], -1) * CELL + CELL / 2
    sides[picture, rows, columns, :2] = (middle_of_cell - boxes[..., :2]) / CELL
    sides[picture, rows, columns, 2:4] = (boxes[..., 2:] - middle_of_cell) / CELL
    sides[picture, rows, columns, 4] = 1
    return {"classes": labels, "sides": sides}


def make_model(filters: tuple[int, ...] = (24, 48)) -> keras.Model:
    """Logits of the classes of cells, and distances of sides from their middles."""
    pictures = keras.Input((SIDE, SIDE, 1))
    x = pictures
    for count in filters:
        x = layers.Conv2D(count, 3, padding="same", activation="relu")(x)
        x = layers.Conv2D(count, 3, strides=2, padding="same", activation="relu")(x)
    for _ in range(2):
        x = layers.Conv2D(2 * filters[-1], 3, padding="same", activation="relu")(x)
    classes = layers.Conv2D(CLASSES + 1, 1, name="classes")(x)
    sides = layers.Conv2D(4, 1, activation="softplus", name="sides")(x)
    return keras.Model(pictures, {"classes": classes, "sides": sides}, name="detector")


def sides_loss(truth: keras.KerasTensor, found: keras.KerasTensor) -> keras.KerasTensor:
    """How far sides are off, of cells that have a box."""
    error = ops.mean(ops.abs(truth[..., :4] - found), axis=-1)
    return error * truth[..., 4]


def compile_model(model: keras.Model) -> None:
    """Losses of both outputs; few cells have a box, so that theirs count more."""
    model.compile(
        optimizer=keras.optimizers.Adam(2e-3),
        loss={
            "classes": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            "sides": sides_loss,
        },
        loss_weights={"classes": 1.0, "sides": 2.0},
    )


def detect(
    model: keras.Model, pictures: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The two surest digits of each picture: boxes, classes, and how sure they are.

    Of cells side by side only the surest one counts: they see the same digit.
    """
    found = model.predict(pictures, verbose=0)
    scores = ops.softmax(found["classes"])[..., :CLASSES]
    surest = ops.max(scores, axis=-1, keepdims=True)
    around = ops.max_pool(surest, 3, strides=1, padding="same")
    surest = ops.where(surest == around, surest, 0.0)
    flat = ops.reshape(surest, (len(pictures), -1))
    sure, cells = map(ops.convert_to_numpy, ops.top_k(flat, DIGITS))
    rows, columns = cells // CELLS, cells % CELLS
    picture = np.arange(len(pictures))[:, None]
    middle = np.stack([columns, rows], -1) * CELL + CELL / 2
    sides = found["sides"][picture, rows, columns] * CELL
    boxes = np.concatenate([middle - sides[..., :2], middle + sides[..., 2:]], -1)
    classes = found["classes"][..., :CLASSES].argmax(-1)[picture, rows, columns]
    return boxes, classes, sure


def judge(
    found: tuple[np.ndarray, np.ndarray, np.ndarray],
    boxes: np.ndarray,
    classes: np.ndarray,
) -> tuple[float, float]:
    """The mean overlap of true boxes with the best found one, and the share of digits.

    A digit is found by a box that shares at least half of the area, with its class.
    """
    overlap = bounding_boxes.compute_iou(boxes, found[0], bounding_box_format="xyxy")
    overlap = ops.convert_to_numpy(overlap)
    best = overlap.argmax(-1)
    named = np.take_along_axis(found[1], best, axis=1) == classes
    best_overlap = overlap.max(-1)
    return float(best_overlap.mean()), float((named & (best_overlap >= 0.5)).mean())


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=["jax", "tensorflow", "torch"])
    parser.add_argument("--epochs", type=int, default=6)
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    keras.utils.set_random_seed(1)

    pictures, boxes, classes = make_data(2500, seed=0)
    model = make_model()
    compile_model(model)
    model.fit(pictures, targets_of(boxes, classes), epochs=options.epochs)
    pictures, boxes, classes = make_data(200, seed=1)
    found = detect(model, pictures)
    for box, digit, sure in zip(*(part[0] for part in found), strict=True):
        print(f"A {digit} at {box.round().astype(int).tolist()}, {sure:.0%} sure")
    overlap, share = judge(found, boxes, classes)
    print(f"Overlap of boxes: {overlap:.2f}; digits found and named: {share:.1%}")


if __name__ == "__main__":
    main()
