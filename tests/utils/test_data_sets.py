"""Sequences, series, folders, images and split data sets."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import keras
from keras.utils import batches as plain

utils = keras.utils


@pytest.fixture(params=["tf", "plain"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With TensorFlow, and as if it were not installed."""
    if request.param == "plain":
        monkeypatch.setattr(plain.importlib.util, "find_spec", lambda name: None)
    else:
        pytest.importorskip("tensorflow")
    return request.param


def lists(data: Any) -> list[Any]:
    """All batches as lists."""
    return [
        tuple(np.asarray(part).tolist() for part in batch)
        if isinstance(batch, tuple)
        else np.asarray(batch).tolist()
        for batch in data
    ]


PADDED: list[tuple[Any, dict[str, Any], Any]] = [
    ([[1], [2, 3], [4, 5, 6]], {}, [[0, 0, 1], [0, 2, 3], [4, 5, 6]]),
    (
        [[1], [2, 3], [4, 5, 6]],
        {"maxlen": 2, "padding": "post", "truncating": "post", "value": 9},
        [[1, 9], [2, 3], [4, 5]],
    ),
    ([[4, 5, 6]], {"maxlen": 2}, [[5, 6]]),
    ([[4, 5, 6]], {"maxlen": 0}, [[]]),
    ([[[1, 2]], [[3, 4], [5, 6]]], {}, [[[0, 0], [1, 2]], [[3, 4], [5, 6]]]),
    ([["a"], ["b", "c"]], {"dtype": object, "value": ""}, [["", "a"], ["b", "c"]]),
    ([[], [1]], {}, [[0], [1]]),
]


@pytest.mark.parametrize("case", PADDED, ids=range(len(PADDED)))
def test_sequences_are_padded(case: Any) -> None:
    given, arguments, wanted = case
    assert utils.pad_sequences(given, **arguments).tolist() == wanted


def test_mistakes_with_sequences_are_explained() -> None:
    with pytest.raises(ValueError, match="list of sequences"):
        utils.pad_sequences([1, 2])
    with pytest.raises(ValueError, match="dtype=object"):
        utils.pad_sequences([["a"]], value="x")
    with pytest.raises(ValueError, match="'pre' or 'post'"):
        utils.pad_sequences([[1]], padding="both")
    with pytest.raises(ValueError, match="one shape"):
        utils.pad_sequences([[[1, 2]], [[3]]])


X = np.arange(10)
# Recorded from PyPI's Keras 3.15.
SERIES: list[tuple[dict[str, Any], Any, Any]] = [
    (
        {"sequence_length": 3, "batch_size": 4},
        None,
        [
            [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]],
            [[4, 5, 6], [5, 6, 7], [6, 7, 8], [7, 8, 9]],
        ],
    ),
    (
        {"sequence_length": 3, "sequence_stride": 2, "batch_size": 4},
        X * 10,
        [([[0, 1, 2], [2, 3, 4], [4, 5, 6], [6, 7, 8]], [0, 20, 40, 60])],
    ),
    (
        {"sequence_length": 3, "sampling_rate": 2, "batch_size": 4},
        X[3:] * 10,
        [
            ([[0, 2, 4], [1, 3, 5], [2, 4, 6], [3, 5, 7]], [30, 40, 50, 60]),
            ([[4, 6, 8], [5, 7, 9]], [70, 80]),
        ],
    ),
    (
        {"sequence_length": 2, "start_index": 3, "end_index": 8},
        X * 10,
        [([[3, 4], [4, 5], [5, 6], [6, 7]], [30, 40, 50, 60])],
    ),
]


@pytest.mark.parametrize("case", SERIES, ids=range(len(SERIES)))
def test_windows_over_series(case: Any, form: str) -> None:
    arguments, targets, wanted = case
    data = utils.timeseries_dataset_from_array(X, targets, **arguments)
    assert lists(data) == wanted
    assert len(data) == len(wanted)


