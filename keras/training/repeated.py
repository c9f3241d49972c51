"""Parts of a step as repeated calls, where a backend compiles no steps.

On torch a step is plain Python. What a model, a loss and metrics of ours do with a
batch leads to the same calls of torch each time, and the Python between them takes as
long as the calls of a small model do. So the backend notes these calls once
(`compile_call`) and repeats them. What is somebody else's runs as it is written, and
so does all of it where scopes around a step ask for more than its numbers.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from operator import is_
from typing import TYPE_CHECKING, Any

from keras.core import context, placement
from keras.core.classes import declared_class, is_ours
from keras.core.config import settings
from keras.core.typing import Structure
from keras.layers.purity import calls_only_ours, is_only_ours
from keras.layers.shortcut import is_quiet
from keras.training.compiled_step import CompiledStep
from keras.training.overrides import overrides

if TYPE_CHECKING:
    from keras.models.model import Model

Part = Callable[[Any], Any]


class Repeated:
    """A part of a step, as the calls that it was found to make.

    It is looked at anew when an attribute of a layer, loss or metric was set, so that
    what is set counts from the next step on, as in plain Python.

    Args:
        model: The model.
        part: A function of a structure of tensors. It reads and writes Variables.
        is_pure: Whether, at present, it does nothing else.
    """

    def __init__(self, model: Model, part: Part, is_pure: Callable[[], bool]) -> None:
        self._model: Any = weakref.ref(model)
        self._part = part
        self._is_pure = is_pure
        self._step = CompiledStep(model, self._form, plain=part)
        self._in_trace = model._keras_backend.in_trace
        self._settings: Any = None
        self._attributes: list[dict[str, Any]] = []
        self._values: list[Any] = []

    def __call__(self, data: Structure) -> Structure:
        ambient = context.get()
        alone = ambient.call is None and ambient.stateless is None
        if not alone or not is_quiet(ambient) or placement.process.used:
            return self._part(data)
        if self._in_trace():
            return self._part(data)
        values: list[Any] = []
        for attributes in self._attributes:
            values += attributes.values()
        known = self._values
        if self._settings != settings.of_results() or (
            len(values) != len(known) or not all(map(is_, values, known))
        ):
            self._step.forget()
        try:
            return self._step(data)
        except Exception:  # noqa: BLE001  the plain run says it in our words
            return self._part(data)

    def _form(self) -> Part:
        """The part for everything as it is."""
        this, model = self._model, self._model()
        parts = (*_losses_of(model), *_metrics_of(model))
        self._attributes = list(map(vars, parts))
        self._values = [x for each in self._attributes for x in each.values()]
        self._settings = settings.of_results()
        if not self._is_pure():
            return self._part
        return model._keras_backend.compile_call(self._part, lambda: _variables(this()))


class RepeatedParts:
    """The parts of the steps of a model that its backend repeats.

    Args:
        model: The model.

    Attributes:
        judge: The outputs and losses of a batch in training.
        note: Counts a batch in.
        test: Both, outside of training.
    """

    def __init__(self, model: Any) -> None:
        this: Any = weakref.ref(model)

        def judge(data: Structure) -> Structure:
            return this()._judge_plainly(data, True)

        def note(noted: Structure) -> None:
            this()._note_plainly(*noted)

        def test(data: Structure) -> None:
            this()._note_plainly(data, this()._judge_plainly(data, False))

        def judges_purely() -> bool:
            return _judges_purely(this())

        def notes_purely() -> bool:
            return _notes_purely(this())

        self.judge = Repeated(model, judge, judges_purely)
        self.note = Repeated(model, note, notes_purely)
        self.test = Repeated(model, test, lambda: judges_purely() and notes_purely())


def repeated_parts(model: Any) -> RepeatedParts | None:
    """What is repeated of the steps of a model; None where they are compiled whole, or
    run as they are written."""
    backend = model._keras_backend
    if model.run_eagerly or not backend.compiles_calls:
        return None
    if backend.jit(len, jit_compile=model._jit_compile) is not len:
        return None
    return RepeatedParts(model)


def _judges_purely(model: Any) -> bool:
    cls = declared_class(model)
    if overrides(cls, "compute_loss") or not calls_only_ours(model):
        return False
    variables = model.variables
    return all(map(is_only_ours, [v.regularizer for v in variables])) and all(
        map(_is_ours, _losses_of(model))
    )


def _notes_purely(model: Any) -> bool:
    return all(map(_is_ours, _metrics_of(model)))


def _is_ours(part: Any) -> bool:
    """Whether a loss or metric runs nothing but code of ours."""
    return is_ours(declared_class(part)) and all(map(is_only_ours, vars(part).values()))


def _losses_of(model: Any) -> Iterator[Any]:
    compilation = model._keras_compilation
    if compilation is not None and compilation.loss is not None:
        yield from compilation.loss.losses


def _metrics_of(model: Any) -> Iterator[Any]:
    compilation = model._keras_compilation
    if compilation is not None:
        for metric in compilation.all_metrics():
            yield from getattr(metric, "metrics", [metric])


def _variables(model: Any) -> list[Any]:
    return [*model.variables, *model.metrics_variables]
