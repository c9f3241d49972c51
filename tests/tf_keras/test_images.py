"""`tf.keras.preprocessing.image`: numbers are those of the published Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras
from keras import ops
from keras._tf_keras.keras import layers
from keras._tf_keras.keras.preprocessing import image
from keras.src.legacy.preprocessing.image import DataFrameIterator

pytest.importorskip("scipy")
pytest.importorskip("PIL")

X = np.random.RandomState(0).rand(5, 7, 3).astype("float32") * 255
LAST = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
Generator = image.ImageDataGenerator


@pytest.mark.parametrize(
    ("given", "first", "total"),
    [
        ({"theta": 30}, [117.9338, 199.7022, 226.9307], 12058.288),
        ({"tx": 1.5}, [125.265, 167.717, 205.2185], 13148.627),
        ({"ty": 2}, [177.896, 15.3575, 170.0255], 11622.767),
        ({"shear": 20}, [119.6731, 120.4155, 143.5741], 12581.125),
        ({"zx": 0.5}, [138.9452, 108.032, 164.703], 13124.411),
        ({"zy": 2}, [139.9474, 182.3733, 153.7047], 13937.57),
        ({"theta": 30, "order": 3}, [110.6616, 209.5201, 250.6838], 11966.756),
        (
            {"theta": 30, "fill_mode": "constant", "cval": 7.0, "order": 0},
            [7.0, 7.0, 7.0],
            8103.216,
        ),
        (
            {"theta": 10, "tx": 1, "ty": -1, "shear": 5, "zx": 1.2, "zy": 0.8},
            [127.561, 157.6999, 198.4186],
            12691.224,
        ),
    ],
)
def test_affine_transforms(given: dict[str, Any], first: Any, total: float) -> None:
    found = image.apply_affine_transform(X, **LAST, **given)
    assert found.shape == X.shape and found.dtype == X.dtype
    np.testing.assert_allclose(found[0, 0], first, rtol=1e-5)
    np.testing.assert_allclose(found.sum(dtype="float64"), total, rtol=1e-6)
    moved = image.apply_affine_transform(X.transpose(2, 0, 1), **given)
    np.testing.assert_array_equal(moved.transpose(1, 2, 0), found)


@pytest.mark.parametrize(
    ("draw", "total"),
    [
        (lambda: image.random_rotation(X, 40, 0, 1, 2), 13066.702),
        (lambda: image.random_shift(X, 0.4, 0.3, 0, 1, 2), 11577.533),
        (lambda: image.random_shear(X, 20, 0, 1, 2), 12704.013),
        (lambda: image.random_zoom(X, (0.5, 1.5), 0, 1, 2), 13330.474),
        (lambda: image.random_channel_shift(X, 20, 2), 11083.764),
        (lambda: image.random_brightness(X, (0.5, 1.5)), 7347.0),
        (lambda: image.apply_brightness_shift(X, 0.5), 6389.0),
        (lambda: image.apply_brightness_shift(X, 1.5, scale=False), 17236.0),
        (lambda: image.apply_channel_shift(X, 20.0, 2), 14769.266),
    ],
)
def test_seeded_changes(draw: Any, total: float) -> None:
    np.random.seed(7)
    np.testing.assert_allclose(draw().sum(dtype="float64"), total, rtol=1e-6)


def test_values_beyond_a_byte_are_lit_within_their_range() -> None:
    x = np.array([[[-1.0], [0.0], [1.0]]])
    lit = image.apply_brightness_shift(x, 0.5, scale=False)[0, :, 0]
    np.testing.assert_allclose(lit, [-1, -0.5, 0], atol=0.01)


ALL: dict[str, Any] = {
    "rotation_range": 10,
    "width_shift_range": 0.1,
    "height_shift_range": 0.1,
    "shear_range": 5,
    "zoom_range": 0.1,
    "channel_shift_range": 10,
    "horizontal_flip": True,
    "vertical_flip": True,
    "brightness_range": (0.8, 1.2),
}


@pytest.mark.parametrize(
    ("given", "seed", "drawn"),
    [
        (
            ALL,
            1,
            {
                "theta": -1.65956,
                "tx": 0.35252,
                "ty": -0.99977,
                "shear": -1.97667,
                "zx": 0.92935,
                "zy": 0.91847,
                "flip_horizontal": 1,
                "flip_vertical": 1,
                "channel_shift_intensity": -2.06465,
                "brightness": 1.01553,
            },
        ),
        ({"width_shift_range": 3}, 1, {"ty": 1}),
        ({"width_shift_range": [-2, 0, 2]}, 2, {"ty": -2}),
        ({"width_shift_range": 1.0}, 1, {"ty": -0.16596}),
        ({"height_shift_range": 0.3}, 1, {"tx": -0.39829}),
        ({"height_shift_range": (-1, 1)}, 2, {"tx": -1}),
        ({"vertical_flip": True}, 2, {"flip_vertical": 1}),
        ({"zoom_range": [0.5, 0.9]}, 1, {"zx": 0.66681, "zy": 0.78813}),
    ],
)
def test_what_a_seed_draws(
    given: dict[str, Any], seed: int, drawn: dict[str, Any]
) -> None:
    found = Generator(**given).get_random_transform((8, 10, 3), seed=seed)
    nothing = {"theta": 0, "tx": 0, "ty": 0, "shear": 0, "zx": 1, "zy": 1}
    nothing |= {"flip_horizontal": 0, "flip_vertical": 0}
    for name, value in {**nothing, **drawn}.items():
        assert found[name] == pytest.approx(value, abs=1e-5), name
    for name in {"channel_shift_intensity", "brightness"} - set(drawn):
        assert found[name] is None


def test_changed_images() -> None:
    x = (np.random.RandomState(0).rand(6, 8, 10, 3) * 255).astype("float32")
    generator = Generator(**ALL)
    assert generator.random_transform(x[0], seed=1).sum() == 30672
    first = Generator(data_format="channels_first", **ALL)
    turned = first.random_transform(x[0].transpose(2, 0, 1), seed=1)
    np.testing.assert_array_equal(
        turned.transpose(1, 2, 0), generator.random_transform(x[0], seed=1)
    )
    flipped = {"theta": 30, "flip_horizontal": True, "brightness": 0.8}
    flipped["channel_shift_intensity"] = 10.0
    assert Generator().apply_transform(x[0], flipped).sum() == 26406


def test_scales() -> None:
    x = (np.random.RandomState(0).rand(6, 8, 10, 3) * 255).astype("float64")
    with pytest.warns(UserWarning, match="needs samplewise_center=True"):
        samples = Generator(samplewise_std_normalization=True, dtype="float64")
    one = samples.standardize(x[0].copy())
    np.testing.assert_allclose([one.mean(), one.std()], [0, 1], atol=1e-6)
    features = Generator(
        featurewise_center=True, featurewise_std_normalization=True, dtype="float64"
    )
    with pytest.warns(UserWarning, match="call `fit"):
        np.testing.assert_array_equal(features.standardize(x[0].copy()), x[0])
    features.fit(x)
    np.testing.assert_allclose(features.mean, x.mean((0, 1, 2))[None, None])
    every = features.standardize(x.copy())
    np.testing.assert_allclose(every.std((0, 1, 2)), 1)
    whitened = Generator(featurewise_center=True, zca_whitening=True, dtype="float64")
    many = np.random.RandomState(0).rand(40, 2, 2, 3)
    whitened.fit(many)
    flat = whitened.standardize(many.copy()).reshape(40, 12)
    np.testing.assert_allclose(flat.T @ flat / 40, np.eye(12), atol=0.1)
    half = Generator(rescale=0.5, preprocessing_function=lambda a: a + 1)
    np.testing.assert_allclose(half.standardize(x.copy()), (x + 1) / 2)


def test_batches_of_a_seed() -> None:
    x = np.arange(6.0)[:, None, None, None] * np.ones((1, 2, 2, 1))
    y = np.arange(6)
    batches = Generator().flow(x, y, batch_size=4, seed=1)
    orders = [next(batches)[1].tolist() for _ in range(4)]
    assert orders == [[2, 1, 4, 0], [3, 5], [3, 5, 4, 1], [0, 2]]
    same = Generator().flow((x, [y * 3]), y, sample_weight=y / 2, batch_size=4, seed=1)
    assert len(same) == 2
    (images, more), labels, weights = same[0]
    np.testing.assert_array_equal(images[:, 0, 0, 0], labels)
    np.testing.assert_array_equal(more, labels * 3)
    np.testing.assert_array_equal(weights, labels / 2)
    same.on_epoch_end()
    assert sorted(np.concatenate([same[0][1], same[1][1]])) == list(range(6))
    split = Generator(validation_split=0.34)
    parts = [
        split.flow(x, y % 2, shuffle=False, subset=part)[0][0][:, 0, 0, 0].tolist()
        for part in ("training", "validation")
    ]
    assert parts == [[2, 3, 4, 5], [0, 1]]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Generator(zoom_range=[1]), r"`zoom_range` must be .* \[1\]"),
        (lambda: Generator(brightness_range=0.5), "`brightness_range` must be a tuple"),
        (lambda: Generator(validation_split=1.0), "must lie between 0 and 1"),
        (lambda: Generator().fit(X), r"rank 4. Received .*\(5, 7, 3\)"),
        (lambda: Generator().flow(X[None], [1, 2]), "1 images and `y` of shape"),
        (lambda: Generator().flow(X, np.arange(5)), "images of rank 4"),
        (lambda: Generator().flow((X[None], np.arange(2))), "lengths 1 and 2"),
        (lambda: Generator().flow(X[None], [1], subset="t"), "`subset` must be"),
        (
            lambda: Generator().flow(X[None], [1], subset="training"),
            "hold different classes",
        ),
        (lambda: Generator().flow(X[None])[1], "batch 1, but there are 1 batches"),
        (
            lambda: image.apply_affine_transform(X, 1, row_axis=0, channel_axis=1),
            "first or the last axis",
        ),
        (lambda: image.apply_affine_transform(X, 1, row_axis=2), "must be distinct"),
        (lambda: layers.RandomHeight((0.5, 0.2)), "upper bound .* less than"),
        (lambda: layers.RandomWidth(2), "-1 or more"),
    ],
)
def test_what_is_refused(make: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files of each of two classes, in grey of the class and the number."""
    for number, name in enumerate(("cat", "dog")):
        (tmp_path / name / "more").mkdir(parents=True)
        for k, file in enumerate(("0.png", "1.PNG", "more/2.bmp")):
            grey = np.full((4, 6, 3), 100.0 * number + k)
            keras.utils.save_img(tmp_path / name / file, grey, scale=False)
        (tmp_path / name / "notes.txt").write_text("no image")
    return tmp_path


