"""From a recording to a forecast: the voltage of a nerve cell, 10 ms ahead.

    python examples/timeseries.py --backend torch

The recording, six seconds of a firing cell, comes with Matplotlib. Windows over the
first three quarters of it train a recurrent network; on the rest it is compared with
two answers that need no network: "it stays as it is", and a linear fit of the window.
Where asked to (`--plot curves.png`), it draws the forecast and the curves of training.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

# A model this small is fastest on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras
from keras import layers

STEP = 0.5e-3  # seconds from one value to the next
AHEAD = 20  # values, which are 10 ms
LENGTH = 48  # values of a window
APART = 4  # steps from one value of a window to the next


def load_data() -> np.ndarray:
    """The voltage over time, `(11000, 1)`, around 0, in standard deviations."""
    import matplotlib as mpl

    path = os.path.join(mpl.get_data_path(), "sample_data", "membrane.dat")
    voltage = np.fromfile(path, "float32")[:11_000]
    return ((voltage - voltage.mean()) / voltage.std())[:, None]


def make_windows(series: np.ndarray, shuffle: bool, stride: int = 1) -> Any:
    """Batches of windows, and the values that come 10 ms after each of them."""
    last = (LENGTH - 1) * APART
    return keras.utils.timeseries_dataset_from_array(
        series[: -last - AHEAD],
        series[last + AHEAD :],
        sequence_length=LENGTH,
        sampling_rate=APART,
        sequence_stride=stride,
        batch_size=64,
        shuffle=shuffle,
        seed=1,
    )


def make_model(units: int = 32) -> keras.Model:
    """A convolution, which sees slopes, before a recurrent layer."""
    model = keras.Sequential(
        [
            keras.Input((LENGTH, 1)),
            layers.Conv1D(units, 4, strides=2, activation="gelu"),
            layers.GRU(units),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mae")
    return model


def arrays(windows: Any) -> tuple[np.ndarray, np.ndarray]:
    """All windows and what comes after them."""
    parts = [(np.asarray(x), np.asarray(y)) for x, y in windows]
    x, y = zip(*parts, strict=True)
    return np.concatenate(x), np.concatenate(y)


def simple_errors(train: Any, test: Any) -> tuple[float, float]:
    """Mean errors of "it stays as it is" and of a linear fit."""
    x, y = arrays(test)
    stays = np.abs(x[:, -1] - y).mean()
    given, wanted = arrays(train)
    fit, *_ = np.linalg.lstsq(_with_one(given), wanted, rcond=None)
    return float(stays), float(np.abs(_with_one(x) @ fit - y).mean())


def _with_one(x: np.ndarray) -> np.ndarray:
    return np.concatenate([x[..., 0], np.ones((len(x), 1), x.dtype)], axis=1)


def plot(path: str, model: keras.Model, test: Any, history: Any) -> None:
    """Draws the forecast of 400 ms beside the recording, and the loss of epochs."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    x, y = arrays(test)
    times = np.arange(800) * STEP * 1000
    figure, (above, below) = plt.subplots(2, figsize=(9, 6), layout="constrained")
    above.plot(times, y[:800, 0], label="recorded")
    above.plot(times, model.predict(x[:800], verbose=0)[:, 0], label="forecast")
    above.set(xlabel="ms", ylabel="standard deviations")
    below.plot(history.history["loss"])
    below.set(xlabel="epoch", ylabel="mean error in training")
    above.legend()
    figure.savefig(path)
    plt.close(figure)


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--backend", choices=["jax", "numpy", "tensorflow", "torch"])
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--plot", help="a file for a picture")
    options = parser.parse_args()
    if options.backend:
        keras.config.set_backend(options.backend)
    keras.utils.set_random_seed(1)

    series = load_data()
    cut = len(series) * 3 // 4
    train = make_windows(series[:cut], shuffle=True, stride=2)
    test = make_windows(series[cut:], shuffle=False)
    model = make_model()
    history = model.fit(train, epochs=options.epochs, verbose=0)
    error = model.evaluate(test, verbose=0)
    stays, linear = simple_errors(train, test)
    print(f"Mean error {AHEAD * STEP * 1000:.0f} ms ahead, in standard deviations:")
    print(f"  it stays as it is: {stays:.3f}\n  linear fit:        {linear:.3f}")
    print(f"  network:           {error:.3f}")
    if options.plot:
        plot(options.plot, model, test, history)


if __name__ == "__main__":
    main()
