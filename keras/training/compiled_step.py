"""`CompiledStep`: a compiled step of a model that follows what is done to its layers.

Compiling takes what it finds: activations, rates, which variable is the kernel. Plain
code sees at once when one of these is set; so that compiled code sees it as well, the
layers tell a step when they change, and it is compiled anew when it next runs. For
`trainable` no new form is needed where it was this way before: a training of two
models in turn, as of a GAN, freezes and thaws at each step.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from keras.core import context
from keras.core.typing import Structure

if TYPE_CHECKING:
    from keras.models.model import Model

_MOST_CHANGES = 16


class CompiledStep:
    """A function that is compiled once for each state of a model's layers.

    Args:
        model: the model.
        compile_step: makes the compiled function.
        plain: what runs instead when layers change again and again; without it, they
            are no longer followed then.
    """

    def __init__(
        self,
        model: Model,
        compile_step: Callable[[], Callable[..., Any]],
        plain: Callable[..., Any] | None = None,
    ) -> None:
        self._model: Any = weakref.ref(model)
        self._compile = compile_step
        self._plain = plain
        self._forms: dict[tuple[bool, ...], Callable[..., Any]] = {}
        self._run: Callable[..., Any] | None = None
        self._rows_vary = False
        self._is_running = False
        self._changes = 0
        self._watched: list[Any] = []
        self._watcher = partial(_tell, weakref.ref(self))

    def __call__(self, *args: Any) -> Structure:
        run = self._run
        if run is None:
            run = self._run = self._of_now()
        if self._is_running:
            return run(*args)
        self._is_running = True
        try:
            return run(*args)
        finally:
            self._is_running = False

    @property
    def is_compiled(self) -> bool:
        """Whether it has run for some state of the layers."""
        return bool(self._forms)

    def expect_any_rows(self) -> None:
        """Batches of other sizes are to come: what can be compiled for all, is."""
        self._rows_vary = True

    def _of_now(self) -> Callable[..., Any]:
        """The form for the layers as they are."""
        layers = self._model()._all_layers()
        flags = tuple([layer._trainable for layer in layers])
        if flags not in self._forms:
            form = self._forms[flags] = self._compile()
            expect = getattr(form, "expect_any_rows", None)
            if self._rows_vary and expect is not None:
                expect()
        self._watch(layers)
        return self._forms[flags]

    def _watch(self, layers: list[Any]) -> None:
        self.stop_watching()
        self._watched = layers
        for layer in layers:
            layer._keras_watchers.append(self._watcher)

    def stop_watching(self) -> None:
        """The layers no longer tell when they change."""
        for layer in self._watched:
            if self._watcher in layer._keras_watchers:
                layer._keras_watchers.remove(self._watcher)
        self._watched = []

    def layer_changed(self, freezes: bool) -> None:
        """Called when an attribute of a layer was set.

        Args:
            freezes: whether it was `trainable`.
        """
        # What a call does to its own layer is part of the step itself.
        if self._is_running or context.get().call is not None:
            return
        if freezes:
            self._run = None
        else:
            self.forget()

    def forget(self) -> None:
        """What was compiled no longer holds."""
        self._changes += bool(self._forms)
        self._forms.clear()
        self._run = None
        if self._changes >= _MOST_CHANGES:
            self._give_up()

    def _give_up(self) -> None:
        """Compiles no more: what changes with every step is not meant for it."""
        if self._plain is not None:
            self._run = self._plain
            self.stop_watching()
            return
        self._run = self._of_now()
        self.stop_watching()
        name = self._model().name
        warnings.warn(
            f"Layers of the model {name!r} were changed {self._changes} times since "
            "its steps were compiled, and each time they were compiled anew. Now "
            "`fit`, `evaluate` and `predict` keep to what is so now. Keep values that "
            "change often in a keras.Variable, or compile with run_eagerly=True.",
            stacklevel=5,
        )


def _tell(reference: weakref.ref[CompiledStep], freezes: bool) -> None:
    step = reference()
    if step is not None:
        step.layer_changed(freezes)