def test_more_of_series(form: str) -> None:
    make = utils.timeseries_dataset_from_array
    assert lists(make(X, None, 2, batch_size=None))[:2] == [[0, 1], [1, 2]]
    mixed = make(X, X * 10, 3, shuffle=True, seed=1, batch_size=4)
    rows = [row for x, y in lists(mixed) for row in zip(x, y, strict=True)]
    assert sorted(rows) == [([i, i + 1, i + 2], i * 10) for i in range(8)]
    with pytest.raises(ValueError, match="below the length"):
        make(X, None, 2, start_index=20)
    with pytest.raises(ValueError, match="1 or more"):
        make(X, None, 2, sequence_stride=0)
    with pytest.raises(ValueError, match="above `start_index`"):
        make(X, None, 2, start_index=4, end_index=2)
    with pytest.raises(ValueError, match="must be 'tf'"):
        make(X, None, 2, format="csv")


def test_data_sets_are_split(form: str) -> None:
    left, right = utils.split_dataset(np.arange(6), left_size=0.5)
    assert (lists(left), lists(right)) == ([0, 1, 2], [3, 4, 5])
    pairs = (np.arange(4), np.arange(4) * 2)
    left, right = utils.split_dataset(pairs, right_size=1)
    assert (lists(left)[-1], lists(right)) == ((2, 4), [(3, 6)])
    mixed = utils.split_dataset(iter(range(5)), left_size=3, shuffle=True, seed=1)
    assert sorted(lists(mixed[0]) + lists(mixed[1])) == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="`right_size` or both"):
        utils.split_dataset(np.arange(6))
    with pytest.raises(ValueError, match="a part from"):
        utils.split_dataset(np.arange(6), left_size=1.5)
    with pytest.raises(ValueError, match="more than"):
        utils.split_dataset(np.arange(6), left_size=5, right_size=3)
    with pytest.raises(ValueError, match="would be empty: of 6 .* are 0 and 6"):
        utils.split_dataset(np.arange(6), left_size=0.05)
    with pytest.raises(ValueError, match=r"sample 0 of \(2,\), sample 1 of \(3,\)"):
        utils.split_dataset(iter([np.zeros(2), np.zeros(3)]), left_size=1)
    with pytest.raises(TypeError, match="a data set. Received: str"):
        utils.split_dataset("abc", left_size=1)


def test_batches_are_split_by_samples(folder: Path, form: str) -> None:
    """As in Keras, whose data sets end in a batch; here also behind other steps."""
    read = utils.text_dataset_from_directory
    data = read(folder, batch_size=4, shuffle=False, max_length=3, verbose=False)
    left, right = utils.split_dataset(data, left_size=5)
    wanted = [b"a 0", b"a 1", b"a 2", b"b 0"]
    assert lists(left) == [(wanted, [0, 0, 0, 1]), ([b"b 1"], [1])]
    assert lists(right) == [([b"b 2"], [1])]
    if form == "plain":
        return
    tf = pytest.importorskip("tensorflow")
    steps = tf.data.Dataset.from_tensor_slices({"a": np.arange(7), "b": (X[:7],)})
    for batched in (steps.batch(4).prefetch(1), steps.batch(3, drop_remainder=True)):
        left, right = utils.split_dataset(batched, right_size=2)
        assert [batch["a"].numpy().tolist() for batch in right] in ([[5, 6]], [[4, 5]])
        assert left.element_spec["b"][0].shape.as_list() == [None]
    left, _ = utils.split_dataset(steps, right_size=2)  # of single samples
    assert [int(sample["b"][0]) for sample in left] == [0, 1, 2, 3, 4]


def test_what_a_loader_gives_is_split_by_samples() -> None:
    samples = [{"x": torch.ones(2) * i, "y": i} for i in range(5)]
    loader: Any = torch.utils.data.DataLoader(samples, batch_size=2)  # type: ignore[arg-type]
    left, right = utils.split_dataset(loader, 3, preferred_backend="torch")
    assert [sample["y"].item() for sample in right] == [3, 4]
    assert [sample["x"].tolist() for sample in left][2] == [2.0, 2.0]


