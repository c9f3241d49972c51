"""Calls of whole models as one compiled function, where only speed tells.

A functional or Sequential model that is called eagerly on data runs as a cached
compiled function on backends where that pays. That needs every layer to be one of
ours without Python effects of its own, and nobody else tracing. A shape is compiled
when it is seen for the second time, so that a single call does not pay for it.

The compiled form is dropped when an attribute of a layer inside is set: a new
activation counts from the next call on, as in plain code. A model that is changed
again and again runs plainly from then on: never stale, but no faster than its layers
one by one. Freezing and thawing are no such changes: a training of two models in turn
does that at each step, and comes back to the forms that it had.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from keras.backends.backend import TENSOR
from keras.core import context, masking, tree
from keras.core.config import settings
from keras.core.typing import Structure, TensorLike
from keras.layers.purity import calls_only_ours
from keras.layers.shortcut import is_quiet

if TYPE_CHECKING:
    from keras.backends.backend import Backend
    from keras.layers.layer import Layer
    from keras.models.model import Model

_MOST_SHAPES = 32
# So many forms are made and dropped before a model is run plainly.
_MOST_CHANGES = 8


class CompiledCall:
    """The compiled form of a model's call, one for each signature.

    Args:
        model: the model.
    """

    def __init__(self, model: Model) -> None:
        # No cycle: a model goes when its last name does.
        this: Any = weakref.ref(model)
        self._model = this
        self.pure = calls_only_ours(model)
        self._watched = list(_layers_in(model)) if self.pure else []
        self._watcher = partial(_tell, this)
        for layer in self._watched:
            layer._keras_watchers.append(self._watcher)
        self.settings = settings.of_results()
        self._convert = model._keras_backend.convert_to_tensor
        self._seen: set[Any] = set()
        self._repeated: set[Any] = set()

        def run(training: bool | None, inputs: TensorLike) -> Structure:
            outputs = this()._call_uncompiled(inputs, training=training)
            flat = tree.flatten(outputs)
            masks = {
                str(i): masking.get_mask(x)
                for i, x in enumerate(flat)
                if masking.get_mask(x) is not None
            }
            return outputs, masks

        self._plain = run
        # A form for each state of `trainable`, which normalization computes with.
        self._forms: dict[tuple[bool, ...], dict[bool | None, Any]] = {}
        self._form: dict[bool | None, Any] | None = None

    def stop_watching(self) -> None:
        """The layers inside no longer tell when they change."""
        for layer in self._watched:
            if self._watcher in layer._keras_watchers:
                layer._keras_watchers.remove(self._watcher)

    def was_frozen(self) -> None:
        """What `trainable` of the layers says is looked at again."""
        self._form = None

    def _of_now(self) -> dict[bool | None, Any]:
        """A function for each mode: what is left are arguments of arrays only."""
        flags = tuple([layer._trainable for layer in self._watched])
        this, run = self._model, self._plain
        if flags not in self._forms:
            compile_call = this()._keras_backend.compile_call
            self._forms[flags] = {
                training: compile_call(partial(run, training), lambda: this().variables)
                for training in (None, False, True)
            }
        self._form = self._forms[flags]
        return self._form

    def worth_it(self, signature: Any) -> bool:
        """Whether calls of this signature are compiled: from the second one on."""
        if signature in self._repeated:
            return True
        if signature not in self._seen:
            if len(self._seen) < 16 * _MOST_SHAPES:
                self._seen.add(signature)
            return False
        if len(self._repeated) >= _MOST_SHAPES:
            return False
        self._repeated.add(signature)
        return True

    def __call__(self, inputs: TensorLike, training: bool | None = None) -> Structure:
        if type(inputs) is np.ndarray:
            inputs = self._convert(inputs)
        try:
            outputs, masks = (self._form or self._of_now())[training](inputs)
        except Exception:  # noqa: BLE001
            outputs = masks = None
        if masks is None:  # the plain run says what is wrong in our words
            return self._model()._call_uncompiled(inputs, training=training)
        if masks:
            flat = tree.flatten(outputs)
            for index, mask in masks.items():
                masking.set_mask(flat[int(index)], mask)
        return outputs


def for_call(
    model: Model, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Callable[..., Any] | None:
    """The compiled function for a call, or None where plain code shall run."""
    backend = model._keras_backend
    if not getattr(backend, "compiles_calls", False) or len(args) != 1:
        return None
    if model.__dict__.get("_changes", 0) >= _MOST_CHANGES:
        return None
    if model._keras_shortcut.hooked:
        return None
    ambient = context.get()
    if ambient.call is not None or ambient.stateless is not None:
        return None
    if not is_quiet(ambient):
        return None
    if kwargs and (len(kwargs) > 1 or "training" not in kwargs):
        return None
    if not model.built or getattr(model, "run_eagerly", False) or backend.in_trace():
        return None
    signature = _signature(backend, args[0], kwargs.get("training"))
    if signature is None:
        return None
    compiled = model.__dict__.get("_compiled_call")
    if compiled is not None and compiled.settings != settings.of_results():
        forget(model)
        compiled = None
    if compiled is None:
        compiled = CompiledCall(model)
        object.__setattr__(model, "_compiled_call", compiled)
    if not compiled.pure or not compiled.worth_it(signature):
        return None
    return compiled


def note_change(model: Any, freezes: bool) -> None:
    """An attribute of the model or of a layer in it was set.

    Args:
        model: the model.
        freezes: whether it was `trainable`.
    """
    compiled = model.__dict__.get("_compiled_call")
    if compiled is not None and freezes:
        compiled.was_frozen()
    elif compiled is not None:
        forget(model)


def forget(model: Any) -> None:
    """Drops the compiled form: the model, or a layer in it, has changed."""
    compiled = model.__dict__.pop("_compiled_call", None)
    if compiled is not None:
        compiled.stop_watching()
        changes = model.__dict__.get("_changes", 0) + 1
        object.__setattr__(model, "_changes", changes)


def _signature(backend: Backend, inputs: TensorLike, training: bool | None) -> Any:
    if training is not None and type(training) is not bool:
        return None
    if backend.kind_of(inputs) == TENSOR:
        if masking.get_mask(inputs) is not None:
            return None
        return (tuple(inputs.shape), inputs.dtype, training)
    if type(inputs) is np.ndarray:
        numbers = inputs.dtype.kind in "biuf"
        return (inputs.shape, inputs.dtype, training) if numbers else None
    if not isinstance(inputs, (list, tuple, dict)):
        return None
    parts: list[Any] = []
    for path, x in tree.flatten_with_path(inputs):
        if backend.kind_of(x) != TENSOR or masking.get_mask(x) is not None:
            return None
        parts.append((path, tuple(x.shape), x.dtype))
    return (tuple(parts), training)


def _tell(reference: weakref.ref[Any], freezes: bool) -> None:
    model = reference()
    if model is not None:
        note_change(model, freezes)


def _layers_in(layer: Layer) -> Iterator[Any]:
    for inner in layer._layers:
        yield inner
        yield from _layers_in(inner)
