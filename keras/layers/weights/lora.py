"""LoRA: training a big weight through two small ones.

`LoraForm` is put around the form that the weight has: that one is frozen, and a product
of two small weights is added. `LoraLayer` is the base of the layers that can have it.

Source: Hu et al., 2021 (https://arxiv.org/abs/2106.09685).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keras import ops
from keras.core.typing import Config, Initializer, Tensor, TensorLike
from keras.layers.arguments import class_name, positive_integer
from keras.layers.declared import Declared
from keras.layers.input_spec import describe
from keras.layers.weights.form import WeightForm
from keras.layers.weights.weight_layer import WeightLayer
from keras.ops.nn.linear import linear

if TYPE_CHECKING:
    from keras.backends.variable import Variable
    from keras.layers.layer import Layer


class LoraForm(WeightForm):
    """`base + (a @ b) * alpha / rank`, of which only `a` and `b` are trained.

    Args:
        base: the form of the frozen weight.
        a: variable, `(*weight.shape[:-1], rank)`.
        b: variable, `(rank, weight.shape[-1])`.
        alpha: strength of the change, times the rank.
    """

    def __init__(
        self, base: WeightForm, a: TensorLike, b: TensorLike, alpha: float
    ) -> None:
        super().__init__([*base.variables, a, b])
        self.base = base
        self.a = a
        self.b = b
        self.alpha = alpha
        self.enabled = True

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the weight."""
        return self.base.shape

    def value(self) -> Any:
        """The merged weight."""
        value = self.base.value()
        return ops.add(value, self._change(self.a)) if self.enabled else value

    def become(
        self, kind: type[WeightForm], layer: Layer, name: str, config: Any = None
    ) -> WeightForm:
        """The frozen weight in another form; its change stays."""
        base = self.base.become(kind, layer, name, config)
        new = LoraForm(base, self.a, self.b, self.alpha)
        new.enabled = self.enabled
        return new

    def encode(self, value: Tensor) -> list[Any]:
        """The value in the frozen weight, and no change of it."""
        return [*self.base.encode(value), self.a, ops.zeros_like(self.b)]

    def linear(self, inputs: Tensor, bias: Tensor | None, axes: int = 1) -> Tensor:
        """The product with the weight, and that with its change, without merging."""
        outputs = self.base.linear(inputs, bias, axes)
        if not self.enabled:
            return outputs
        return ops.add(outputs, self._change(linear(inputs, self.a, None, axes)))

    def einsum(self, equation: str, inputs: Tensor) -> Tensor:
        """The einsum with the weight, and that with its change."""
        outputs = self.base.einsum(equation, inputs)
        if not self.enabled:
            return outputs
        change = ops.cast(self._change(self.a), ops.dtype(inputs))
        return ops.add(outputs, ops.einsum(equation, inputs, change))

    def logits(self, vectors: Tensor, dtype: str, transposed: bool) -> Tensor:
        """The products with the weight, and those with its change."""
        outputs = self.base.logits(vectors, dtype, transposed)
        if not self.enabled:
            return outputs
        change = self._change(self.a)
        change = ops.transpose(change) if transposed else change
        vectors = ops.cast(vectors, dtype)
        return ops.add(outputs, ops.matmul(vectors, ops.cast(change, dtype)))

    def take(self, indices: Tensor) -> Tensor:
        """Rows of the weight, and of its change, without merging."""
        outputs = self.base.take(indices)
        if not self.enabled:
            return outputs
        return ops.add(outputs, self._change(ops.take(self.a, indices, axis=0)))

    def convolve(
        self, inputs: Tensor, convolution: Callable[[Tensor, Any], Tensor]
    ) -> Tensor:
        """The layer's convolution with the merged weight."""
        if not self.enabled:
            return self.base.convolve(inputs, convolution)

        def merged(inputs: Tensor, kernel: TensorLike) -> Tensor:
            change = ops.cast(self._change(self.a), ops.dtype(kernel))
            return convolution(inputs, ops.add(kernel, change))

        return self.base.convolve(inputs, merged)

    def _change(self, features: Any) -> Any:
        """What `features`, in place of `a`, add: to the weight if they are `a` itself.

        With `inputs @ a` for them it is the change of the output.
        """
        scale = self.alpha / self.b.shape[0]
        return ops.multiply(ops.matmul(features, self.b), scale)

    def set_trainable(self, trainable: bool) -> None:
        """The small weights train, if the layer does; the frozen one never."""
        for variable in self.base.weight_variables:
            variable.trainable = False
        self.a.trainable = self.b.trainable = trainable

    def filed(self, own: list[Any]) -> list[Any]:
        """All but the small weights: they are part of the big one."""
        own = [v for v in own if v is not self.a and v is not self.b]
        return self.base.filed(own)

    def written(self, variable: Variable) -> Any:
        """The big weight, merged, so that a file can be read with and without LoRA."""
        if not (self.enabled and ops.convert_to_numpy(self.b).any()):
            return self.base.written(variable)  # as it is: not rounded once more
        values = self.base.encode(self.value())
        pairs = zip(self.base.variables, values, strict=True)
        return next(value for own, value in pairs if own is variable)

    def was_read(self) -> None:
        """What was read is the frozen weight: the layer gives what was saved.

        `b` becomes zeros, and `a` stays, so that training can go on.
        """
        self.base.was_read()
        self.b.assign(ops.zeros_like(self.b))


class SmallWeight(Declared):
    """One of the two small weights of a layer that has LoRA."""

    def absent(self, layer: Layer) -> Any:
        """An error that says how to come by it."""
        raise AttributeError(
            f"{describe(layer)} has no `{self.name}`, because it has no LoRA. Pass "
            "`lora_rank` to its constructor, or call `enable_lora(rank)`."
        )


