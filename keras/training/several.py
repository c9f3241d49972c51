"""Several steps as one program of the device: `steps_per_execution`.

A backend whose compiled functions can loop runs a group of batches at once: they are
laid on top of each other, and one program takes a step with each in turn. How many it
takes is an argument of the program, so that a short group at the end of an epoch needs
no other one. Batches that differ in shape, and steps that no loop can hold, run one by
one: what comes out is the same either way.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from keras import ops
from keras.core import tree
from keras.core.keras_tensor import KerasTensor
from keras.core.scopes import DiscardingScope
from keras.core.typing import Data, Structure
from keras.training.compiled_step import CompiledStep
from keras.training.pace import Pace

Step = Callable[[Data], Any]

# What tracing raises; a program that fails when it runs raises what its framework does.
_NOT_TRACEABLE = (TypeError, ValueError, LookupError, NameError, AttributeError)


class ModelStep:
    """A step of a model, for one batch or for several.

    Args:
        model: The model.
        step: The step as it was written, which a loop can be made of.
        one: The same, compiled and ready for a batch as it comes.
        prepare: What has to be done with each batch before `step`; None where steps
            are to run one by one.
        distributes: Whether batches are split over devices at present: no loop does
            that.
        gathers: Whether the results of all batches are wanted, one after the other,
            and not those of the last.
        expect_any_rows: Tells the compiled step that batches differ in size.
        alone: A step from fresh metrics to their results, in one program; None where
            nothing is compiled.
    """

    def __init__(
        self,
        model: Any,
        step: Step,
        one: Step,
        prepare: Step | None,
        distributes: Callable[[], bool],
        gathers: bool,
        expect_any_rows: Callable[[], None] | None = None,
        alone: Step | None = None,
    ) -> None:
        self.expect_any_rows = expect_any_rows
        self.alone = alone
        self._model = model
        self._step = step
        self._one = one
        self._prepare: Any = prepare
        self._distributes = distributes
        self._gathers = gathers
        self._programs: dict[Any, Callable[..., Any]] = {}
        self._loops = (
            prepare is not None
            and not model.run_eagerly
            and model._keras_backend.jit(len, jit_compile=model._jit_compile) is not len
            and "loop_pays" in model._keras_backend.__dict__
        )
        self.pace = Pace(self._wait)

    def __call__(self, data: Data) -> Any:
        return self._one(data)

    def several(self, group: list[Data], size: int) -> Any:
        """Run the step on each of some batches.

        Args:
            group: The batches.
            size: How many there are, most of the time.

        Returns:
            What the last step returned; with `gathers`, a list of outputs, of one
            batch or several each.
        """
        if len(group) > 1 and self._loops and not self._distributes():
            batches = list(map(self._prepare, group))
            alike, spec = _alike(batches)
            if alike == len(group) or not self._gathers:
                results = self._at_once(batches[:alike], size, spec)
                if results is not None:
                    return self._then(results[0], group[alike:])
        return self.one_by_one(group)

    def _then(self, first: Any, rest: list[Data]) -> Any:
        if self._gathers:
            return [first]
        return self.one_by_one(rest) if rest else first

    def one_by_one(self, group: list[Data]) -> Any:
        """The same as `several`, without a program for it."""
        one = self._one
        if self._gathers:
            return [one(data) for data in group]
        results = None
        for data in group:
            results = one(data)
        return results

    def run_at_its_pace(self, group: list[Data]) -> Any:
        """The same as `several`, in groups as long as `pace` says."""
        return self.pace.run(group, self.one_by_one, self.several)

    # One program -----------------------------------------------------------------

    def _at_once(self, batches: list[Any], size: int, spec: Any) -> list[Any] | None:
        """The results of one program for batches that are alike, in a list; None
        where they must run one by one."""
        if len(batches) < (size if self._gathers else 2):
            return None
        program = self._programs.get(spec)
        is_new = program is None
        if program is None:
            if not self._pays(batches[0]):
                self._loops = False
                return None
            program = self._programs[spec] = self._compiled(spec)
        count = np.array(len(batches), "int32")
        stacked = _stacked(batches + batches[:1] * (size - len(batches)))
        if not is_new:
            return [program((count, *stacked))]
        try:
            return [program((count, *stacked))]
        except _NOT_TRACEABLE as error:
            self._loops = False
            self._say_why(error)
            return None

    def _pays(self, batch: Data) -> bool:
        try:
            return self._model._keras_backend.loop_pays(
                self._step, self._gathers, batch
            )
        except _NOT_TRACEABLE:
            return True  # what is wrong shows, and is told, when it is compiled

    def _compiled(self, spec: Any) -> Callable[..., Any]:
        loop = self._gathering if self._gathers else self._repeating
        options = {"jit_compile": self._model._jit_compile}
        jit = partial(self._model._keras_backend.jit, partial(loop, spec), **options)
        return CompiledStep(self._model, jit)

    def _repeating(self, spec: Any, data: tuple[Any, ...]) -> Any:
        """Steps in turn; returns the results of the last one."""
        count, *stacked = data

        def at(i: Any) -> Any:
            return tree.unflatten(spec, [x[i] for x in stacked])

        backend = self._model._keras_backend
        with DiscardingScope():
            like = backend.compute_output_spec(lambda: self._step(at(0)))
        leaves, form = tree.flatten_with_spec(like)
        moving = [i for i, x in enumerate(leaves) if isinstance(x, KerasTensor)]

        def body(i: Any, _: Any) -> list[Any]:
            found = tree.flatten(self._step(at(i)))
            return [ops.convert_to_tensor(found[j]) for j in moving]

        start = [ops.zeros(leaves[i].shape, leaves[i].dtype) for i in moving]
        for i, value in zip(moving, ops.fori_loop(0, count, body, start), strict=True):
            leaves[i] = value
        return tree.unflatten(form, leaves)

    def _gathering(self, spec: Any, data: tuple[Any, ...]) -> Any:
        """Steps in turn; returns the outputs of all, one batch after the other."""
        _, *stacked = data

        def body(none: Any, leaves: list[Any]) -> Any:
            return none, self._step(tree.unflatten(spec, leaves))

        _, outputs = ops.scan(body, ops.zeros(()), stacked)
        return tree.map_structure(_one_after_other, outputs)

    def _say_why(self, error: Exception) -> None:
        warnings.warn(
            f"The steps of the model {self._model.name!r} run one by one: "
            "`steps_per_execution` would make one program of several, in which "
            f"they cannot be repeated: {type(error).__name__}: {error}",
            stacklevel=7,
        )

    def _wait(self, results: Any) -> None:
        """Wait until the steps are done that gave these results."""
        backend = self._model._keras_backend
        ends = [x for x in tree.flatten(results) if ops.is_tensor(x)]
        # Each step of training and evaluation writes to the tracker of the loss.
        ends += [variable.value for variable in self._model.metrics_variables[:1]]
        for x in ends:
            backend.synchronize(x)


def _one_after_other(x: Any) -> Any:
    return ops.reshape(x, (-1, *ops.shape(x)[2:]))


def _alike(batches: list[Any]) -> tuple[int, Any]:
    """How many batches, from the first, have the form of the first; and what it is."""
    leaves, spec = tree.flatten_with_spec(batches[0])
    if not all(map(_stacks, leaves)):
        return 0, spec
    forms = [(type(x), x.shape, x.dtype) for x in leaves]
    for index, batch in enumerate(batches[1:], 1):
        others, other = tree.flatten_with_spec(batch)
        if other != spec:
            return index, spec
        for x, (kind, shape, dtype) in zip(others, forms, strict=True):
            if type(x) is not kind or x.shape != shape or x.dtype != dtype:
                return index, spec
    return len(batches), spec


def _stacks(leaf: Any) -> bool:
    if isinstance(leaf, np.ndarray):
        return leaf.dtype.kind not in "OUSV"
    return ops.is_tensor(leaf) and "string" not in str(leaf.dtype)


def _stacked(batches: list[Structure]) -> list[Any]:
    """Each leaf of all batches as one array."""
    columns = zip(*map(tree.flatten, batches), strict=True)
    return [
        np.stack(column) if isinstance(column[0], np.ndarray) else ops.stack(column)
        for column in columns
    ]
