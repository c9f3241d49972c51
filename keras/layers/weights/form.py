"""`WeightForm`: what a layer needs from a big weight, whatever variables it is kept in.

A new form says which variables it has, what they come to (`value`), and which values
they get for a given weight (`encode`). That is enough for every layer, for files, for
LoRA upon it and for changing a layer from one form to another. The products are written
with `value`; a form that can do better without the whole weight has its own. A form
with a `mode` is what `quantize` and dtype policies of that mode ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, ClassVar, Self

from keras import ops
from keras.core.typing import Tensor
from keras.dtype_policies import quantized
from keras.ops.nn.linear import linear

if TYPE_CHECKING:
    from keras.backends.variable import Variable
    from keras.layers.layer import Layer


# What layers do with a big weight, by the names of the methods below.
PRODUCTS = ("linear", "einsum", "take", "logits", "convolve")


class WeightForm:
    """One big weight of one layer.

    Args:
        variables: the variables that the weight is kept in. The first stands for it: it
            has the weight's name, and `layer._kernel` reads it.
    """

    # The mode of `quantize` and of dtype policies that asks for it; none for "".
    mode: ClassVar[str] = ""
    # The products that it is good for: layers take the forms that have all of theirs.
    products: ClassVar[tuple[str, ...]] = PRODUCTS
    # What `quantize` takes where it is given the mode alone, of `keras.quantizers`.
    config_class: ClassVar[Any] = None
    # Whether it is fitted to data, which come with a config.
    needs_data: ClassVar[bool] = False
    # What `layer.kernel` is where no call is needed to read it; None for `value()`.
    direct: Any = None

    def __init__(self, variables: Sequence[Any]) -> None:
        self.variables = list(variables)

    @classmethod
    def build(
        cls, layer: Layer, name: str, shape: tuple[int, ...], **options: Any
    ) -> Self:
        """A new weight of a layer.

        Args:
            layer: the layer, whose `add_weight` makes the variables.
            name: the weight's name, `"kernel"`.
            shape: the weight's shape.
            **options: `initializer`, `regularizer` and `constraint` of the weight.
        """
        raise NotImplementedError(
            f"{cls.__name__} does not define `build`: it makes the variables."
        )

    @classmethod
    def adopt(
        cls, layer: Layer, name: str, form: WeightForm, config: Any = None
    ) -> Self:
        """A weight that a layer has, in this form instead.

        Args:
            layer: the layer.
            name: the weight's name.
            form: the form that it is in.
            config: further wishes of who asked for it, as `layer.quantize` got them.
        """
        del config
        new = cls.build(layer, name, form.shape, initializer="zeros")
        values = new.encode(form.value())
        for variable, value in zip(new.variables, values, strict=True):
            variable.assign(value)
        return new

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the weight."""
        return tuple(self.variables[0].shape)

    @property
    def weight_variables(self) -> list[Any]:
        """Those of the variables that the weight's value comes from."""
        return self.variables

    def value(self) -> Any:
        """The weight, merged: a Variable or a tensor."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define `value`: the whole weight."
        )

    def read(self) -> Any:
        """What `layer.kernel` reads: the weight, or the integers that stand for it."""
        return self.value()

    def become(
        self, kind: type[WeightForm], layer: Layer, name: str, config: Any = None
    ) -> WeightForm:
        """The same weight in a form of another kind."""
        return kind.adopt(layer, name, self, config)

    def encode(self, value: Tensor) -> list[Any]:
        """What `variables` would hold for a weight of this value, in their order."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define `encode`: the variables' values."
        )

    # Products ------------------------------------------------------------------

    def linear(self, inputs: Tensor, bias: Tensor | None, axes: int = 1) -> Tensor:
        """The product over the last `axes` axes of the inputs, plus bias."""
        return linear(inputs, self.value(), bias, axes)

    def einsum(self, equation: str, inputs: Tensor) -> Tensor:
        """The einsum of the inputs and the weight."""
        return ops.einsum(equation, inputs, self.value())

    def take(self, indices: Tensor) -> Tensor:
        """The rows of the weight that integers name."""
        return ops.take(self.value(), indices, axis=0)

    def logits(self, vectors: Tensor, dtype: str, transposed: bool) -> Tensor:
        """The products of vectors with the rows, or the columns, of the weight.

        Args:
            vectors: `(..., size)`.
            dtype: the dtype to multiply in.
            transposed: whether with the rows.
        """
        weight = self.value()
        weight = ops.transpose(weight) if transposed else weight
        return ops.matmul(ops.cast(vectors, dtype), ops.cast(weight, dtype))

    def convolve(
        self, inputs: Tensor, convolution: Callable[[Tensor, Any], Tensor]
    ) -> Tensor:
        """The layer's convolution of the inputs with the weight."""
        return convolution(inputs, self.value())

    # Training and files --------------------------------------------------------

    def set_trainable(self, trainable: bool) -> None:
        """Says which variables train, after the layer was frozen or thawed."""

    @classmethod
    def names_in_files(cls, weight: str, others: list[str]) -> list[str]:
        """The names that Keras has for what a file may hold of a layer, in order.

        Args:
            weight: the name of the weight.
            others: names of the layer's variables that belong to no big weight.
        """
        return [weight, *others]

    def filed(self, own: list[Any]) -> list[Any]:
        """The variables that a file holds, of all that the layer has itself.

        Args:
            own: those variables, in the layer's order.
        """
        return own

    def written(self, variable: Variable) -> Any:
        """What a file gets for one of the variables that it holds."""
        return variable

    def was_read(self) -> None:
        """Called when the variables that a file holds were set from one."""


_FORMS: dict[str, type[WeightForm]] = {}


def quantized_form(kind: type[WeightForm]) -> type[WeightForm]:
    """Class decorator: the form that its mode asks for."""
    _FORMS[kind.mode] = kind
    return kind


@cache
def _load_all() -> None:
    """Each form's own file enters it: no list of them is kept anywhere."""
    package = __name__.rpartition(".")[0]
    for module in iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")


def forms() -> dict[str, type[WeightForm]]:
    """All forms that modes ask for, by mode."""
    _load_all()
    return _FORMS


quantized.registered.modes = forms


def form_of(mode: str | None) -> type[WeightForm] | None:
    """The form for a policy's quantization mode, or None if there is no such form.

    Args:
        mode: `"int8"` and the like.
    """
    if mode is not None and mode not in _FORMS:
        forms()
    return _FORMS.get(mode or "")


def modes_of(layer: Layer) -> list[str]:
    """The modes in which a layer's big weights can be kept; none without such."""
    products = set(layer._keras_products)
    if not products:
        return []
    known = forms()
    return [mode for mode in quantized.modes() if products <= set(known[mode].products)]