class LoraLayer(WeightLayer):
    """Base of layers with a weight that LoRA may adapt.

    Attributes:
        lora_enabled: whether it is in force.
        lora_rank: the rank, also while the layer waits to be built; None without LoRA.
        lora_alpha: what the change of the weight is multiplied by, times the rank.
    """

    _lora_target = "kernel"
    lora_rank: int | None = None
    _lora_alpha: float | None = None
    lora_kernel_a = SmallWeight()
    lora_kernel_b = SmallWeight()

    def _set_lora(self, rank: int | None, alpha: float | None) -> None:
        """Keeps constructor arguments for `_start_lora`."""
        if rank is None:
            return
        self.lora_rank = positive_integer(self, "lora_rank", rank)
        self.lora_alpha = self.lora_rank if alpha is None else alpha
        self._refuse_constraint()

    def _start_lora(self) -> None:
        """Enables what the constructor asked for; the last step of `build`."""
        if self.lora_rank is not None and self._lora_form is None:
            self.built = True
            self.enable_lora(self.lora_rank, lora_alpha=self.lora_alpha)

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Initializer = "he_uniform",
        b_initializer: Initializer = "zeros",
    ) -> None:
        """Freezes the big weight and adds two small ones that are trained instead.

        The layer then computes with `weight + lora_alpha / rank * (a @ b)`. A bias
        stays trainable. Saving writes the merged weight, so that the file can be read
        with and without LoRA. A model that was compiled before is to be compiled anew:
        its optimizer knows the old weights.

        Args:
            rank: number of columns of `a` and of rows of `b`.
            lora_alpha: strength of the change; `rank` by default, which makes it 1.
            a_initializer: first values of `a`, `(*weight.shape[:-1], rank)`.
            b_initializer: first values of `b`, `(rank, weight.shape[-1])`; zeros leave
                the layer as it was.

        Raises:
            ValueError: if the layer is not built, has LoRA already, or constrains the
                weight.

        Example:

        >>> import keras
        >>> layer = keras.layers.Dense(4)
        >>> layer.build((None, 3))
        >>> layer.enable_lora(2)
        >>> [v.name for v in layer.trainable_variables]
        ['bias', 'lora_kernel_a', 'lora_kernel_b']
        """
        target = self._lora_target
        if self._lora_form is not None:
            raise ValueError(
                f"LoRA is already enabled in {describe(self)}, with rank "
                f"{self.lora_rank}. It can be enabled once per layer."
            )
        base = self.__dict__.get(f"_{target}_form")
        if not self.built or base is None:
            raise ValueError(
                f"LoRA cannot be enabled in {describe(self)}, because it is not built "
                "yet. Call the layer on data or `build(input_shape)` first, or pass "
                "`lora_rank` to its constructor."
            )
        rank = positive_integer(self, "rank", rank)
        self._refuse_constraint()
        shape = base.shape
        sizes = {"a": (*shape[:-1], rank), "b": (rank, shape[-1])}
        initializers = {"a": a_initializer, "b": b_initializer}
        with self._tracker.unlocked():
            for letter, size in sizes.items():
                variable = self.add_weight(
                    name=f"lora_{target}_{letter}",
                    shape=size,
                    initializer=initializers[letter],
                    regularizer=getattr(self, f"{target}_regularizer", None),
                )
                object.__setattr__(self, variable.name, variable)
            a, b = (getattr(self, f"lora_{target}_{letter}") for letter in "ab")
            self.lora_rank = rank
            alpha = rank if lora_alpha is None else lora_alpha
            form = LoraForm(base, a, b, alpha)
            self._keras_hold(target, form)
        form.set_trainable(self._trainable)

    @property
    def _lora_form(self) -> LoraForm | None:
        form = self.__dict__.get(f"_{self._lora_target}_form")
        return form if isinstance(form, LoraForm) else None

    @property
    def lora_enabled(self) -> bool:
        """Whether LoRA is in force. Setting it switches the change off and on again."""
        form = self._lora_form
        return form is not None and form.enabled

    @lora_enabled.setter
    def lora_enabled(self, value: bool) -> None:
        form = self._lora_form
        if form is not None:
            form.enabled = bool(value)
        elif value:
            raise ValueError(
                f"{describe(self)} has no LoRA to enable. Call `enable_lora(rank)`."
            )

    @property
    def lora_alpha(self) -> float | None:
        """Strength of the change of the weight, times the rank; None without LoRA."""
        form = self._lora_form
        return self._lora_alpha if form is None else form.alpha

    @lora_alpha.setter
    def lora_alpha(self, value: float | None) -> None:
        form = self._lora_form
        if form is None:
            self._lora_alpha = value
        else:
            form.alpha = form.b.shape[0] if value is None else value
            self._keras_changed()

    def get_config(self) -> Config:
        """The arguments; those of LoRA where it was asked for."""
        config = super().get_config()
        for name in ("lora_rank", "lora_alpha"):
            config.pop(name, None)
            if self.lora_rank is not None:
                config[name] = getattr(self, name)
        return config

    def _refuse_constraint(self) -> None:
        name = f"{self._lora_target}_constraint"
        constraint = getattr(self, name, None)
        if constraint is not None:
            raise ValueError(
                f"{class_name(self)} cannot have LoRA and `{name}` at once: the sum of "
                "a frozen weight and a product cannot be projected. Received: "
                f"{name}={constraint!r}. Leave one of them out."
            )