def test_folders(folder: Path, capsys: Any) -> None:
    def flow(generator: Any = None, **kwargs: Any) -> Any:
        kwargs = {"target_size": (2, 3), "batch_size": 4, "shuffle": False, **kwargs}
        return (generator or Generator()).flow_from_directory(str(folder), **kwargs)

    batches = flow()
    assert "Found 6 images belonging to 2 classes." in capsys.readouterr().out
    assert batches.class_indices == {"cat": 0, "dog": 1}
    assert batches.filenames[:3] == ["cat/0.png", "cat/1.PNG", "cat/more/2.bmp"]
    assert batches.image_shape == (2, 3, 3) and batches.samples == 6
    x, y = next(batches)
    assert x.dtype == "float32" and x[:, 0, 0, 0].tolist() == [0, 1, 2, 100]
    assert y.tolist() == [[1, 0], [1, 0], [1, 0], [0, 1]]
    assert next(batches)[0].shape == (2, 2, 3, 3)
    only = flow(class_mode="binary", classes=["dog", "cat"], color_mode="grayscale")
    assert only.classes.tolist() == [0, 0, 0, 1, 1, 1]
    assert only[0][1].tolist() == [0, 0, 0, 1] and only[0][0].shape == (4, 2, 3, 1)
    half = Generator(validation_split=0.5)
    parts = [flow(half, subset=part).filenames for part in ("training", "validation")]
    assert [len(part) for part in parts] == [4, 2] and parts[1][0] == "cat/0.png"
    x, same = flow(class_mode="input", seed=1, shuffle=True)[0]
    np.testing.assert_array_equal(x, same)
    seen = folder.parent / "seen"
    seen.mkdir(exist_ok=True)
    flow(class_mode=None, save_to_dir=str(seen), save_prefix="s")[0]
    assert sorted(x.name[:4] for x in seen.iterdir()) == [f"s_{k}_" for k in range(4)]
    for given, text in (
        ({"class_mode": "raw"}, "`class_mode` must be one of .* Received: 'raw'"),
        ({"color_mode": "x"}, "`color_mode` must be one of"),
        ({"subset": "x"}, "`subset` must be"),
    ):
        with pytest.raises(ValueError, match=text):
            flow(**given)


