"""Writes `gradients.json` with the Keras of PyPI, through its torch backend.

    KERAS_BACKEND=torch python tests/layers/make_gradients.py

in an environment that has `keras==3.15.1` and PyTorch. It uses the public API only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradients
import torch


def slopes(total: Any, inputs: list[Any], weights: list[Any]) -> Any:
    """Outputs and slopes by torch's autograd."""
    tensors = [torch.from_numpy(x) for x in inputs]
    for x in tensors:
        x.requires_grad_(x.is_floating_point())
    summed, outputs = total(tensors)
    summed.backward()
    zeros = [torch.zeros(tuple(w.shape)) for w in weights]
    pairs = zip(weights, zeros, strict=True)
    found = [z if w.value.grad is None else w.value.grad for w, z in pairs]
    return (
        [y.detach().numpy() for y in outputs],
        [None if not x.requires_grad else x.grad.numpy() for x in tensors],
        [g.numpy() for g in found],
    )


def main() -> None:
    """One line for each case."""
    lines = []
    for name, row, options in gradients.cases():
        kept = {
            key: [round(n, 6) for n in values]
            for key, values in gradients.of_case(row, options, slopes).items()
        }
        lines.append(f"{json.dumps(name)}: {json.dumps(kept)}")
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    Path(__file__).with_name("gradients.json").write_text(text)


if __name__ == "__main__":
    main()
