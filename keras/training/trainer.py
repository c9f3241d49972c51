"""`Trainer`: what makes a model trainable with `compile`, `fit` and their like.

A training step is ordinary code on Variables (`train_step`), which the model's
backend compiles. The public methods only check their arguments, make sources of
batches and compiled steps, and leave the rest to the loops.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from keras import ops, optimizers
from keras.backends.bound import on_own_backend
from keras.callbacks import CallbackList, History
from keras.callbacks.logs import to_host_logs
from keras.core import config, tree
from keras.core.errors import BackendError
from keras.core.scopes import StatelessScope
from keras.core.serialization import deserialize_keras_object, serialize_keras_object
from keras.training import loop, steps
from keras.training.compilation import Compilation
from keras.training.data import (
    class_weight_to_sample_weights,
    make_source,
    train_validation_split,
    unpack_x_y_sample_weight,
)
from keras.training.data.array_source import host_parts
from keras.training.data.make_source import loader_kind
from keras.training.data.structure import leaves_of, map_leaves

_NUMPY_DTYPES = {
    name: np.dtype("float32" if name == "bfloat16" else name)
    for name in ("bfloat16", "float16", "float32", "float64")
}
_NO_COMPILE = "You must call `compile()` before using {what} of the model {name!r}."


class Trainer:
    """Mixin of `Model`: training, evaluation and prediction."""

    optimizer: Any = None
    loss: Any = None
    stop_training: bool = False
    stop_evaluating: bool = False
    stop_predicting: bool = False
    compiled: bool = False
    steps_per_execution: int = 1
    history: Any = None
    auto_scale_loss: bool = True
    train_function: Any = None
    test_function: Any = None
    predict_function: Any = None
    _backend: Any
    _compilation: Compilation | None = None
    _compile_arguments: dict[str, Any] | None = None
    _run_eagerly: bool = False
    _jit_compile: Any = "auto"
    _results_function: Any = None
    _validation: tuple[Any, Any] | None = None

    # Compilation ---------------------------------------------------------------

    @on_own_backend
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str | None = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Set what the model is trained with.

        Args:
            optimizer: A name, config or `Optimizer`.
            loss: A name, function or `Loss`; for several outputs a list or a
                dictionary by the names of the outputs. `None` where the model adds
                its own losses.
            loss_weights: Factors of the losses of several outputs.
            metrics: A list of names, functions or metrics; for several outputs a list
                or dictionary of such lists.
            weighted_metrics: Likewise; these see sample and class weights.
            run_eagerly: Run steps as plain Python, to debug them.
            steps_per_execution: How many batches run between two calls of callbacks.
            jit_compile: `True` compiles further where that is optional (XLA on
                TensorFlow, `torch.compile` on torch), `"auto"` where it pays.
            auto_scale_loss: Under the policy `"mixed_float16"`, scale the loss.

        Raises:
            ValueError: For an unknown name, or options that exclude each other.

        Example:

        >>> import keras
        >>> model = keras.Sequential([keras.layers.Dense(1)])
        >>> model.compile("sgd", loss="mse", metrics=["mae"])
        >>> model.compiled
        True
        """
        if run_eagerly and jit_compile is True:
            raise ValueError(
                "`run_eagerly=True` and `jit_compile=True` exclude each other: the "
                "first runs plain Python, the second compiles it."
            )
        _check_count(steps_per_execution, "steps_per_execution")
        self._compile_arguments = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        self._check_backend_of(optimizer, loss, metrics, weighted_metrics)
        names = getattr(self, "output_names", None)
        compilation = Compilation(loss, loss_weights, metrics, weighted_metrics, names)
        self.optimizer = self._scaled(optimizers.get(optimizer), auto_scale_loss)
        self._compilation = compilation
        self.loss = loss
        self.auto_scale_loss = auto_scale_loss
        self.steps_per_execution = steps_per_execution
        self._jit_compile = jit_compile
        self._run_eagerly = bool(run_eagerly)
        self.stop_training = False
        self.compiled = True
        self._forget_functions()

    def _check_backend_of(self, *objects: Any) -> None:
        for each in tree.flatten(objects):
            other = getattr(each, "_backend", None)
            if other is not None and other is not self._backend:
                raise BackendError(
                    f"The {type(each).__name__} {getattr(each, 'name', '')!r} lives on "
                    f"the {other.name} backend, but the model "
                    f"{getattr(self, 'name', '')!r} lives on {self._backend.name}. "
                    "Make it inside `with keras.backend_scope("
                    f"{self._backend.name!r}):`, or pass its name as a string."
                )

    def _scaled(self, optimizer: Any, auto_scale_loss: bool) -> Any:
        policy = getattr(self, "dtype_policy", None)
        scaled = isinstance(optimizer, optimizers.LossScaleOptimizer)
        if optimizer is None or scaled or not auto_scale_loss:
            return optimizer
        if getattr(policy, "name", None) != "mixed_float16":
            return optimizer
        return optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer")

    def _forget_functions(self) -> None:
        for name in ("train", "test", "predict"):
            setattr(self, f"{name}_function", None)
        self._results_function = None
        self._validation = None

    @property
    def jit_compile(self) -> Any:
        """Whether steps are compiled further; see `compile`."""
        return self._jit_compile

    @jit_compile.setter
    def jit_compile(self, value: Any) -> None:
        self._jit_compile = value
        self._forget_functions()

    @property
    def run_eagerly(self) -> bool:
        """Whether steps run as plain Python; see `compile`."""
        return self._run_eagerly

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self._run_eagerly = bool(value)
        self._forget_functions()

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile`, as plain data; empty before `compile`."""
        if not self.compiled or self._compile_arguments is None:
            return {}
        arguments = dict(self._compile_arguments)
        arguments["optimizer"] = self.optimizer
        return serialize_keras_object(arguments)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as `get_compile_config` says.

        Args:
            config: What `get_compile_config` returned.
        """
        if steps.overrides(type(self), "compile"):
            own = "compile_from_config" in type(self).__dict__
            parameters = inspect.signature(type(self).compile).parameters
            if not own and not set(config) <= set(parameters):
                # A `compile` with other arguments: only its author can restore it.
                return
        self.compile(**deserialize_keras_object(config))
        if self.optimizer is not None and getattr(self, "built", False):
            self.optimizer.build(self.trainable_variables)

    def _require_compiled(self, what: str) -> Compilation:
        if self._compilation is None or not self.compiled:
            name = getattr(self, "name", type(self).__name__)
            raise ValueError(
                _NO_COMPILE.format(what=f"`{what}`", name=name)
                + " For example: model.compile(optimizer='adam', loss='mse')."
            )
        return self._compilation

    def _check_trainable(self) -> None:
        # A backend without gradients says so, and where to go.
        self._backend.value_and_grad(len)
        if self.optimizer is None:
            raise ValueError(
                f"The model {getattr(self, 'name', '')!r} has no optimizer: `compile` "
                "was called with optimizer=None. Pass one, such as 'adam'."
            )

    # Losses and metrics --------------------------------------------------------

    @property
    def metrics(self) -> list[Any]:
        """The trackers of losses, the metrics of `compile`, and those of layers."""
        compilation = self._compilation
        own = getattr(super(), "metrics", [])
        if compilation is None:
            return list(own)
        first, *rest = compilation.all_metrics()
        return [first, *own, *rest]

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Start all metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The loss of a batch; override it for a loss of your own.

        Args:
            x: Inputs.
            y: Targets.
            y_pred: Outputs of the model.
            sample_weight: Weights of the samples.
            training: Whether this is training.

        Returns:
            A scalar: the loss of `compile` and all that layers add.

        Raises:
            ValueError: If nothing gives a loss to train by.
        """
        del x
        compilation = self._compilation
        total = None
        if compilation is not None and compilation.loss is not None:
            total = compilation.loss(y, y_pred, sample_weight)
        for extra in getattr(self, "losses", ()):
            extra = ops.sum(extra)
            if total is None:
                total = extra
            else:
                total = ops.add(total, ops.cast(extra, ops.dtype(total)))
        if total is not None:
            return total
        if training:
            raise ValueError(
                "No loss to compute. Provide a `loss` argument in `compile()`, add one "
                "with `add_loss` in a layer, or override `compute_loss`."
            )
        return ops.zeros(())

    def _compute_loss(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool
    ) -> Any:
        """`compute_loss`, which older models override without `training`."""
        if _has_parameter(type(self), "compute_loss", "training"):
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)

    @on_own_backend
    def stateless_compute_loss(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tuple[Any, tuple[list[Any], list[Any], list[Any]]]:
        """`compute_loss` for given values of the variables, which stay as they are.

        Args:
            trainable_variables: Values of `self.trainable_variables`.
            non_trainable_variables: Values of `self.non_trainable_variables`.
            metrics_variables: Values of `self.metrics_variables`.
            x: Inputs.
            y: Targets.
            y_pred: Outputs of the model.
            sample_weight: Weights of the samples.
            training: Whether this is training.

        Returns:
            The loss, and the new values of the three groups of variables.
        """
        groups = [
            (getattr(self, name), list(values))
            for name, values in (
                ("trainable_variables", trainable_variables),
                ("non_trainable_variables", non_trainable_variables),
                ("metrics_variables", metrics_variables),
            )
        ]
        pairs = [p for own, values in groups for p in zip(own, values, strict=True)]
        with StatelessScope(pairs) as scope:
            loss = self._compute_loss(x, y, y_pred, sample_weight, training)
        trainable, other, metrics = (
            [scope.get_current_value(variable) for variable in own] for own, _ in groups
        )
        return loss, (trainable, other, metrics)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Take a batch into account in the metrics of `compile`; override to add more.

        Args:
            x: Inputs.
            y: Targets.
            y_pred: Outputs of the model.
            sample_weight: Weights of the samples.

        Returns:
            The results by name, as `get_metrics_result` returns them.
        """
        self._update_metrics(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def _update_metrics(self, y: Any, y_pred: Any, sample_weight: Any) -> None:
        compilation = self._compilation
        if compilation is None or compilation.metrics is None or y is None:
            return
        compilation.metrics.update_state(y, y_pred, sample_weight)

    def get_metrics_result(self) -> dict[str, Any]:
        """The results of all metrics so far, by name."""
        results: dict[str, Any] = {}
        for metric in self.metrics:
            value = metric.result()
            if isinstance(value, dict):
                results.update(value)
            else:
                results[metric.name] = value
        return results

    # One step ------------------------------------------------------------------

    def train_step(self, data: Any) -> dict[str, Any]:
        """One training step; override it for a step of your own.

        The portable form, for all backends, uses `keras.value_and_grad`. Code of one
        framework (`tf.GradientTape`, `loss.backward()`) works on its backend. On JAX
        also the stateless form `train_step(self, state, data)` does.

        Args:
            data: A batch: `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            The results by name.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._train_on(x, y, sample_weight)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def _plain_train_step(self, data: Any) -> None:
        """`train_step` without results, which are read when somebody asks."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._train_on(x, y, sample_weight)
        with self._backend.update_scope():
            self._update_metrics(y, y_pred, sample_weight)

    def _train_on(self, x: Any, y: Any, sample_weight: Any) -> Any:
        """Update the weights and the trackers of losses; returns the outputs."""
        compilation, optimizer = self._compilation, self.optimizer

        def losses() -> tuple[Any, Any]:
            y_pred = self._forward(x, True)
            loss = self._compute_loss(x, y, y_pred, sample_weight, True)
            parts: Any = []
            if compilation is not None and compilation.loss is not None:
                parts = compilation.loss.take_parts()
            aux = (y_pred, loss, parts, steps.masks_of(y_pred))
            return optimizer.scale_loss(loss), aux

        variables = self.trainable_variables
        differentiate = self._backend.value_and_grad(losses, variables, has_aux=True)
        (_, (y_pred, loss, parts, masks)), grads = differentiate()
        if not variables:
            raise ValueError(
                f"The model {getattr(self, 'name', '')!r} has no trainable weights. "
                "Set `trainable = True` on a layer, and compile again."
            )
        steps.put_masks(y_pred, masks)
        optimizer.apply(grads, variables)
        self._track_loss(x, loss, parts)
        return y_pred

    def _track_loss(self, x: Any, loss: Any, parts: list[Any]) -> None:
        if self._compilation is not None:
            with self._backend.update_scope():
                self._compilation.track(loss, parts, _batch_size(x))

    def test_step(self, data: Any) -> dict[str, Any]:
        """One step of evaluation; override it for a step of your own.

        Args:
            data: A batch: `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            The results by name.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._test_on(x, y, sample_weight)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def _plain_test_step(self, data: Any) -> None:
        with self._backend.update_scope():
            x, y, sample_weight = unpack_x_y_sample_weight(data)
            y_pred = self._test_on(x, y, sample_weight)
            self._update_metrics(y, y_pred, sample_weight)

    def _test_on(self, x: Any, y: Any, sample_weight: Any) -> Any:
        y_pred = self._forward(x, False)
        loss = self._compute_loss(x, y, y_pred, sample_weight, False)
        parts: list[Any] = []
        if self._compilation is not None and self._compilation.loss is not None:
            parts = self._compilation.loss.take_parts()
        self._track_loss(x, loss, parts)
        return y_pred

    def predict_step(self, data: Any) -> Any:
        """One step of prediction; override it for a step of your own.

        Args:
            data: A batch; only its inputs are used.

        Returns:
            The outputs.
        """
        x, _, _ = unpack_x_y_sample_weight(data)
        with self._backend.update_scope():
            return self._forward(x, False)

    def _plain_predict_step(self, data: Any) -> Any:
        with self._backend.update_scope():
            return self(data[0], training=False)  # type: ignore[operator]

    def _forward(self, x: Any, training: bool) -> Any:
        return self(x, training=training)  # type: ignore[operator]

    # Functions of one batch ----------------------------------------------------

    @property
    def _steps_log(self) -> bool:
        """Whether training steps return results themselves."""
        return self._overrides("train_step", "compute_metrics")

    @property
    def _test_steps_log(self) -> bool:
        return self._overrides("test_step", "compute_metrics")

    def _overrides(self, *names: str) -> bool:
        return any(steps.overrides(type(self), name) for name in names)

    def make_train_function(self, force: bool = False) -> Callable[[Any], Any]:
        """Make `train_function`, which runs `train_step` on one batch, compiled.

        Args:
            force: Make it anew.
        """
        if self.train_function is None or force:
            plain = None if self._steps_log else self._plain_train_step
            self.train_function = steps.make_step(self, "train_step", plain)
            self._make_results_function()
        return self.train_function

    def make_test_function(self, force: bool = False) -> Callable[[Any], Any]:
        """Make `test_function`, which runs `test_step` on one batch, compiled.

        Args:
            force: Make it anew.
        """
        if self.test_function is None or force:
            plain = None if self._test_steps_log else self._plain_test_step
            self.test_function = steps.make_step(self, "test_step", plain)
            self._make_results_function()
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Callable[[Any], Any]:
        """Make `predict_function`, which runs `predict_step` on one batch, compiled.

        Args:
            force: Make it anew.
        """
        if self.predict_function is None or force:
            own = self._overrides("predict_step")
            plain = None if own else self._plain_predict_step
            self.predict_function = steps.make_step(self, "predict_step", plain)
        return self.predict_function

    def _make_results_function(self) -> None:
        results = self.get_metrics_result
        if not self.run_eagerly:
            results = self._backend.jit(results, jit_compile=self._jit_compile)
        self._results_function = results

    # Loops ---------------------------------------------------------------------

    @on_own_backend
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> History:
        """Train the model.

        Args:
            x: Inputs: arrays or tensors of any framework, in any structure that the
                model takes, or data that yields batches by itself: a `PyDataset`,
                `tf.data.Dataset`, torch `DataLoader` or generator.
            y: Targets, beside arrays.
            batch_size: Samples per step, for arrays; 32 by default.
            epochs: The number of the last epoch, counted from 1.
            verbose: 0 for silence, 1 for a progress bar, 2 for a line per epoch;
                `"auto"` is 1.
            callbacks: One or more callbacks.
            validation_split: The share of the arrays, from their end, that is kept
                for validation.
            validation_data: `(x, y)`, `(x, y, sample_weight)` or batches.
            shuffle: Whether the samples get a new order each epoch; `"batch"` for
                whole batches.
            class_weight: Maps class numbers to weights.
            sample_weight: Weights of the samples, beside arrays.
            initial_epoch: The epoch to begin with, when training goes on.
            steps_per_epoch: Steps per epoch; all the data by default.
            validation_steps: Steps per validation; all the data by default.
            validation_batch_size: Samples per step of validation.
            validation_freq: Validate after each so many epochs, or a list of epochs,
                counted from 1.

        Returns:
            A `History`, whose `history` holds the results of the epochs by name.

        Raises:
            ValueError: If the model is not compiled, or arguments do not fit.
        """
        self._require_compiled("fit()")
        self._check_trainable()
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = _split(
                x, y, sample_weight, validation_split
            )
        source = self._source(
            (x, y, sample_weight),
            batch_size,
            steps_per_epoch,
            shuffle=shuffle,
            class_weight=class_weight,
        )
        self._build_for(source)
        steps.build_optimizer(self)
        self.make_train_function()
        epochs = _limited_epochs(epochs)
        listeners = _callback_list(
            self, callbacks, verbose, True, epochs=epochs, steps=source.num_batches
        )
        validate = None
        if validation_data is not None:
            size = validation_batch_size or batch_size
            validate = self._validator(
                validation_data, size, validation_steps, listeners
            )
        due = _validation_due(validation_freq)
        try:
            loop.fit(
                self, source, listeners, range(initial_epoch, epochs), validate, due
            )
        finally:
            source.close()
        return listeners.history or History()

    def _validator(
        self, data: Any, batch_size: Any, count: Any, callbacks: CallbackList
    ) -> Callable[[], dict[str, Any]]:
        """A function that evaluates on the validation data."""
        if isinstance(data, (tuple, list)) and 1 <= len(data) <= 3:
            parts = unpack_x_y_sample_weight(data)
        else:
            parts = (data, None, None)
        source = self._source(parts, batch_size, count)
        self.make_test_function()
        return lambda: loop.evaluate(self, source, callbacks)

    @on_own_backend
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The loss and metrics on data, without training.

        Args:
            x: Inputs, as for `fit`.
            y: Targets, as for `fit`.
            batch_size: Samples per step, for arrays; 32 by default.
            verbose: As for `fit`.
            sample_weight: Weights of the samples.
            steps: Steps; all the data by default.
            callbacks: One or more callbacks.
            return_dict: Whether to return a dictionary by name.
            **kwargs: None is known.

        Returns:
            The loss, or a list of the loss and the metrics, or a dictionary.

        Raises:
            ValueError: If the model is not compiled, or arguments do not fit.
        """
        kwargs.pop("_use_cached_eval_dataset", None)
        if kwargs:
            raise TypeError(f"evaluate() got unknown arguments: {sorted(kwargs)}.")
        self._require_compiled("evaluate()")
        source = self._source((x, y, sample_weight), batch_size, steps)
        self._build_for(source)
        self.make_test_function()
        listeners = _callback_list(
            self, callbacks, verbose, False, epochs=1, steps=source.num_batches
        )
        try:
            logs = loop.evaluate(self, source, listeners)
        finally:
            source.close()
        return logs if return_dict else self._as_list(logs)

    @on_own_backend
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The outputs of the model for data, as NumPy arrays.

        Args:
            x: Inputs, as for `fit`.
            batch_size: Samples per step, for arrays; 32 by default.
            verbose: As for `fit`.
            steps: Steps; all the data by default.
            callbacks: One or more callbacks.

        Returns:
            NumPy arrays in the structure of the model's outputs.
        """
        silent = callbacks is None and (
            verbose == 0 or not config.is_interactive_logging_enabled()
        )
        if silent and steps is None and _fits(x, batch_size):
            # One batch and nobody to tell: nothing needs to be set up.
            return self._outputs_for(x)
        source = self._source((x, None, None), batch_size, steps)
        self._build_for(source)
        self.make_predict_function()
        listeners = None
        if not silent or callbacks is not None:
            listeners = _callback_list(
                self, callbacks, verbose, False, epochs=1, steps=source.num_batches
            )
        try:
            return loop.predict(self, source, listeners)
        finally:
            source.close()

    def _outputs_for(self, x: Any) -> Any:
        function = self.predict_function
        if function is None or not self.built:
            steps.build(self, (x,))
            function = self.make_predict_function()
        if type(x) is np.ndarray and x.dtype.kind == "f":
            # Floats take the type of the library, as everywhere.
            floatx = _NUMPY_DTYPES[config.floatx()]
            x = x if x.dtype is floatx else x.astype(floatx)
        outputs = function((x,))
        to_numpy = self._backend.convert_to_numpy
        if self._backend.is_tensor(outputs):
            return to_numpy(outputs)
        return map_leaves(to_numpy, outputs)

    # Single batches ------------------------------------------------------------

    @on_own_backend
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """One training step.

        Args:
            x: Inputs.
            y: Targets.
            sample_weight: Weights of the samples.
            class_weight: Maps class numbers to weights; excludes `sample_weight`.
            return_dict: Whether to return a dictionary by name.

        Returns:
            The loss, or a list of the loss and the metrics, or a dictionary; of all
            batches since `reset_metrics`.
        """
        self._require_compiled("train_on_batch()")
        self._check_trainable()
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError(
                    "`class_weight` and `sample_weight` cannot be used together. "
                    f"Received: sample_weight={sample_weight}, "
                    f"class_weight={class_weight}"
                )
            sample_weight = class_weight_to_sample_weights(y, class_weight)
        data = self._batch(x, y, sample_weight)
        steps.build(self, data)
        steps.build_optimizer(self)
        return self._on_batch(self.make_train_function(), data, return_dict)

    @on_own_backend
    def test_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """One step of evaluation.

        Args:
            x: Inputs.
            y: Targets.
            sample_weight: Weights of the samples.
            return_dict: Whether to return a dictionary by name.

        Returns:
            As `train_on_batch`.
        """
        self._require_compiled("test_on_batch()")
        data = self._batch(x, y, sample_weight)
        steps.build(self, data)
        return self._on_batch(self.make_test_function(), data, return_dict)

    @on_own_backend
    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch, as NumPy arrays.

        Args:
            x: Inputs.

        Returns:
            NumPy arrays in the structure of the model's outputs.
        """
        if type(x) is not np.ndarray:
            x = self._batch(x, None, None)[0]
        return self._outputs_for(x)

    def _batch(self, x: Any, y: Any, sample_weight: Any) -> tuple[Any, ...]:
        parts = host_parts(x, y, sample_weight, native=self._backend.name)
        return parts if sample_weight is not None else parts[: 1 if y is None else 2]

    def _on_batch(self, function: Any, data: Any, return_dict: bool) -> Any:
        results = function(data)
        if results is None:
            results = self._results_function()
        logs = to_host_logs(dict(sorted(results.items())))
        return logs if return_dict else self._as_list(logs)

    def _as_list(self, logs: dict[str, Any]) -> Any:
        """Results in the order loss, losses of the outputs, metrics."""
        compilation = self._compilation
        names = ["loss"]
        if compilation is not None:
            names += [tracker.name for tracker in compilation.part_trackers]
            if compilation.metrics is not None:
                names += compilation.metrics._result_names
        names = [name for name in names if name in logs]
        values = [logs[n] for n in names] + [logs[n] for n in logs if n not in names]
        return values[0] if len(values) == 1 else values

    # Data ----------------------------------------------------------------------

    def _source(
        self, parts: Any, batch_size: int | None, count: int | None, **options: Any
    ) -> Any:
        x, y, sample_weight = parts
        backend = self._backend
        source = make_source(
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            steps=count,
            convert=backend.__dict__.get("prepare_array"),
            native=backend.name,
            **options,
        )
        if source.infinite and source.steps is None:
            raise ValueError(
                f"This {type(x).__name__} is infinite: it never ends by itself. Say "
                "how many batches to take: `steps_per_epoch` in `fit`, "
                "`validation_steps` for validation data, `steps` in `evaluate` and "
                "`predict`."
            )
        return source

    def _build_for(self, source: Any) -> None:
        compilation = self._compilation
        settled = compilation is None or compilation.built
        if not (settled and self.built):
            steps.build(self, source.peek())


def _batch_size(x: Any) -> Any:
    """The number of samples of a batch: a number, or a tensor while tracing."""
    leaves = leaves_of(x)
    if not leaves or not leaves[0].shape:
        return 1.0
    return ops.shape(leaves[0])[0]


@cache
def _has_parameter(cls: type, method: str, name: str) -> bool:
    try:
        parameters = inspect.signature(getattr(cls, method)).parameters
    except (TypeError, ValueError):
        return True
    kinds = [parameter.kind for parameter in parameters.values()]
    return name in parameters or inspect.Parameter.VAR_KEYWORD in kinds


def _callback_list(
    model: Any, callbacks: Any, verbose: Any, history: bool, **params: Any
) -> CallbackList:
    if isinstance(callbacks, CallbackList):
        return callbacks
    verbose = 1 if verbose == "auto" else verbose
    return CallbackList(
        callbacks,
        add_history=history,
        add_progbar=bool(verbose),
        model=model,
        verbose=verbose,
        **params,
    )


def _check_count(value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"`{name}` must be a positive integer. Received: {value!r}")


def _limited_epochs(epochs: int) -> int:
    if isinstance(epochs, bool) or not isinstance(epochs, (int, np.integer)):
        raise ValueError(f"`epochs` must be an integer. Received: epochs={epochs!r}")
    limit = config.max_epochs()
    return int(epochs) if limit is None else min(int(epochs), limit)


def _validation_due(frequency: Any) -> Callable[[int], bool]:
    if isinstance(frequency, (list, tuple, set)):
        chosen = set(frequency)
        return lambda epoch: epoch + 1 in chosen
    _check_count(frequency, "validation_freq")
    return lambda epoch: (epoch + 1) % frequency == 0


def _split(x: Any, y: Any, sample_weight: Any, share: float) -> tuple[Any, Any]:
    if loader_kind(x) is not None:
        raise ValueError(
            "`validation_split` needs arrays: data that yields batches by itself, such "
            f"as this {type(x).__name__}, cannot be cut. Pass `validation_data`."
        )
    return train_validation_split((x, y, sample_weight), share)


def _fits(x: Any, batch_size: int | None) -> bool:
    """Whether `x` is one array of no more than a batch."""
    return type(x) is np.ndarray and x.ndim > 0 and 0 < len(x) <= (batch_size or 32)


__all__ = ["Trainer"]
