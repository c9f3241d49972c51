"""Event files, read here by the rules of their format."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import keras
from keras.callbacks import TensorBoard
from keras.callbacks.event_file import EventFile, _check_sum, _png
from keras.callbacks.tensorboard import _pictures

X = np.random.default_rng(0).standard_normal((16, 3)).astype("float32")
Y = X.sum(-1, keepdims=True)


def fields(data: bytes) -> list[tuple[int, Any]]:
    """The fields of a protocol buffer, not yet told apart by meaning."""
    found: list[tuple[int, Any]] = []
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    while at < len(data):
        key = varint()
        number, kind = key >> 3, key & 7
        if kind == 0:
            found.append((number, varint()))
        elif kind == 2:
            size = varint()
            found.append((number, data[at : at + size]))
            at += size
        else:
            size, code = (8, "<d") if kind == 1 else (4, "<f")
            found.append((number, struct.unpack(code, data[at : at + size])[0]))
            at += size
    return found


def events(folder: Path) -> list[tuple[int, dict[int, Any]]]:
    """`(step, fields of the value)` of every event, check sums tested."""
    found = []
    for path in sorted(folder.glob("events.out.tfevents.*")):
        data = path.read_bytes()
        at, first = 0, True
        while at < len(data):
            length = data[at : at + 8]
            assert data[at + 8 : at + 12] == _check_sum(length)
            (size,) = struct.unpack("<Q", length)
            record = data[at + 12 : at + 12 + size]
            assert data[at + 12 + size : at + 16 + size] == _check_sum(record)
            at += 16 + size
            event = dict(fields(record))
            if first:
                assert event[3] == b"brain.Event:2"
                first = False
            else:
                found.append((event.get(2, 0), dict(fields(dict(fields(event[5]))[1]))))
    return found


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for step, value in events(folder):
        if 2 in value:
            found.setdefault(value[1].decode(), []).append((step, value[2]))
    return found


def model() -> Any:
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="d")])
    made.compile(keras.optimizers.SGD(0.25), "mse", metrics=["mae"])
    return made


def test_check_sum_is_that_of_the_format() -> None:
    """CRC-32C of "123456789" is 0xE3069283 (RFC 3720 uses the same polynomial)."""
    crc = 0xE3069283
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    assert _check_sum(b"123456789") == struct.pack("<I", masked)


def test_curves_of_a_training(training_backend: str, tmp_path: Path) -> None:
    history = model().fit(
        X,
        Y,
        8,
        3,
        verbose=0,
        validation_data=(X, Y),
        callbacks=[TensorBoard(tmp_path, write_steps_per_second=True)],
    )
    trained, validated = (scalars(tmp_path / name) for name in ("train", "validation"))
    assert [step for step, _ in trained["epoch_loss"]] == [0, 1, 2]
    for tag, curve, key in (
        ("epoch_loss", trained, "loss"),
        ("epoch_mae", trained, "mae"),
        ("epoch_loss", validated, "val_loss"),
    ):
        found = [value for _, value in curve[tag]]
        np.testing.assert_allclose(found, history.history[key], rtol=1e-5)
    assert [value for _, value in trained["epoch_learning_rate"]] == [0.25] * 3
    assert all(value > 0 for _, value in trained["epoch_steps_per_second"])
    steps = [step for step, _ in validated["evaluation_loss_vs_iterations"]]
    assert steps == [2, 4, 6]
    assert not any(tag.startswith("batch_") for tag in trained)


@pytest.mark.parametrize(("freq", "steps"), [("batch", [1, 2, 3, 4]), (2, [2, 4])])
def test_curves_of_batches(
    training_backend: str, tmp_path: Path, freq: Any, steps: Any
) -> None:
    callback = TensorBoard(tmp_path, update_freq=freq)
    model().fit(X, Y, 8, 2, verbose=0, callbacks=[callback])
    found = scalars(tmp_path / "train")["batch_loss"]
    assert [step for step, _ in found] == steps


def test_histograms_and_the_model(training_backend: str, tmp_path: Path) -> None:
    made = model()
    callback = TensorBoard(tmp_path, histogram_freq=2)
    made.fit(X, Y, 8, 3, verbose=0, callbacks=[callback])
    values = events(tmp_path / "train")
    kernels = [
        (step, dict(fields(value[5])))
        for step, value in values
        if value[1].endswith(b"/d/kernel/histogram")
    ]
    assert [step for step, _ in kernels] == [0, 2]
    kernel = made.layers[0].kernel.numpy()
    last = kernels[-1][1]
    assert last[3] == kernel.size
    assert last[1] == pytest.approx(kernel.min()) and last[2] == pytest.approx(
        kernel.max()
    )
    assert np.frombuffer(last[7], "<f8").sum() == kernel.size
    assert len(last[6]) == len(last[7])
    graph = next(value for _, value in values if value[1] == b"keras")
    text = dict(fields(graph[8]))[8]
    assert json.loads(text)["class_name"] == "Sequential"


def test_values_that_are_no_numbers_do_no_harm(tmp_path: Path) -> None:
    file = EventFile(str(tmp_path))
    file.histogram("empty", np.array([np.nan]), 0)
    file.histogram("some", np.array([1.0, np.inf, 3.0]), 0)
    file.scalar("loss", float("nan"), 1)
    file.close()
    found = events(tmp_path)
    assert [value[1] for _, value in found] == [b"some", b"loss"]
    assert dict(fields(found[0][1][5]))[3] == 2


def test_batches_are_not_told_where_nothing_is_written_of_them() -> None:
    def told(**options: Any) -> bool:
        callbacks = keras.callbacks.CallbackList([TensorBoard(**options)])
        return callbacks.wants_train_batch_end

    assert not told()
    assert told(update_freq="batch") and told(write_steps_per_second=True)


def test_pages_as_tensorboard_reads_them(tmp_path: Path) -> None:
    """Curves, histograms, pictures and the model, by TensorBoard's own reader."""
    reading = pytest.importorskip("tensorboard.backend.event_processing")
    from tensorboard.backend.event_processing import event_accumulator

    assert reading is not None
    with keras.backend_scope("torch"):
        made = model()
        callback = TensorBoard(tmp_path, histogram_freq=1, write_images=True)
        history = made.fit(X, Y, 8, 2, verbose=0, callbacks=[callback]).history
        kernel = made.layers[0].kernel
        name, kernel = kernel.path, kernel.numpy()
    sizes = {event_accumulator.IMAGES: 0, event_accumulator.HISTOGRAMS: 0}
    events = event_accumulator.EventAccumulator(str(tmp_path / "train"), sizes).Reload()
    curve = [(each.step, each.value) for each in events.Scalars("epoch_loss")]
    assert curve == [(i, pytest.approx(loss)) for i, loss in enumerate(history["loss"])]
    last = events.Histograms(f"{name}/histogram")[-1]
    values = last.histogram_value
    assert (last.step, values.num) == (1, kernel.size)
    assert values.sum == pytest.approx(kernel.sum(), rel=1e-5)
    assert sum(values.bucket) == kernel.size and values.max == pytest.approx(
        kernel.max()
    )
    picture = events.Images(f"{name}/image")[-1]
    assert (picture.step, picture.height, picture.width) == (1, 1, 3)
    pixels = np.asarray(Image.open(io.BytesIO(picture.encoded_image_string)))
    span = (kernel - kernel.min()) / (kernel.max() - kernel.min())
    np.testing.assert_array_equal(pixels[0], (255 * span[:, 0]).round())
    (text,) = events.Tensors("keras")[0].tensor_proto.string_val
    assert json.loads(text)["class_name"] == "Sequential"


