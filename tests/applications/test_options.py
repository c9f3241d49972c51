"""The options of applications: what they make, and what they refuse."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras.applications import application, imagenet_utils, mobilenet_v2

make = keras.applications.MobileNetV2


@pytest.fixture(autouse=True)
def on_numpy(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where a test is not about the backends, the one that costs least."""
    if "backend" in request.fixturenames:
        yield
    else:
        with keras.backend_scope("numpy"):
            yield


def small(**options: Any) -> keras.Model:
    """The smallest model there is, for small images."""
    options = {"input_shape": (32, 32, 3), "classes": 3, "weights": None} | options
    return make(alpha=0.35, **options)


def test_importing_the_namespace_imports_no_model() -> None:
    code = """
import json, sys, keras.applications
first = sorted(name for name in sys.modules if name.startswith("keras.applications"))
keras.applications.VGG16
then = sorted(name for name in sys.modules if name.startswith("keras.applications."))
print(json.dumps([first, then]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    first, then = json.loads(done.stdout)
    assert first == ["keras.applications"]
    names = {name.rpartition(".")[2] for name in then}
    assert names == {"application", "imagenet_utils", "vgg", "vgg16"}


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'ResNet51'"):
        _ = keras.applications.ResNet51
    assert "ResNet50" in dir(keras.applications)


# What is made ----------------------------------------------------------------------


def test_weights_from_a_file(backend: str, tmp_path: Path) -> None:
    path = tmp_path / "a.weights.h5"
    first = small()
    first.save_weights(path)
    second = small(weights=path)
    x = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)).astype("float32")
    run = "predict_on_batch" if backend == "jax" else "__call__"
    outputs = [getattr(model, run)(x) for model in (first, second)]
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, outputs), rtol=1e-5)


def test_trains(backend: str) -> None:
    if backend == "numpy":
        pytest.skip("the NumPy backend does not train")
    model = small(include_top=False, pooling="avg")
    head = keras.layers.Dense(2)(model.output)
    model.trainable = False
    whole = keras.Model(model.input, head)
    whole.compile("sgd", "mse")
    before = [np.array(w) for w in model.get_weights()]
    whole.fit(np.ones((2, 32, 32, 3)), np.ones((2, 2)), verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert len(whole.trainable_weights) == 2


def test_input_tensor() -> None:
    inputs = keras.Input((40, 40, 3), name="pixels")
    scaled = keras.layers.Rescaling(1 / 255)(inputs)
    model = small(input_shape=None, input_tensor=scaled, include_top=False)
    assert model.inputs[0] is inputs
    assert model.input_shape == (None, 40, 40, 3)
    assert type(model.layers[1]).__name__ == "Rescaling"


def test_pooling() -> None:
    for pooling, shape in {None: (None, 1, 1, 1280), "max": (None, 1280)}.items():
        assert small(include_top=False, pooling=pooling).output_shape == shape


def test_names() -> None:
    assert make(weights=None, alpha=0.35).name == "mobilenetv2_0.35_224"
    assert small().name == "mobilenetv2_0.35_32"
    assert small(name="mine").name == "mine"
    assert small(include_top=False, input_shape=None).name == "mobilenetv2_0.35_None"


def test_channels_first() -> None:
    keras.config.set_image_data_format("channels_first")
    try:
        model = small(input_shape=(3, 32, 64), include_top=False)
        assert model.output_shape == (None, 1280, 1, 2)
        with pytest.raises(ValueError, match=r"input_shape=\(3, 16, 64\)"):
            small(input_shape=(3, 16, 64))
    finally:
        keras.config.set_image_data_format("channels_last")


def test_the_config_makes_the_model_again(tmp_path: Path) -> None:
    model = small()
    again = keras.Model.from_config(model.get_config())
    assert [w.path for w in again.weights] == [w.path for w in model.weights]


@pytest.mark.parametrize(
    "name", ["convnext.LayerScale", "inception_resnet_v2.CustomScaleLayer"]
)
def test_layers_of_their_own_are_in_files(name: str, tmp_path: Path) -> None:
    """Under the module that Keras 3 writes, so that either reads the other's file."""
    module, _, cls = name.partition(".")
    cls = getattr(getattr(keras.applications, module), cls)
    x = keras.Input((4,))
    if cls.__name__ == "LayerScale":
        model = keras.Model(x, cls(0.5, 4)(x))
    else:
        model = keras.Model(x, cls(0.5)([x, x]))
    path = tmp_path / "a.keras"
    model.save(path)
    config = model.get_config()["layers"][-1]
    assert config["module"] == f"keras.src.applications.{module}"
    again = keras.saving.load_model(path)
    data = np.ones((2, 4), "float32")
    np.testing.assert_allclose(
        *(keras.ops.convert_to_numpy(m(data)) for m in (model, again))
    )