def test_tables(folder: Path) -> None:
    pandas = pytest.importorskip("pandas")
    names = [f"{kind}/{file}" for kind in ("dog", "cat") for file in ("0.png", "1.PNG")]
    table = pandas.DataFrame(
        {
            "filename": [*names, "gone.png"],
            "class": ["dog", "dog", "cat", "cat", "cat"],
            "several": [["a"], ["a", "b"], ["b"], ["c"], ["c"]],
            "v": np.arange(5.0),
            "w": np.arange(5) / 2,
        }
    )

    def flow(data: Any = table[:4], generator: Any = None, **kwargs: Any) -> Any:
        kwargs = {"target_size": (2, 3), "shuffle": False, **kwargs}
        generator = generator or Generator()
        return generator.flow_from_dataframe(data, str(folder), **kwargs)

    with pytest.warns(UserWarning, match="1 file"):
        batches = flow(table)
    assert isinstance(batches, DataFrameIterator)
    assert batches.class_indices == {"cat": 0, "dog": 1}
    x, y = batches[0]
    assert x[:, 0, 0, 0].tolist() == [100, 101, 0, 1]
    assert y.tolist() == [[0, 1], [0, 1], [1, 0], [1, 0]]
    *_, weights = flow(class_mode="sparse", weight_col="w")[0]
    assert weights.tolist() == [0, 0.5, 1, 1.5]
    assert flow(class_mode="raw", y_col=["v", "w"])[0][1].shape == (4, 2)
    several = flow(class_mode="multi_output", y_col=["v", "w"])[0][1]
    assert [each.tolist() for each in several] == [[0, 1, 2, 3], [0, 0.5, 1, 1.5]]
    hot = flow(y_col="several", classes=["b", "a"])
    assert hot[0][1].tolist() == [[0, 1], [1, 1], [1, 0]]
    assert flow(class_mode="binary", classes=["dog", "cat"]).classes == [0, 0, 1, 1]
    part = flow(generator=Generator(validation_split=0.5), subset="validation")
    assert part.filenames == names[:2] and part.classes == [1, 1]
    with pytest.warns(DeprecationWarning, match="`has_ext` is deprecated"):
        flow(has_ext=True)
    for given, text in (
        ({"x_col": "v"}, "must hold strings"),
        ({"y_col": "v"}, "values of type str or list or tuple"),
        ({"class_mode": "multi_output"}, "needs a list of columns"),
        ({"weight_col": "class"}, "must be numeric"),
    ):
        with pytest.raises(TypeError, match=text):
            flow(**given)
    with pytest.raises(ValueError, match="needs 2 classes. Found 3"):
        flow(class_mode="binary", classes=["a", "b", "c"])