@pytest.mark.parametrize(
    ("shape", "pictures"),
    [
        ((), [(1, 1, 1)]),
        ((5,), [(1, 5, 1)]),
        ((5, 3), [(3, 5, 1)]),
        ((3, 5), [(3, 5, 1)]),
        ((4, 3, 2), [(3, 2, 1)] * 3),
        ((2, 5, 6, 3), [(5, 6, 3)] * 2),
        ((2, 5, 6, 7), []),
        ((2, 3, 4, 5, 3), []),
    ],
)
def test_weights_as_pictures(tmp_path: Path, shape: Any, pictures: Any) -> None:
    values = np.linspace(-1, 1, int(np.prod(shape))).reshape(shape)
    found = _pictures(values)
    assert [picture.shape for picture in found] == pictures
    for picture in found:
        read = np.asarray(Image.open(io.BytesIO(_png(picture))))
        np.testing.assert_array_equal(read.reshape(picture.shape), picture)


def test_a_profile_of_some_batches(framework_backend: str, tmp_path: Path) -> None:
    callback = TensorBoard(tmp_path, write_graph=False, profile_batch=(2, 3))
    seen: list[tuple[int, bool]] = []
    look = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: seen.append(
            (batch, callback._profiler is not None)
        )
    )
    model().fit(X, Y, 4, 2, verbose=0, callbacks=[callback, look])
    assert [recorded for _, recorded in seen] == [False, True, True, *[False] * 5]
    ends = (".trace.json", ".xplane.pb")
    assert [path for path in tmp_path.rglob("*") if str(path).endswith(ends)]


def test_a_profile_ends_with_its_training(tmp_path: Path) -> None:
    callback = TensorBoard(tmp_path, write_graph=False, profile_batch=(1, 99))
    with keras.backend_scope("torch"):
        made = model()
        with pytest.raises(ValueError, match="'nothing'"):
            stop = keras.callbacks.EarlyStopping("nothing")
            made.fit(X, Y, 4, verbose=0, callbacks=[callback, stop])
    assert callback._profiler is None
    assert list(tmp_path.rglob("*.trace.json"))


def test_embeddings_for_the_page_of_projections(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        layers = [keras.layers.Embedding(5, 2, name="words"), keras.layers.Flatten()]
        made = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1)])
        made.compile("sgd", "mse")
        callback = TensorBoard(
            tmp_path, embeddings_freq=1, embeddings_metadata={"words": "names.tsv"}
        )
        made.fit(np.ones((4, 3)), Y[:4], verbose=0, callbacks=[callback])
        table = made.layers[0].embeddings.numpy()
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_path: "words.tsv"' in config
    assert 'metadata_path: "names.tsv"' in config
    np.testing.assert_allclose(np.loadtxt(tmp_path / "words.tsv"), table, rtol=1e-5)


def test_steps_are_counted_where_several_are_one(tmp_path: Path) -> None:
    with keras.backend_scope("torch"):
        made = model()
        made.compile("sgd", "mse", steps_per_execution=3)
        callback = TensorBoard(tmp_path, update_freq=2)
        made.fit(X, Y, 2, 2, verbose=0, callbacks=[callback])
    steps = [step for step, _ in scalars(tmp_path / "train")["batch_loss"]]
    assert steps == [3, 6, 8, 11, 14, 16]


def test_arguments_that_are_none() -> None:
    for wrong in (-1, (3, 2), "all", (1, 2, 3), True):
        with pytest.raises(ValueError, match="`profile_batch` of TensorBoard"):
            TensorBoard(profile_batch=wrong)
    with pytest.raises(ValueError, match="`update_freq` of TensorBoard"):
        TensorBoard(update_freq="never")
