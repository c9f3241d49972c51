"""Looking at what weights are multiplied by: for those that fit them to data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from keras import ops
from keras.backends import backend_scope
from keras.core.typing import Tensor
from keras.layers.input_spec import describe
from keras.layers.layer import Layer
from keras.layers.weights.channels import flat
from keras.layers.weights.form import WeightForm, modes_of
from keras.layers.weights.weight_layer import WeightLayer
from keras.quantizers.statistics import InputStatistics


class Observed(WeightForm):
    """Another form, whose products count their inputs.

    Args:
        form: that form.
        rows: how many values a product sums over.
    """

    def __init__(self, form: WeightForm, rows: int) -> None:
        super().__init__(form.variables)
        self.form = form
        self.direct = form.direct
        self.statistics = InputStatistics(rows)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the weight."""
        return self.form.shape

    def value(self) -> Any:
        """The weight of that form."""
        return self.form.value()

    def linear(self, inputs: Tensor, bias: Tensor | None, axes: int = 1) -> Tensor:
        """The product, whose inputs count."""
        self.statistics.add(inputs)
        return self.form.linear(inputs, bias, axes)

    def einsum(self, equation: str, inputs: Tensor) -> Tensor:
        """The einsum; how its inputs meet the weight's matrix is not known."""
        return self.form.einsum(equation, inputs)


class Observation(NamedTuple):
    """What was seen of one weight of a layer."""

    layer: Any
    name: str
    value: Any
    statistics: InputStatistics

    def fit(self) -> None:
        """Fits the form that the weight has got meanwhile, if it can and saw inputs."""
        form = self.layer.__dict__[f"_{self.name}_form"]
        form = getattr(form, "base", form)  # that which a change by LoRA is put upon
        if self.statistics.count and hasattr(form, "fit"):
            with backend_scope(self.layer._keras_backend):
                self._check_inputs()
                form.fit(self.value, self.statistics)

    def _check_inputs(self) -> None:
        """Refuses inputs that no weight can be fitted to."""
        if not np.isfinite(self.statistics.hessian().diagonal()).all():
            raise ValueError(
                f"{describe(self.layer)} cannot be fitted to the calibration data: on "
                f"them, some inputs of its `{self.name}` are NaN, infinite or so large "
                "that their squares overflow. Look at the dataset of the config, "
                "and at what the layers before give for it."
            )


@contextmanager
def observed(layers: Sequence[Layer], mode: str) -> Iterator[list[Observation]]:
    """Within it, the big weights of layers count what they are multiplied by.

    Args:
        layers: the layers.
        mode: the mode that they are to be fitted for; those without it are left alone.

    Yields:
        A list, which is filled at the end: an observation for each weight.
    """
    found: list[Observation] = []
    placed: list[tuple[Any, str, WeightForm, Observed]] = []
    try:
        for layer in layers:
            if isinstance(layer, WeightLayer) and mode in modes_of(layer):
                for name, form in layer._held_forms().items():
                    rows = flat(form.shape, layer._keras_channels(name).reduced)[0]
                    placed.append((layer, name, form, Observed(form, rows)))
                    object.__setattr__(layer, f"_{name}_form", placed[-1][-1])
        yield found
    finally:
        for layer, name, form, _ in placed:
            object.__setattr__(layer, f"_{name}_form", form)
    for layer, name, form, seen in placed:
        with backend_scope(layer._keras_backend):
            value = ops.convert_to_numpy(getattr(form, "base", form).value())
        found.append(Observation(layer, name, value, seen.statistics))
