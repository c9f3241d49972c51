"""Several processes and devices: what they gain, and what Keras costs on top.

    python benchmarks/processes.py scaling --backend torch
    python benchmarks/processes.py ddp
    python benchmarks/processes.py fsdp
    python benchmarks/processes.py jit

`scaling` trains a decoder with the same batch (32, or `BATCH`) on one process on one
core, and on two processes on two cores, and compares samples a second. The others time,
turn by turn in the same processes, steps of `fit` under a distribution and steps as one
writes them in the framework: `DistributedDataParallel` and `fully_shard` with two
processes of torch, and `jax.jit` with shardings on two devices. What is printed is one
line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS, STEPS = 9, 12
WIDTH, DEPTH, BATCH = 512, 4, 64


def environment(rank: int, count: int, port: int, backend: str) -> dict[str, str]:
    """What tells a process who it is, and that it has one core."""
    return {
        **os.environ,
        "KERAS_BACKEND": backend,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "RANK": str(rank),
        "WORLD_SIZE": str(count),
        "OMP_NUM_THREADS": "1",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }


def run(part: str, count: int, backend: str) -> Any:
    """What the first of so many processes, each on its own core, says of a part."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    started = []
    for rank in range(count):
        worker = [sys.executable, __file__, part, "--backend", backend, "--worker"]
        cores = [] if part == "jit" else ["taskset", "-c", str(rank)]
        env = environment(rank, count, port, backend)
        if part == "jit":
            env["XLA_FLAGS"] += " --xla_force_host_platform_device_count=2"
        started.append(
            subprocess.Popen([*cores, *worker], env=env, stdout=subprocess.PIPE)
        )
    outputs = [process.communicate()[0].decode() for process in started]
    if any(process.returncode for process in started):
        raise SystemExit(f"a process of {part} failed")
    return json.loads(outputs[0].splitlines()[-1])


# What gains ---------------------------------------------------------------------


def scaling() -> dict[str, Any]:
    """Samples a second of a decoder, where a process of a job calls it."""
    import numpy as np

    import keras
    from keras import distribution

    sys.path.insert(0, str(Path(__file__).parents[1] / "examples" / "scale"))
    import transformer

    if os.environ["WORLD_SIZE"] != "1":
        distribution.initialize()
    length, batch, steps = 128, int(os.environ.get("BATCH", 32)), 2
    x = np.random.default_rng(0).integers(0, 128, (batch * steps, length))
    with distribution.DataParallel().scope():
        model = transformer.make_model(length, width=256, depth=4)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss)
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            model.fit(x, x, batch_size=batch, verbose=0, shuffle=False)
            seconds.append(time.perf_counter() - start)
    return {"samples": batch * steps / statistics.median(seconds[1:])}


# What it costs --------------------------------------------------------------------


def compared(keras_steps: Callable[[], None], own_steps: Callable[[], None]) -> Any:
    """Times of two ways to take so many steps, turn by turn."""
    sides: list[Callable[[], None]] = [keras_steps, own_steps]
    seconds: list[list[float]] = [[], []]
    for number in range(ROUNDS + 1):
        for which in (0, 1) if number % 2 else (1, 0):
            start = time.perf_counter()
            sides[which]()
            if number:  # the first compiles
                seconds[which].append((time.perf_counter() - start) / STEPS)
    ratios = [ours / own for ours, own in zip(*seconds, strict=True)]
    medians = [1000 * statistics.median(side) for side in seconds]
    return {
        "ratio": statistics.median(ratios),
        "ratios": [round(ratio, 3) for ratio in sorted(ratios)],
        "keras_ms": medians[0],
        "own_ms": medians[1],
    }


def data() -> Any:
    """Inputs and targets for so many steps."""
    import numpy as np

    rng = np.random.default_rng(0)
    return rng.normal(size=(2, STEPS * BATCH, WIDTH)).astype("float32")


def keras_steps(chosen: Any) -> Callable[[], None]:
    """An epoch of `fit` of dense blocks, under a distribution."""
    import keras

    x, y = data()
    with chosen.scope():
        inputs = keras.Input((WIDTH,))
        hidden = inputs
        for number in range(DEPTH):
            up = keras.layers.Dense(2 * WIDTH, "gelu", name=f"up_{number}")(hidden)
            down = keras.layers.Dense(WIDTH, name=f"down_{number}")
            hidden = hidden + down(up)
        model = keras.Model(inputs, hidden)
        model.compile(keras.optimizers.Adam(1e-3), "mse")

    def epoch() -> None:
        with chosen.scope():
            model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0)

    return epoch


