"""Distil a network into a tiny one, and see over seeds whether that beats training it.

    python examples/distillation.py --backend torch

A network of 68,000 weights learns scikit-learn's handwritten digits. Students of 1,210
weights are then trained on a hundred of these digits: alone, and with the teacher's
softened answers beside the labels. Both of a pair start from the same weights, see the
same digits and take as many steps; what is shown is the accuracy on digits that neither
teacher nor student has seen.

What the teacher's answers tell beyond the labels comes from the digits that the student
does not see, so the gain shrinks the more of them it is given (`--digits`); and they
take many steps to learn: with few (`--epochs 60`), the student alone does better.
"""

from __future__ import annotations

import argparse
import os

# Models this small are fastest on one thread, above all beside other programs.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import keras

BACKENDS = ("jax", "torch", "tensorflow")
UNITS = 16  # of the student's only hidden layer
RATE = 5e-3
SHARE = 0.1  # of the labels, in what a distilled student learns from


def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Digits as rows of 64 numbers from 0 to 1: 1297 for training, 500 for tests."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.data))
    x = (digits.data[order] / 16.0).astype("float32")
    y = digits.target[order].astype("int32")
    return (x[:-500], y[:-500]), (x[-500:], y[-500:])


def make_model(units: tuple[int, ...]) -> keras.Model:
    """Dense layers of these sizes, and logits of ten classes."""
    dense = [keras.layers.Dense(size, activation="relu") for size in units]
    return keras.Sequential([keras.Input((64,)), *dense, keras.layers.Dense(10)])


def train(
    model: keras.Model, data: tuple[np.ndarray, np.ndarray], epochs: int, rate: float
) -> None:
    """Compiles a model, which may be a Distiller, and trains it."""
    model.compile(
        keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(*data, batch_size=64, epochs=epochs, verbose=0)


def accuracy(model: keras.Model, data: tuple[np.ndarray, np.ndarray]) -> float:
    """The share of digits that a model names right."""
    x, y = data
    return float((model.predict(x, verbose=0).argmax(-1) == y).mean())


def make_teacher(data: tuple[np.ndarray, np.ndarray], epochs: int) -> keras.Model:
    """A network that has learnt the digits."""
    keras.utils.set_random_seed(0)
    teacher = make_model((256, 192))
    train(teacher, data, epochs, 1e-3)
    return teacher


def compare(
    teacher: keras.Model,
    data: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    seed: int,
    epochs: int,
    temperature: float,
) -> tuple[float, float]:
    """The accuracies of a student trained alone and of one that is distilled."""
    keras.utils.set_random_seed(seed)
    alone = make_model((UNITS,))
    student = make_model((UNITS,))
    student.set_weights(alone.get_weights())
    train(alone, data, epochs, RATE)
    distiller = keras.distillation.Distiller(
        teacher,
        student,
        keras.distillation.LogitsDistillation(temperature),
        # Softening shrinks gradients by the square of the temperature.
        distillation_loss_weights=temperature**2,
        student_loss_weight=SHARE,
    )
    train(distiller, data, epochs, RATE)
    return accuracy(alone, test), accuracy(student, test)


def main() -> None:
    """Train a teacher and pairs of students, and show how they do."""
    parser = argparse.ArgumentParser(description="Distil a network.")
    parser.add_argument("--backend", choices=BACKENDS, default="torch")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--digits", type=int, default=100)
    parser.add_argument("--temperature", type=float, default=4.0)
    options = parser.parse_args()
    with keras.backend_scope(options.backend):
        data, test = load_data()
        teacher = make_teacher(data, epochs=30)
        few = data[0][: options.digits], data[1][: options.digits]
        print(
            f"The teacher, {teacher.count_params():,} weights: "
            f"{accuracy(teacher, test):.1%} of {len(test[0])} digits"
        )
        print("seed  alone  distilled")
        pairs = []
        for seed in range(1, options.seeds + 1):
            pair = compare(
                teacher, few, test, seed, options.epochs, options.temperature
            )
            pairs.append(pair)
            print(f"{seed:4d}  {pair[0]:.1%}  {pair[1]:.1%}")
        report(np.array(pairs))


def report(pairs: np.ndarray) -> None:
    """Means, and how sure the difference is."""
    means, gains = pairs.mean(0), pairs[:, 1] - pairs[:, 0]
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else np.nan
    print(f"mean  {means[0]:.1%}  {means[1]:.1%}")
    print(
        f"Distilling gains {gains.mean() * 100:.1f} points (standard error "
        f"{error * 100:.1f}); {(gains > 0).sum()} of {len(gains)} students are better."
    )


if __name__ == "__main__":
    main()