# Published weights -----------------------------------------------------------------


def test_published_weights_are_downloaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From the published address, under the published name and hash."""
    path = tmp_path / "a.weights.h5"
    model = make(weights=None, alpha=0.35, include_top=False)
    model.save_weights(path)
    asked = []

    def get_file(fname: str, origin: str, **options: Any) -> str:
        asked.append((fname, origin, options))
        return str(path)

    monkeypatch.setattr(application, "get_file", get_file)
    loaded = make(alpha=0.35, include_top=False, input_shape=(128, 128, 3))
    file = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_128_no_top.h5"
    host = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"
    assert asked == [(file, host + file, {"cache_subdir": "models", "file_hash": None})]
    for old, new in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("name", "options", "file", "digest"),
    [
        ("ResNet50", {}, "resnet/resnet50_weights_tf_dim_ordering_tf_kernels.h5", "2c"),
        ("EfficientNetB0", {"include_top": False}, "efficientnetb0_notop.h5", "50bc"),
        (
            "MobileNetV3Small",
            {"minimalistic": True},
            "mobilenet_v3/weights_mobilenet_v3_small_minimalistic_224_1.0_float.h5",
            "99cd",
        ),
        ("MobileNet", {"alpha": 0.25}, "mobilenet/mobilenet_2_5_224_tf.h5", None),
    ],
    ids=["ResNet50", "EfficientNetB0", "MobileNetV3Small", "MobileNet"],
)
def test_addresses_of_published_weights(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    options: dict[str, Any],
    file: str,
    digest: str | None,
) -> None:
    class Asked(Exception):
        """Raised instead of downloading."""

    def get_file(fname: str, origin: str, file_hash: str | None, **rest: Any) -> str:
        raise Asked(fname, origin, file_hash)

    monkeypatch.setattr(application, "get_file", get_file)
    with pytest.raises(Asked) as raised:
        getattr(keras.applications, name)(**options)
    fname, origin, file_hash = raised.value.args
    assert origin.endswith(f"keras-applications/{file}")
    assert fname == file.rpartition("/")[2]
    assert file_hash is None if digest is None else file_hash.startswith(digest)


def test_the_published_efficientnets_scale_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their weights were trained with another scaling, which the model then has."""
    monkeypatch.setattr(application, "get_file", lambda *args, **kwargs: "a.h5")
    monkeypatch.setattr(keras.Model, "load_weights", lambda self, path: None)
    with keras.backend_scope("numpy"):
        names = {}
        for weights in ("imagenet", None):
            model = keras.applications.EfficientNetB0(weights=weights)
            kinds = [type(layer).__name__ for layer in model.layers[:5]]
            names[weights] = kinds.count("Rescaling")
            if weights:
                scale = model.layers[3].get_config()["scale"]
    assert names == {"imagenet": 2, None: 1}
    np.testing.assert_allclose(scale, [2.0896919, 2.1128856, 2.1081851], rtol=1e-6)


# What is refused -------------------------------------------------------------------

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "weights": ({"weights": "imagnet"}, "no such file. Received: 'imagnet'"),
    "classes": ({"weights": "imagenet", "classes": 5}, "1000 classes. Received: clas"),
    "activation": (
        {"weights": "imagenet", "classes": 1000, "classifier_activation": "sigmoid"},
        "'softmax' or in logits",
    ),
    "too small": ({"input_shape": (31, 32, 3)}, "at least 32 x 32 .*31, 32, 3"),
    "two axes": ({"input_shape": (32, 32)}, "of three axes.*224, 224, 3.* would fit"),
    "unknown size": ({"input_shape": (None, None, 3)}, "must be known"),
    "size with weights": (
        {"weights": "imagenet", "classes": 1000, "input_shape": (100, 100, 3)},
        "published weights are for images of shape",
    ),
    "channels with weights": (
        {"weights": "imagenet", "include_top": False, "input_shape": (64, 64, 1)},
        "take images with 3 channels",
    ),
    "pooling": ({"include_top": False, "pooling": "mean"}, "None, 'avg' or 'max'"),
    "array": ({"input_tensor": np.ones((1, 32, 32, 3))}, "is a KerasTensor.*ndarray"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.filterwarnings("ignore:The published weights are for square")
def test_refused(case: str) -> None:
    options, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        small(**options)


def test_refused_tensor_of_another_shape() -> None:
    with pytest.raises(ValueError, match="Pass one of the two"):
        small(input_tensor=keras.Input((64, 64, 3)))


def test_refused_widths() -> None:
    with pytest.raises(ValueError, match="alpha = 0.35, 0.5, 0.75, 1.0, 1.3, 1.4"):
        make(alpha=0.3)
    with pytest.raises(ValueError, match="depth_multiplier = 1. Received"):
        keras.applications.MobileNet(depth_multiplier=2)
    with pytest.raises(ValueError, match="alpha = 1.0. Received: alpha=0.75"):
        keras.applications.MobileNetV3Small(alpha=0.75, minimalistic=True)


def test_a_size_without_weights_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mobilenet_v2, "build", lambda net, options: net)
    with pytest.warns(UserWarning, match="Those for 224 are loaded"):
        make(include_top=False, input_shape=(100, 100, 3))