def torch_steps(wrap: Callable[[Any], Any]) -> Callable[[], None]:
    """The same steps as one writes them in torch."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up = nn.Linear(WIDTH, 2 * WIDTH)
            self.down = nn.Linear(2 * WIDTH, WIDTH)

        def forward(self, x: Any) -> Any:
            return x + self.down(functional.gelu(self.up(x), approximate="none"))

    model = wrap(nn.Sequential(*(Block() for _ in range(DEPTH))))
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7)
    rank, count = torch.distributed.get_rank(), torch.distributed.get_world_size()
    x, y = torch.from_numpy(data())
    part = BATCH // count

    def epoch() -> None:
        total = torch.zeros(())
        for step in range(STEPS):
            begin = step * BATCH + rank * part
            optimizer.zero_grad()
            outputs = model(x[begin : begin + part])
            loss = functional.mse_loss(outputs, y[begin : begin + part])
            loss.backward()
            optimizer.step()
            total += loss.detach()
        torch.distributed.all_reduce(total)
        total.item()

    return epoch


def ddp() -> dict[str, Any]:
    """DataParallel over `DistributedDataParallel`, two processes."""
    import torch

    from keras import distribution

    distribution.initialize()
    wrap = torch.nn.parallel.DistributedDataParallel
    return compared(keras_steps(distribution.DataParallel()), torch_steps(wrap))


def fsdp() -> dict[str, Any]:
    """Weights split over the batch axis, over `fully_shard`, two processes."""
    import torch
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    from keras import distribution

    distribution.initialize()
    mesh = distribution.DeviceMesh((2,), ("batch",))
    rules = distribution.LayoutMap(mesh)
    rules[".*/kernel"] = ("batch", None)
    rules[".*/bias"] = ("batch",)
    chosen = distribution.ModelParallel(layout_map=rules)
    devices = init_device_mesh("cpu", (2,))

    def wrap(model: torch.nn.Module) -> torch.nn.Module:
        for block in model:
            fully_shard(block, mesh=devices)
        return fully_shard(model, mesh=devices)

    return compared(keras_steps(chosen), torch_steps(wrap))


def jit() -> dict[str, Any]:
    """ModelParallel over a hand-written `jax.jit` with shardings, two devices."""
    from keras import distribution

    mesh = distribution.DeviceMesh((1, 2), ("batch", "model"))
    rules = distribution.LayoutMap(mesh)
    rules[".*up_./kernel"] = (None, "model")
    rules[".*up_./bias"] = ("model",)
    rules[".*down_./kernel"] = ("model", None)
    chosen = distribution.ModelParallel(layout_map=rules)
    return compared(keras_steps(chosen), jax_steps(mesh.backend_mesh))


def jax_steps(mesh: Any) -> Callable[[], None]:
    """The same steps as one writes them in JAX, with Adam by hand."""
    from functools import partial

    import jax
    import jax.numpy as jnp
    import numpy as np
    from jax.sharding import NamedSharding, PartitionSpec

    def lie(*axes: Any) -> NamedSharding:
        return NamedSharding(mesh, PartitionSpec(*axes))

    rng = np.random.default_rng(1)
    shapes = {
        "up": ((WIDTH, 2 * WIDTH), lie(None, "model")),
        "up_bias": ((2 * WIDTH,), lie("model")),
        "down": ((2 * WIDTH, WIDTH), lie("model", None)),
        "down_bias": ((WIDTH,), lie()),
    }

    def block() -> dict[str, jax.Array]:
        return {
            name: jax.device_put(rng.normal(0, 0.02, shape).astype("float32"), where)
            for name, (shape, where) in shapes.items()
        }

    weights = [block() for _ in range(DEPTH)]
    zeros = partial(jax.tree.map, jnp.zeros_like)
    state = (weights, zeros(weights), zeros(weights), jnp.zeros((), "int32"))

    def loss_of(weights: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        for w in weights:
            up = jax.nn.gelu(x @ w["up"] + w["up_bias"], approximate=False)
            x = x + up @ w["down"] + w["down_bias"]
        return jnp.mean(jnp.square(x - y))

    @partial(jax.jit, donate_argnums=0)
    def step(state: Any, x: jax.Array, y: jax.Array) -> Any:
        weights, first, second, count = state
        loss, grads = jax.value_and_grad(loss_of)(weights, x, y)
        count = count + 1
        rate = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        first = jax.tree.map(lambda m, g: m + 0.1 * (g - m), first, grads)
        second = jax.tree.map(lambda v, g: v + 0.001 * (g * g - v), second, grads)
        weights = jax.tree.map(
            lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, first, second
        )
        return (weights, first, second, count), loss

    xs, ys = data()
    where = lie("batch", None)

    def epoch() -> None:
        nonlocal state
        total = jnp.zeros(())
        for number in range(STEPS):
            rows = slice(number * BATCH, (number + 1) * BATCH)
            x, y = jax.device_put((xs[rows], ys[rows]), where)
            state, loss = step(state, x, y)
            total = total + loss
        float(total)

    return epoch


WORKERS = {"scaling": scaling, "ddp": ddp, "fsdp": fsdp, "jit": jit}


def main() -> None:
    """Runs one part, or is one of its processes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=list(WORKERS))
    parser.add_argument("--backend", default="torch", choices=["torch", "jax"])
    parser.add_argument("--worker", action="store_true", help="is one of the processes")
    given = parser.parse_args()
    if given.worker:
        if given.backend == "torch":
            import torch

            torch.set_num_threads(1)
        print(json.dumps(WORKERS[given.part]()))
    elif given.part == "scaling":
        one, two = (run("scaling", count, given.backend) for count in (1, 2))
        gain = two["samples"] / one["samples"]
        print(json.dumps({"gain": gain, "one": one, "two": two}))
    elif given.part == "jit":
        print(json.dumps(run("jit", 1, "jax")))
    else:
        print(json.dumps(run(given.part, 2, "torch")))


if __name__ == "__main__":
    main()
