"""What is checked on torch with 4 processes; each runs this file."""

from __future__ import annotations

import os

import keras
from keras import distribution
from tests.distribution import children, models, torch_processes


def check_replicas():
    torch_processes.agree("convnet")


def check_parts_on_both_axes():
    model = torch_processes.agree("mlp", torch_processes.parallel("mlp", (2, 2)))
    assert torch_processes.part_of(model.get_layer("up").kernel) == (16, 16)


def check_weights_split_over_the_batch_axis():
    mesh = distribution.DeviceMesh((4,), ("batch",))
    rules = distribution.LayoutMap(mesh)
    rules[".*/kernel"] = ("batch", None)
    chosen = distribution.ModelParallel(layout_map=rules)
    model = torch_processes.agree("mlp", chosen)
    assert torch_processes.part_of(model.get_layer("up").kernel) == (4, 32)
    held = sum(v.value.to_local().nbytes for v in model.weights if "kernel" in v.path)
    if os.environ["RANK"] == "0":  # which may plan for all
        planned = distribution.plan(models.mlp, chosen, 16, keras.optimizers.Adam())
        biases = 4 * (32 + 8)
        assert planned.weights == held + biases


if __name__ == "__main__":
    distribution.initialize()
    children.main(globals())
