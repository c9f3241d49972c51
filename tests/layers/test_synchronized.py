"""Batch statistics of several replicas are those of their batches put together."""

from __future__ import annotations

import multiprocessing
from typing import Any

import numpy as np
import pytest

import keras

X = np.random.default_rng(0).standard_normal((6, 3)).astype("float32")
MASK = np.array([1, 0, 1, 1, 1, 0], bool)
PARTS = (slice(0, 2), slice(2, 6))
MASKS = [None, MASK]


def on_torch(x: np.ndarray, mask: Any, **options: Any) -> list[np.ndarray]:
    """Outputs, gradients and running averages of one call in training."""
    import torch

    with keras.backend_scope("torch"):
        layer = keras.layers.BatchNormalization(momentum=0.5, **options)
        inputs = torch.tensor(x, requires_grad=True)
        kept = None if mask is None else torch.tensor(mask)
        outputs = layer(inputs, training=True, mask=kept)
        (outputs**3).sum().backward()
        left = [layer.moving_mean.value, layer.moving_variance.value]
        left += [layer.gamma.value.grad]
        return [t.detach().numpy() for t in (outputs, inputs.grad, *left)]


def replica(rank: int, place: str, found: Any) -> None:
    """One of two processes; the batches are of different sizes."""
    import torch

    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{place}", rank=rank, world_size=2
    )
    part = PARTS[rank]
    results = [
        on_torch(X[part], None if mask is None else mask[part], synchronized=True)
        for mask in MASKS
    ]
    found.put((rank, results))
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


def test_processes_of_torch(tmp_path: Any) -> None:
    pytest.importorskip("torch")
    processes = multiprocessing.get_context("spawn")
    found = processes.Queue()
    place = str(tmp_path / "meeting")
    running = [
        processes.Process(target=replica, args=(rank, place, found)) for rank in (0, 1)
    ]
    for process in running:
        process.start()
    results = dict(found.get(timeout=300) for _ in running)
    for process in running:
        process.join()
    for index, mask in enumerate(MASKS):
        first, second = results[0][index], results[1][index]
        outputs, grads, mean, variance, of_gamma = on_torch(X, mask)
        for found_, wanted in (
            (np.concatenate([first[0], second[0]]), outputs),
            (np.concatenate([first[1], second[1]]), grads),
            (first[2], mean),
            (second[2], mean),
            (first[3], variance),
            (first[4] + second[4], of_gamma),
        ):
            np.testing.assert_allclose(found_, wanted, atol=1e-5)


@pytest.mark.parametrize("masked", [False, True])
def test_a_mapped_axis_of_jax(masked: bool) -> None:
    jax = pytest.importorskip("jax")
    with keras.backend_scope("jax"):
        alone = keras.layers.BatchNormalization(momentum=0.5)
        together = keras.layers.BatchNormalization(momentum=0.5, synchronized=True)
        for layer in (alone, together):
            layer.build((None, 3))

        def call(layer: Any, x: Any, mask: Any) -> Any:
            trained = [v.value for v in layer.trainable_variables]
            others = [v.value for v in layer.non_trainable_variables]
            kept = mask if masked else None
            return layer.stateless_call(trained, others, x, training=True, mask=kept)

        wanted, averages = call(alone, X, MASK)
        mapped = jax.vmap(lambda x, mask: call(together, x, mask), axis_name="replicas")
        found, each = mapped(X.reshape(2, 3, 3), MASK.reshape(2, 3))
        np.testing.assert_allclose(
            np.asarray(found).reshape(6, 3), np.asarray(wanted), atol=1e-5
        )
        for one, other in zip(each, averages, strict=True):
            np.testing.assert_allclose(one[0], other, atol=1e-6)
            np.testing.assert_allclose(one[1], other, atol=1e-6)


def test_alone_it_is_as_without(backend: str) -> None:
    results = []
    for synchronized in (False, True):
        layer = keras.layers.BatchNormalization(synchronized=synchronized)
        outputs = layer(X, training=True)
        left = [layer.moving_mean.value, layer.moving_variance.value]
        results.append([keras.ops.convert_to_numpy(x) for x in (outputs, *left)])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
