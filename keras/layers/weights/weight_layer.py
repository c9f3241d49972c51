"""`WeightLayer`: a layer with big weights, each held in a form.

A class names its big weights with `Weight`. Setting such an attribute to a variable, as
`build` does and users do by hand, makes the weight plain, whatever it was before: what
`layer.kernel` reads is always what the layer computes with. A plain weight is an
ordinary attribute of the instance, so that reading it costs nothing more (`Declared`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from keras.core.classes import declared_class, is_ours
from keras.core.typing import ShapeLike
from keras.dtype_policies import policy as dtype_policies
from keras.layers.declared import Declared
from keras.layers.layer import Layer
from keras.layers.quantizing import check_quantizable, mode_and_config, no_form
from keras.layers.tracking import ARRAYS
from keras.layers.weight_options import options
from keras.layers.weights.channels import Channels
from keras.layers.weights.form import WeightForm, form_of, modes_of
from keras.layers.weights.plain import PlainForm

if TYPE_CHECKING:
    from keras.backends.variable import Variable


class Weight(Declared):
    """A big weight, merged or in integers where it is not one variable.

    It is what `layer.kernel` reads.
    """

    def absent(self, layer: Layer) -> Any:
        """The weight's value, where the instance has no attribute of this name."""
        form = layer.__dict__.get(f"_{self.name}_form")
        return super().absent(layer) if form is None else form.read()


class HeldVariable(Declared):
    """The variable that stands for a big weight: what `layer._kernel` reads."""

    def absent(self, layer: Layer) -> Any:
        """The first variable of the weight's form."""
        form = layer.__dict__.get(f"{self.name}_form")
        return super().absent(layer) if form is None else form.variables[0]


class HeldForm(Declared):
    """The form of a big weight, made where only the weight was put there."""

    def absent(self, layer: Layer) -> WeightForm:
        """A plain form for an attribute that came around `__setattr__`."""
        name = self.name.removeprefix("_").removesuffix("_form")
        value = layer.__dict__.get(name)
        if value is None:
            return getattr(type(layer), name).absent(layer)
        form = layer.__dict__[self.name] = PlainForm(value)
        return form


def _declare(cls: type, name: str, attribute: Declared) -> None:
    attribute.__set_name__(cls, name)
    setattr(cls, name, attribute)