def test_parts_are_torchs_where_models_are(backend: str) -> None:
    arrays = np.arange(6, dtype="float32").reshape(6, 1), np.arange(6)
    given = torch.utils.data.TensorDataset(*map(torch.tensor, arrays))
    for data in (arrays, given, arrays[0], np.array(list("abcdef"))):
        for wanted in (None, "torch"):
            left, right = utils.split_dataset(
                data, right_size=2, preferred_backend=wanted
            )
            if backend != "torch" and data is not given and wanted is None:
                assert not isinstance(left, torch.utils.data.Dataset)
                continue
            assert isinstance(left, torch.utils.data.Subset)
            assert (len(left), len(right)) == (4, 2)
            batches = list(torch.utils.data.DataLoader(right, batch_size=2))
            ((first, *labels),) = batches
            expected = data if isinstance(data, np.ndarray) else arrays[0]
            np.testing.assert_array_equal(np.asarray(first), expected[4:])
            if not isinstance(data, np.ndarray):
                assert labels[0].tolist() == [4, 5]
    with pytest.raises(ValueError, match="'tensorflow', 'torch' or None.*'jax'"):
        utils.split_dataset(arrays, 2, preferred_backend="jax")


@pytest.fixture
def folder(folder: Path) -> Path:
    """Two classes of three texts, and what is none."""
    (folder / "a" / "note.md").write_text("no text file")
    return folder


def test_texts_of_a_folder(
    folder: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    read = utils.text_dataset_from_directory
    data = read(folder, shuffle=False, batch_size=4)
    assert "Found 6 files belonging to 2 classes." in capsys.readouterr().out
    assert data.class_names == ["a", "b"]
    assert [Path(path).name for path in data.file_paths] == [
        "0.txt",
        "1.txt",
        "2.txt",
    ] * 2
    assert lists(data)[0] == (
        [b"a 0 word", b"a 1 word", b"a 2 word", b"b 0 word"],
        [0, 0, 0, 1],
    )
    quiet: dict[str, Any] = {"verbose": False}
    hot = lists(read(folder, shuffle=False, label_mode="categorical", **quiet))
    assert hot[0][1][0] == [1.0, 0.0]
    one = lists(read(folder, label_mode="binary", batch_size=None, **quiet))
    assert len(one) == 6 and one[0][1] in ([0.0], [1.0])
    bare = read(folder, labels=None, max_length=3, shuffle=False, **quiet)
    assert lists(bare)[0][:2] == [b"a 0", b"a 1"]
    parts = read(folder, validation_split=0.4, subset="both", seed=1, **quiet)
    texts = [[text for x, _ in lists(part) for text in x] for part in parts]
    # Which files belong to which part is as in PyPI's Keras.
    assert sorted(texts[1]) == [b"b 0 word", b"b 2 word"]
    assert len(texts[0]) == 4


def test_labels_of_other_kinds(folder: Path, form: str) -> None:
    read = utils.text_dataset_from_directory
    given: dict[str, Any] = {"shuffle": False, "batch_size": 8, "verbose": False}
    for labels in ([0.5, 1, 2, 3, 4, 5.5], [7, 2, 7, 2, 7, 2], (0, 1, 0, 1, 0, 1)):
        ((_, found),) = read(folder, labels=labels, **given)
        assert np.asarray(found).tolist() == list(labels)
        assert np.asarray(found).dtype.kind == np.asarray(labels).dtype.kind
    ((_, found),) = read(folder, labels=list("xyxyxy"), **given)
    assert [str(x).strip("b'") for x in np.asarray(found)] == list("xyxyxy")
    assert read(folder, labels=None, **given).class_names is None


def test_hidden_folders_are_no_classes(folder: Path, form: str) -> None:
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "0.txt").write_text("a draft")
    data = utils.text_dataset_from_directory(folder, verbose=False)
    assert data.class_names == ["a", "b"] and len(data.file_paths) == 6


