"""What is compared with the PyPI Keras: structures of all, numbers of one per family.

`make_snapshots.py` runs this with the PyPI Keras, the tests with ours.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

# The smallest model of each family, and the side of the images it is shown.
SMALL = {
    "ConvNeXtTiny": 32,
    "DenseNet121": 32,
    "EfficientNetB0": 32,
    "EfficientNetV2B0": 32,
    "InceptionResNetV2": 75,
    "InceptionV3": 75,
    "MobileNet": 32,
    "MobileNetV2": 32,
    "MobileNetV3Small": 32,
    "NASNetMobile": 32,
    "ResNet50": 32,
    "ResNet50V2": 32,
    "VGG16": 32,
    "Xception": 71,
}
CLASSES = 10


def names(keras: Any) -> list[str]:
    """The names of all models."""
    found = {
        name: getattr(keras.applications, name) for name in dir(keras.applications)
    }
    return [
        n for n, made in found.items() if n[0].isupper() and inspect.isfunction(made)
    ]


# Structure -------------------------------------------------------------------------


def structure(model: Any) -> dict[str, Any]:
    """Counts, and digests of how the layers are connected and of the weights."""
    weights = [(w.path, tuple(w.shape)) for w in model.weights]
    return summary(model.get_config(), weights)


def summary(
    config: dict[str, Any], weights: Iterable[tuple[str, Iterable[int]]]
) -> dict[str, Any]:
    """The structure that a config and a list of weights mean."""
    layers = list(config["layers"])
    shapes = [f"{path} {tuple(shape)}" for path, shape in weights]
    sizes = [int(np.prod(tuple(shape))) for _, shape in weights]
    return {
        "name": config["name"],
        "layers": len(layers),
        "weights": len(shapes),
        "parameters": sum(sizes),
        "graph": digest(_line(layer) for layer in layers),
        "shapes": digest(shapes),
    }


def digest(lines: Iterable[str]) -> str:
    """A short digest of lines of text."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _line(layer: dict[str, Any]) -> str:
    before = ",".join(_histories(layer["inbound_nodes"]))
    return f"{layer['name']} {layer['class_name']} {before}"


def _histories(nodes: Any) -> Iterator[str]:
    if isinstance(nodes, dict):
        if nodes.get("class_name") == "__keras_tensor__":
            yield str(nodes["config"]["keras_history"][0])
        else:
            yield from _histories(list(nodes.values()))
    elif isinstance(nodes, list | tuple):
        for node in nodes:
            yield from _histories(node)


# Numbers ---------------------------------------------------------------------------


def make_small(keras: Any, name: str) -> Any:
    """A small model for small images, whose weights `values` can be set to."""
    side = SMALL[name]
    return getattr(keras.applications, name)(
        weights=None,
        input_shape=(side, side, 3),
        classes=CLASSES,
        classifier_activation=None,
    )


def values(weights: Iterable[Any]) -> list[np.ndarray]:
    """Values for weights, worked out from their shapes and names only."""
    rng = np.random.default_rng(1)
    return [_value(rng, w.path.rpartition("/")[2], w) for w in weights]


def _value(rng: np.random.Generator, name: str, weight: Any) -> np.ndarray:
    shape = tuple(weight.shape)
    if name in ("mean", "variance", "count"):  # of Normalization, as they are
        return np.array(weight.numpy() if hasattr(weight, "numpy") else weight)
    if "kernel" in name:
        fan_in = np.prod(shape[:2] if name == "depthwise_kernel" else shape[:-1])
        scale = np.float32(np.sqrt(2 / fan_in))
        return rng.standard_normal(shape, "float32") * scale
    if name == "gamma":
        return rng.uniform(0.8, 1.2, shape).astype("float32")
    if name == "moving_variance":
        return rng.uniform(0.5, 1.5, shape).astype("float32")
    return rng.normal(0.0, 0.1, shape).astype("float32")


def images(name: str) -> np.ndarray:
    """One image for a small model; pixels for those that scale them."""
    side = SMALL[name]
    x = np.random.default_rng(2).uniform(-1, 1, (1, side, side, 3)).astype("float32")
    scaling = name.startswith(("EfficientNet", "MobileNetV3", "ConvNeXt"))
    return (x + 1) * np.float32(127.5) if scaling else x