class WeightLayer(Layer):
    """Base of layers that hold big weights in forms.

    The form of `kernel` is the attribute `_kernel_form`; see `WeightForm`.
    """

    # The weight that an attribute's name means: `kernel` and `_kernel` are one.
    _weight_of: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        new = [name for name, value in vars(cls).items() if type(value) is Weight]
        both = {f"{mark}{name}": name for name in new for mark in ("", "_")}
        cls._weight_of = {**cls._weight_of, **both}
        for name in new:
            _declare(cls, f"_{name}", HeldVariable())
            _declare(cls, f"_{name}_form", HeldForm())

    def __setattr__(self, name: str, value: Any) -> None:
        weight = self._weight_of.get(name)
        takes_values = type(value) in ARRAYS and self._weight_at(name) is not None
        if weight is None or takes_values:
            super().__setattr__(name, value)
        else:
            with self._tracker.unlocked():  # the weight is another, none is new
                if value is not self.__dict__.get(weight):
                    self._tracker.drop(weight)  # its name is free for the new one
                value = self._tracker.set(weight, value)
            self._keras_hold(weight, None if value is None else PlainForm(value))

    def _weight_at(self, name: str) -> Variable | None:
        return super()._weight_at(self._weight_of.get(name, name))

    def __delattr__(self, name: str) -> None:
        weight = self._weight_of.get(name, name)
        super().__delattr__(weight)
        self.__dict__.pop(f"_{weight}_form", None)

    def _add_form(self, name: str, shape: tuple[int, ...], **given: Any) -> None:
        """Makes a big weight, in the form that the dtype policy asks for.

        Args:
            name: its name.
            shape: its shape.
            **given: initializer, regularizer or constraint, where it is another than
                the layer's attribute says.
        """
        kind = form_of(self.quantization_mode) or PlainForm
        form = kind.build(self, name, shape, **{**options(self, name), **given})
        self._keras_hold(name, form)

    def _keras_hold(self, name: str, form: WeightForm | None) -> None:
        """Puts a form in the place of the one that holds a weight, if there is one."""
        self._tracker.set(name, () if form is None else tuple(form.variables))
        object.__setattr__(self, f"_{name}_form", form)
        if form is None or form.direct is not None:
            object.__setattr__(self, name, form and form.direct)
        else:
            self.__dict__.pop(name, None)
        if self._keras_watchers:
            self._keras_changed()

    def _keras_forms(self) -> Iterator[WeightForm]:
        """The forms of all weights that there are."""
        for name in dict.fromkeys(self._weight_of.values()):
            form = self.__dict__.get(f"_{name}_form")
            if form is not None:
                yield form

    @property
    def trainable(self) -> bool:
        """Whether training updates this layer; what a form freezes stays frozen."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        base: Any = Layer.trainable
        base.fset(self, value)
        for form in self._keras_forms():
            form.set_trainable(self._trainable)

    def _keras_channels(self, name: str) -> Channels:
        """How the layer multiplies by a weight, for those that quantize it."""
        return Channels()

    def quantize(
        self, mode: Any = None, type_check: bool = True, config: Any = None
    ) -> None:
        """Turns the big weights into a quantized form, and the dtype policy with them.

        Args:
            mode: which form: one of those that the class has, `"int8"` and the like.
            type_check: whether a subclass that the form may not fit is refused.
            config: a `keras.quantizers.QuantizationConfig`, which says more than the
                mode.

        Raises:
            ValueError: if there is no such mode, the layer is not built or quantized
                already, or the config is one of another mode. The layer is then as it
                was.
            NotImplementedError: if the layer has no such form.
        """
        mode, config = mode_and_config(mode, config)
        if not (is_ours(declared_class(self)) or not type_check):
            super().quantize(mode, type_check, config)
        check_quantizable(self, mode)
        kind = form_of(mode) if mode in modes_of(self) else None
        if kind is None:
            super().quantize(mode, type_check, config)
            return
        named = mode if config is None else config.dtype_policy_string()
        policy = dtype_policies.get(f"{named}_from_{self._dtype_policy.name}")
        config = config and config.without_data()
        with self._tracker.unlocked():
            for name, form in self._held_forms().items():
                self._keras_hold(name, form.become(kind, self, name, config))
        self.quantization_config = config
        self.dtype_policy = policy

    def _quantized_state(self) -> Any:
        """What `quantize` changes: the forms, too."""
        order = (list(self._trainable_variables), list(self._non_trainable_variables))
        return super()._quantized_state(), self._held_forms(), order

    def _restore_quantized_state(self, state: Any) -> None:
        """Undoes `quantize`."""
        state, forms, order = state
        super()._restore_quantized_state(state)
        now = self._held_forms()
        with self._tracker.unlocked():
            for name, form in forms.items():
                if now[name] is not form:
                    self._keras_hold(name, form)
                    for variable in now[name].variables[1:]:
                        self.__dict__.pop(variable.name, None)
        self._trainable_variables[:], self._non_trainable_variables[:] = order

    def _held_forms(self) -> dict[str, WeightForm]:
        names = dict.fromkeys(self._weight_of.values())
        forms = {name: self.__dict__.get(f"_{name}_form") for name in names}
        return {name: form for name, form in forms.items() if form is not None}

    def quantized_build(
        self, kernel_shape: ShapeLike, mode: str, config: Any = None
    ) -> None:
        """Gives the layer its big weight in a quantized form, all zeros.

        Args:
            kernel_shape: the weight's shape.
            mode: which form.
            config: what is wished of it.

        Raises:
            NotImplementedError: if the layer has no such form.
        """
        kind = form_of(mode) if mode in modes_of(self) else None
        if kind is None:
            raise NotImplementedError(no_form(self, mode))
        if config is not None:
            self.quantization_config = config
        name = next(iter(dict.fromkeys(self._weight_of.values())))
        with self._tracker.unlocked():
            form = kind.build(self, name, tuple(kernel_shape), initializer="zeros")  # type: ignore[arg-type]
            self._keras_hold(name, form)

    def _weights_in_files(self) -> list[str]:
        """The names of the big weights that a layer of these arguments has."""
        return list(dict.fromkeys(self._weight_of.values()))

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """What files hold of the layer itself, in order, by modes of `quantize`.

        None stands for floats. What a layer does not have, such as a bias, or zero
        points without blocks, its file does not have either. The variables of a file
        are numbered by their order.

        Example:

        >>> import keras
        >>> keras.layers.Embedding(9, 4).variable_serialization_spec["int8"]
        ['embeddings', 'embeddings_scale']
        """
        others = ["bias"] if hasattr(self, "bias_initializer") else []
        spec: dict[str | None, list[str]] = {}
        for mode in (None, *modes_of(self)):
            kind = (form_of(mode) if mode else None) or PlainForm
            found: dict[str, None] = {}
            for place, weight in enumerate(self._weights_in_files()):
                names = kind.names_in_files(weight, [] if place else others)
                found.update(dict.fromkeys(names))
            spec[mode] = list(found)
        return spec

    def _filed_variables(self) -> list[Any]:
        """The variables that files hold, as the forms say."""
        filed = super()._filed_variables()
        for form in self._keras_forms():
            filed = form.filed(filed)
        return filed

    def _keras_written(self, variable: Variable) -> Any:
        for form in self._keras_forms():
            if any(variable is own for own in form.variables):
                return form.written(variable)
        return variable

    def _was_read(self) -> None:
        for form in self._keras_forms():
            form.was_read()