def test_own_iterators() -> None:
    class Tens(image.Iterator):
        def _get_batches_of_transformed_samples(self, index_array: Any) -> Any:
            return (index_array * 10).tolist()

    tens = Tens(7, 3, True, 5)
    assert [next(tens) for _ in range(3)] == [[60, 20, 40], [10, 0, 50], [30]]
    assert len(tens) == 3
    with pytest.raises(NotImplementedError, match="Iterator must define"):
        image.Iterator(7, 3, True, 5)[0]


def test_models_train_on_generators(backend: str) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((8, 4, 4, 1)), rng.random((8, 1))
    model = keras.Sequential([layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    generator = Generator(rotation_range=10)
    history = model.fit(generator.flow(x, y, batch_size=4), epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    plain = Generator().flow(x, batch_size=3, shuffle=False)
    np.testing.assert_allclose(
        model.predict(plain, verbose=0), model.predict(x, verbose=0), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("layer", "axis"), [(layers.RandomHeight, 1), (layers.RandomWidth, 2)]
)
def test_random_sizes(backend: str, layer: Any, axis: int) -> None:
    x = np.random.default_rng(0).random((2, 8, 10, 3)).astype("float32")
    larger = layer((0.5, 0.9), seed=1)
    shape = ops.shape(larger(x))
    assert x.shape[axis] * 1.5 - 1 < shape[axis] < x.shape[axis] * 1.9
    assert shape[3 - axis] == x.shape[3 - axis] and shape[3] == 3
    assert ops.shape(larger(x[0]))[3 - axis - 1] == x.shape[3 - axis]
    np.testing.assert_array_equal(ops.convert_to_numpy(larger(x, training=False)), x)
    np.testing.assert_allclose(ops.convert_to_numpy(layer((0.0, 0.0))(x)), x, atol=1e-6)
    unknown = [None, 8, 10, 3]
    unknown[axis] = None
    assert larger(keras.Input((8, 10, 3))).shape == tuple(unknown)
    config = larger.get_config()
    assert (config["factor"], config["interpolation"]) == ((0.5, 0.9), "bilinear")
    assert isinstance(layer.from_config(config), layer)


def test_labels_as_a_sparse_tensor(backend: str) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    from keras._tf_keras.keras import backend as K

    found = K.ctc_label_dense_to_sparse([[0, 2, 9], [3, 4, 5]], [2, 3])
    assert isinstance(found, tensorflow.SparseTensor)
    assert found.values.numpy().tolist() == [0, 2, 3, 4, 5]
    assert found.indices.numpy().tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]]
    assert found.dense_shape.numpy().tolist() == [2, 3]