BAD_FOLDERS: list[tuple[dict[str, Any], str]] = [
    ({"class_names": ["c"]}, "names of the folders"),
    ({"class_names": ["a", "b", "a"]}, "each once"),
    (
        {"labels": [0, 1, 3, 0, 1, 3], "label_mode": "categorical"},
        "from 0 to 2, as there are 3. Received: 0, 1, 3",
    ),
    ({"labels": [1, 2, 1, 2, 1, 2], "label_mode": "binary"}, "from 0 to 1"),
    ({"batch_size": 0}, "`batch_size` must be a whole number, 1 or more.*=0"),
    ({"batch_size": 2.0}, "`batch_size` must be a whole number"),
    ({"max_length": -1}, "`max_length` must be a whole number, 0 or more"),
    ({"validation_split": 0.2}, "belong together"),
    ({"validation_split": 0.2, "subset": "training"}, "`seed` is needed"),
    ({"validation_split": 2.0, "subset": "both"}, "between 0 and 1"),
    ({"labels": [1, 2]}, "one for each of the 6"),
    ({"label_mode": "float"}, "must be 'int'"),
    ({"labels": "guess"}, "'inferred'"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), BAD_FOLDERS, ids=[m for _, m in BAD_FOLDERS]
)
def test_mistakes_with_folders_are_explained(
    arguments: Any, message: str, folder: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        utils.text_dataset_from_directory(folder, verbose=False, **arguments)


def test_an_empty_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(ValueError, match="No files were found"):
        utils.text_dataset_from_directory(tmp_path, verbose=False)
    with pytest.raises(FileNotFoundError):
        utils.text_dataset_from_directory(tmp_path / "none", verbose=False)


def test_a_model_is_trained_on_a_folder(folder: Path, training_backend: str) -> None:
    text = keras.layers.TextVectorization(output_mode="multi_hot")
    data = utils.text_dataset_from_directory(folder, batch_size=2, verbose=False)
    text.adapt(x for x, _ in data)
    model = keras.Sequential(
        [keras.Input((), dtype="string"), text, keras.layers.Dense(2)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.1), loss, metrics=["accuracy"])
    model.fit(data, epochs=15, verbose=0)
    assert model.evaluate(data, verbose=0)[1] == 1.0


def test_images_and_arrays(tmp_path: Path) -> None:
    assert utils.img_to_array(np.zeros((4, 6))).shape == (4, 6, 1)
    first = utils.img_to_array(np.zeros((4, 6, 3)), "channels_first", "uint8")
    assert first.shape == (3, 4, 6) and first.dtype == np.uint8
    with pytest.raises(ValueError, match="rank 2 or 3"):
        utils.img_to_array(np.zeros(3))
    pytest.importorskip("PIL")
    pixels = np.arange(72, dtype="float32").reshape(4, 6, 3)
    utils.save_img(tmp_path / "x.png", pixels, scale=False)
    back = utils.img_to_array(utils.load_img(tmp_path / "x.png"))
    np.testing.assert_array_equal(back, pixels)
    small = utils.load_img(
        tmp_path / "x.png", "grayscale", (2, 2), keep_aspect_ratio=True
    )
    assert (small.mode, small.size) == ("L", (2, 2))
    stored = io.BytesIO((tmp_path / "x.png").read_bytes())
    assert utils.load_img(stored, "rgba").mode == "RGBA"
    (tmp_path / "broken.png").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="cannot be read as an image"):
        utils.load_img(tmp_path / "broken.png")
    with pytest.raises(ValueError, match="1, 3 or 4 channels"):
        utils.array_to_img(np.zeros((2, 2, 2)))


def test_without_pillow_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(ImportError, match="pip install pillow"):
        utils.array_to_img(np.zeros((2, 2, 3)))


def test_images_of_a_folder(tmp_path: Path, form: str) -> None:
    pytest.importorskip("PIL")
    for name, base in (("a", 0), ("b", 100)):
        (tmp_path / name).mkdir()
        for i in range(3):
            pixels = np.full((4, 6, 3), base + 20 * i)
            utils.save_img(tmp_path / name / f"{i}.png", pixels, scale=False)
    read = utils.image_dataset_from_directory
    data = read(tmp_path, shuffle=False, image_size=(3, 3), batch_size=4, verbose=False)
    images, labels = (np.asarray(part) for part in next(iter(data)))
    assert images.shape == (4, 3, 3, 3) and images.dtype == np.float32
    assert images[:, 0, 0, 0].tolist() == [0.0, 20.0, 40.0, 100.0]
    assert labels.tolist() == [0, 0, 0, 1]
    grey = read(
        tmp_path,
        color_mode="grayscale",
        image_size=(3, 3),
        data_format="channels_first",
        verbose=False,
    )
    assert np.asarray(next(iter(grey))[0]).shape == (6, 1, 3, 3)


def test_smart_resize(backend: str) -> None:
    images = np.arange(32.0).reshape(4, 8, 1)
    found = keras.preprocessing.image.smart_resize(images, (2, 2), "nearest")
    assert found.shape == (2, 2, 1) and isinstance(found, np.ndarray)
    assert set(found.reshape(-1)) <= set(images[:, 2:6].reshape(-1))
