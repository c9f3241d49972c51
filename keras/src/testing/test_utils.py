"""Data and parameters for tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

Split = tuple[np.ndarray, np.ndarray]


def get_test_data(
    train_samples: int,
    test_samples: int,
    input_shape: Sequence[int],
    num_classes: int,
    random_seed: int | None = None,
) -> tuple[Split, Split]:
    """Samples of classes that can be told apart: each lies around a point of its own.

    Returns:
        `(x, y)` for training and `(x, y)` for testing: float32 of `(samples,
        *input_shape)` and int64 of `(samples,)`.
    """
    draw = np.random.default_rng(random_seed)
    centers = 2.0 * num_classes * draw.random((num_classes, *input_shape))
    labels = draw.integers(0, num_classes, train_samples + test_samples)
    noise = draw.normal(size=(len(labels), *input_shape))
    samples = (centers[labels] + noise).astype("float32")
    cut = train_samples
    return (samples[:cut], labels[:cut]), (samples[cut:], labels[cut:])


def named_product(
    *args: Iterable[dict[str, Any]], **kwargs: Iterable[Any]
) -> Iterator[dict[str, Any]]:
    """Every combination of parameters, for `parameterized.named_parameters`.

    Args:
        *args: lists of dictionaries that have a `testcase_name`.
        **kwargs: the values of each parameter.

    Yields:
        Dictionaries of parameters, with a `testcase_name` made of their values.
    """
    axes = [[dict(case) for case in cases] for cases in args]
    for name, values in kwargs.items():
        axes.append([{"testcase_name": _named(x), name: x} for x in values])
    # The first parameter is the one that changes fastest.
    for chosen in itertools.product(*reversed(axes)):
        cases = chosen[::-1]
        name = "_".join(str(case["testcase_name"]) for case in cases)
        merged = {key: value for case in cases for key, value in case.items()}
        yield {**merged, "testcase_name": name}


def _named(value: Any) -> str:
    return str(getattr(value, "__name__", value)).lower()