# Images and predictions ------------------------------------------------------------

# Pixels 0 to 50 of two places, as the PyPI Keras gives them for each family.
PIXELS = np.arange(6, dtype="float32").reshape(1, 1, 2, 3) * 10
BGR = [[-83.939, -106.779, -123.68], [-53.939, -76.779, -93.68]]
CENTRED = [[-1.0, -0.92156899, -0.84313703], [-0.76470602, -0.68627399, -0.60784298]]
TORCH = [[-2.1179039, -1.860643, -1.455861], [-1.604161, -1.335434, -0.932985]]
FAMILIES = {
    "convnext": PIXELS[0, 0],
    "densenet": TORCH,
    "efficientnet": PIXELS[0, 0],
    "efficientnet_v2": PIXELS[0, 0],
    "inception_resnet_v2": CENTRED,
    "inception_v3": CENTRED,
    "mobilenet": CENTRED,
    "mobilenet_v2": CENTRED,
    "mobilenet_v3": PIXELS[0, 0],
    "nasnet": CENTRED,
    "resnet": BGR,
    "resnet50": BGR,
    "resnet_v2": CENTRED,
    "vgg16": BGR,
    "vgg19": BGR,
    "xception": CENTRED,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_preprocess_input(family: str) -> None:
    module = getattr(keras.applications, family)
    before = PIXELS.copy()
    result = module.preprocess_input(PIXELS)
    np.testing.assert_allclose(result[0, 0], FAMILIES[family], rtol=1e-5)
    np.testing.assert_array_equal(PIXELS, before)
    assert module.decode_predictions is imagenet_utils.decode_predictions


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_preprocess_tensors(backend: str, mode: str) -> None:
    expected = imagenet_utils.preprocess_input(PIXELS, mode=mode)
    tensor = keras.ops.convert_to_tensor(PIXELS)
    result = imagenet_utils.preprocess_input(tensor, mode=mode)
    assert keras.ops.is_tensor(result)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(result), expected, rtol=1e-4)
    first = imagenet_utils.preprocess_input(
        PIXELS.transpose(0, 3, 1, 2), "channels_first", mode
    )
    np.testing.assert_allclose(first.transpose(0, 2, 3, 1), expected, rtol=1e-6)
    symbol = imagenet_utils.preprocess_input(keras.Input((4, 4, 3)), mode=mode)
    assert symbol.shape == (None, 4, 4, 3)
    integers = imagenet_utils.preprocess_input(PIXELS.astype("uint8"), mode=mode)
    assert integers.dtype == "float32"
    np.testing.assert_allclose(integers, expected, rtol=1e-5)
    assert imagenet_utils.preprocess_input(np.zeros((2, 2, 3))).dtype == "float64"


def test_preprocess_refuses() -> None:
    with pytest.raises(ValueError, match="Expected one of: caffe, tf, torch"):
        imagenet_utils.preprocess_input(PIXELS, mode="bad")
    with pytest.raises(ValueError, match="'channels_last' or 'channels_first'"):
        imagenet_utils.preprocess_input(PIXELS, data_format="bad")
    with pytest.raises(ValueError, match="three channels on axis -1"):
        imagenet_utils.preprocess_input(np.zeros((1, 2, 2, 4)))


def test_decode_predictions(
    backend: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "classes.json"
    path.write_text(json.dumps({str(i): [f"n{i}", f"class {i}"] for i in range(1000)}))
    monkeypatch.setattr(imagenet_utils, "get_file", lambda *args, **kwargs: str(path))
    imagenet_utils._classes.cache_clear()
    scores = np.zeros((2, 1000), "float32")
    scores[0, [3, 5]] = 0.25, 0.75
    tensor = keras.ops.convert_to_tensor(scores)
    first, second = imagenet_utils.decode_predictions(tensor, top=2)
    imagenet_utils._classes.cache_clear()
    assert first == [("n5", "class 5", 0.75), ("n3", "class 3", 0.25)]
    assert len(second) == 2
    with pytest.raises(ValueError, match=r"scores of the 1000 classes.*\(1, 10\)"):
        imagenet_utils.decode_predictions(np.zeros((1, 10)))
