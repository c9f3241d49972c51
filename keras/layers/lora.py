"""LoRA: training a big weight through two small ones, attached to a layer from outside.

A layer that can have it derives from `LoraLayer` and names its weight with a
`LoraWeight`. Without LoRA the weight is an ordinary attribute of the instance, and
reading it costs nothing more (see `Declared`). Enabling LoRA takes that attribute away;
from then on reading it gives the frozen weight plus the product of the small ones.

Source: Hu et al., 2021 (https://arxiv.org/abs/2106.09685).
"""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.layers.arguments import class_name, positive_integer
from keras.layers.declared import Declared
from keras.layers.input_spec import describe
from keras.layers.layer import Layer
from keras.layers.variables import LayerVariables


class LoraWeight(Declared):
    """The weight of a class that LoRA may adapt; see `LoraLayer`."""

    def absent(self, layer: Any) -> Any:
        """The merged weight, where LoRA has taken the plain one away."""
        if not layer.lora_enabled:
            return super().absent(layer)
        low, _ = layer._lora_pair
        return ops.add(layer._lora_frozen, layer._lora_change(low))


class LoraLayer(Layer):
    """Base of layers with a weight that LoRA may adapt.

    Attributes:
        lora_enabled: whether it is in force.
        lora_rank: the rank, also while the layer waits to be built; None without LoRA.
        lora_alpha: what the change of the weight is multiplied by, times the rank.
    """

    _lora_target = "kernel"
    lora_enabled = False
    lora_rank: int | None = None
    lora_alpha: float | None = None

    def _set_lora(self, rank: int | None, alpha: float | None) -> None:
        """Keeps constructor arguments for `_start_lora`."""
        if rank is None:
            return
        self.lora_rank = positive_integer(self, "lora_rank", rank)
        self.lora_alpha = self.lora_rank if alpha is None else alpha
        self._refuse_constraint()

    def _start_lora(self) -> None:
        """Enables what the constructor asked for; the last step of `build`."""
        if self.lora_rank is not None and not self.lora_enabled:
            self.built = True
            self.enable_lora(self.lora_rank, lora_alpha=self.lora_alpha)

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freezes the big weight and adds two small ones that are trained instead.

        The layer then computes with `weight + lora_alpha / rank * (a @ b)`. A bias
        stays trainable. Saving writes the merged weight, so that the file can be read
        with and without LoRA. A model that was trained or asked for predictions before
        is to be compiled anew: its programs know the old weights.

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
        if self.lora_enabled:
            raise ValueError(
                f"LoRA is already enabled in {describe(self)}, with rank "
                f"{self.lora_rank}. It can be enabled once per layer."
            )
        if not self.built:
            raise ValueError(
                f"LoRA cannot be enabled in {describe(self)}, because it is not built "
                "yet. Call the layer on data or `build(input_shape)` first, or pass "
                "`lora_rank` to its constructor."
            )
        rank = positive_integer(self, "rank", rank)
        self._refuse_constraint()
        weight = self.__dict__[target]
        options: dict[str, Any] = {
            "regularizer": getattr(self, f"{target}_regularizer", None)
        }
        with self._tracker.unlocked():
            low = self.add_weight(
                name=f"lora_{target}_a",
                shape=(*weight.shape[:-1], rank),
                initializer=a_initializer,
                **options,
            )
            high = self.add_weight(
                name=f"lora_{target}_b",
                shape=(rank, weight.shape[-1]),
                initializer=b_initializer,
                **options,
            )
        put = object.__setattr__
        put(self, f"lora_{target}_a", low)
        put(self, f"lora_{target}_b", high)
        put(self, "_lora_frozen", weight)
        self.lora_rank = rank
        self.lora_alpha = rank if lora_alpha is None else lora_alpha
        self.lora_enabled = True
        del self.__dict__[target]
        self._freeze()

    @property
    def _lora_pair(self) -> tuple[Any, Any]:
        target = self._lora_target
        return self.__dict__[f"lora_{target}_a"], self.__dict__[f"lora_{target}_b"]

    def _lora_change(self, features: Any) -> Any:
        """`features @ b * lora_alpha / rank`: with `a` for them, the weight's change.

        With `inputs @ a` for them it is the change of the output, which costs less than
        the merged weight.
        """
        _, high = self._lora_pair
        scale = (self.lora_alpha or 0.0) / (self.lora_rank or 1)
        return ops.multiply(ops.matmul(features, high), scale)

    def _refuse_constraint(self) -> None:
        name = f"{self._lora_target}_constraint"
        constraint = getattr(self, name, None)
        if constraint is not None:
            raise ValueError(
                f"{class_name(self)} cannot have LoRA and `{name}` at once: the sum of "
                "a frozen weight and a product cannot be projected. Received: "
                f"{name}={constraint!r}. Leave one of them out."
            )

    def _freeze(self) -> None:
        """The adapted weight is not trained; the small ones are, if the layer is."""
        self._lora_frozen.trainable = False
        for variable in self._lora_pair:
            variable.trainable = self._trainable

    @property
    def trainable(self) -> bool:
        """Whether training updates this layer; a weight with LoRA stays frozen."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        setter: Any = LayerVariables.trainable.fset
        setter(self, value)
        if self.lora_enabled:
            self._freeze()

    def save_own_variables(self, store: Any) -> None:
        """Writes the weights, the adapted one merged and the small ones left out."""
        if not self.lora_enabled:
            super().save_own_variables(store)
            return
        for index, variable in enumerate(self._filed_variables()):
            frozen = variable is self._lora_frozen
            store[str(index)] = getattr(self, self._lora_target) if frozen else variable

    def load_own_variables(self, store: Any) -> None:
        """Sets the weights; with LoRA, what was read is the frozen weight.

        `b` becomes zeros, so that the layer gives what was saved, and `a` stays, so
        that training can go on.
        """
        if not self.lora_enabled:
            super().load_own_variables(store)
            return
        filed = self._filed_variables()
        if len(store.keys()) != len(filed):
            raise ValueError(
                f"{describe(self)} expected {len(filed)} variables, but the file has "
                f"{len(store.keys())}. Files hold the adapted weight merged."
            )
        for index, variable in enumerate(filed):
            variable.assign(store[str(index)])
        _, high = self._lora_pair
        high.assign(ops.zeros(high.shape, high.dtype))

    def _filed_variables(self) -> list[Any]:
        """The variables that files hold: the small ones are part of the big one."""
        pair = self._lora_pair if self.lora_enabled else ()
        small = {id(variable) for variable in pair}
        own = [*self._trainable_variables, *self._non_trainable_variables]
        return [variable for variable in own if id(variable) not in small]
