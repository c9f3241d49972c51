"""`Trainer`: what makes a model trainable with `compile`, `fit` and their like.

A training step is ordinary code on Variables (`train_step`), which the model's
backend compiles. The public methods only check their arguments, make sources of
batches and compiled steps, and leave the rest to the loops.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from keras import ops
from keras.backends.backend import TENSOR
from keras.backends.bound import on_own_backend
from keras.callbacks import CallbackList, History
from keras.callbacks.logs import to_host_logs
from keras.core import config, placement
from keras.core.typing import Data, TensorLike
from keras.training import loop, steps
from keras.training.building import build
from keras.training.data import (
    class_weight_to_sample_weights,
    make_source,
    train_validation_split,
    unpack_x_y_sample_weight,
)
from keras.training.data.array_source import check_cardinality, host_parts
from keras.training.data.make_source import loader_kind
from keras.training.data.structure import leaves_of, map_leaves
from keras.training.distributed import joined
from keras.training.masks import masks_of, put_masks
from keras.training.objective import Objective, check_count
from keras.training.overrides import overrides
from keras.training.repeated import repeated_parts
from keras.training.run import Run

# Outputs, loss, the losses of its parts, and the masks of the outputs.
Judged = tuple[Any, Any, list[Any], list[Any]]

_NUMPY_DTYPES = {
    name: np.dtype("float32" if name == "bfloat16" else name)
    for name in ("bfloat16", "float16", "float32", "float64")
}


class Trainer(Objective):
    """Mixin of `Model`: training, evaluation and prediction."""

    # One step ------------------------------------------------------------------

    def train_step(self, data: Data) -> dict[str, Any]:
        """One training step; override it for a step of your own.

        The portable form, for all backends, uses `keras.value_and_grad`. Code of one
        framework (`tf.GradientTape`, `loss.backward()`) works on its backend. On JAX
        also the stateless form `train_step(self, state, data)` does.

        Args:
            data: A batch: `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            The results by name.
        """
        return self._keras_results_of(data, self._keras_train_on(data))

    def _plain_train_step(self, data: Data) -> None:
        """`train_step` without results, which are read when somebody asks."""
        self._keras_note(data, self._keras_train_on(data))

    def _keras_train_on(self, data: Data) -> Judged:
        """Update the weights on a batch."""
        optimizer, repeated = self.optimizer, self._keras_repeated

        def plainly(data: Data) -> Judged:
            return self._judge_plainly(data, True)

        judge = plainly if repeated is None else repeated.judge

        def losses() -> tuple[Any, Any]:
            judged = judge(data)
            return optimizer.scale_loss(judged[1]), judged

        variables = self.trainable_variables
        if not variables:
            return judge(data)
        differentiate = self._keras_backend.value_and_grad(
            losses, variables, has_aux=True
        )
        (_, judged), grads = differentiate()
        optimizer.apply(grads, variables)
        return judged

    def _judge_plainly(self, data: Data, training: bool) -> Judged:
        """The outputs for a batch, the loss, the losses of its parts, and the masks."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._keras_forward(x, training)
        loss = self._compute_loss(x, y, y_pred, sample_weight, training)
        parts: list[Any] = []
        if (
            self._keras_compilation is not None
            and self._keras_compilation.loss is not None
        ):
            parts = self._keras_compilation.loss.take_parts()
        return y_pred, loss, parts, masks_of(y_pred)

    def _keras_note(self, data: Data, judged: Judged) -> None:
        """Take a batch into account in the trackers of losses and in metrics."""
        repeated = self._keras_repeated
        with self._keras_backend.update_scope():
            if repeated is None:
                self._note_plainly(data, judged)
            else:
                repeated.note((data, judged))

    def _note_plainly(self, data: Data, judged: Judged) -> None:
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred, loss, parts, masks = judged
        put_masks(y_pred, masks)
        self._keras_track_loss(x, loss, parts)
        self._keras_update_metrics(y, y_pred, sample_weight)

    def _keras_results_of(self, data: Data, judged: Judged) -> dict[str, Any]:
        """Take a batch into account as a step does whose results are overridden."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred, loss, parts, masks = judged
        put_masks(y_pred, masks)
        self._keras_track_loss(x, loss, parts)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def _keras_track_loss(self, x: Data, loss: TensorLike, parts: list[Any]) -> None:
        if self._keras_compilation is not None:
            with self._keras_backend.update_scope():
                self._keras_compilation.track(loss, parts, _batch_size(x))

    def test_step(self, data: Data) -> dict[str, Any]:
        """One step of evaluation; override it for a step of your own.

        Args:
            data: A batch: `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

        Returns:
            The results by name.
        """
        return self._keras_results_of(data, self._judge_plainly(data, False))

    def _plain_test_step(self, data: Data) -> None:
        with self._keras_backend.update_scope():
            if self._keras_repeated is None:
                self._note_plainly(data, self._judge_plainly(data, False))
            else:
                self._keras_repeated.test(data)

    def predict_step(self, data: Data) -> Any:
        """One step of prediction; override it for a step of your own.

        Args:
            data: A batch; only its inputs are used.

        Returns:
            The outputs.
        """
        x, _, _ = unpack_x_y_sample_weight(data)
        with self._keras_backend.update_scope():
            return self._keras_forward(x, False)

    def _keras_forward(self, x: Data, training: bool) -> Any:
        return self(x, training=training)  # type: ignore[operator]

    def _staged(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A step with what has to run before it; graphs have layers for strings."""
        return step

    # Functions of one batch ----------------------------------------------------

    def _keras_overrides(self, *names: str) -> bool:
        return any(overrides(type(self), name) for name in names)

    def make_train_function(self, force: bool = False) -> Callable[[Any], Any]:
        """Make `train_function`, which runs `train_step` on one batch, compiled.

        Args:
            force: Make it anew.
        """
        if self.train_function is None or force:
            own = self._keras_overrides("train_step", "compute_metrics")
            plain = None if own else self._plain_train_step
            self._keras_repeated = self._keras_repeated or repeated_parts(self)
            self.train_function = steps.make_step(self, "train_step", plain)
            self._make_results_function(force)
        return self.train_function

    def make_test_function(self, force: bool = False) -> Callable[[Any], Any]:
        """Make `test_function`, which runs `test_step` on one batch, compiled.

        Args:
            force: Make it anew.
        """
        if self.test_function is None or force:
            own = self._keras_overrides("test_step", "compute_metrics")
            plain = None if own else self._plain_test_step
            self._keras_repeated = self._keras_repeated or repeated_parts(self)
            self.test_function = steps.make_step(self, "test_step", plain)
            self._make_results_function(force)
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Callable[[Any], Any]:
        """Make `predict_function`, which runs `predict_step` on one batch, compiled.

        Args:
            force: Make it anew.
        """
        if self.predict_function is None or force:
            own = self._keras_overrides("predict_step")
            plain = None if own else self.predict_step
            self.predict_function = steps.make_step(self, "predict_step", plain)
        return self.predict_function

    def _make_results_function(self, force: bool) -> None:
        if self._results_function is not None and not force:
            return  # training and evaluation read the same metrics
        results = self.get_metrics_result
        if not self.run_eagerly:
            results = self._keras_backend.jit(results, jit_compile=self._jit_compile)
        self._results_function = results

    # Loops ---------------------------------------------------------------------

    @on_own_backend
    def fit(
        self,
        x: Data = None,
        y: Data = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: Any = None,
        sample_weight: Data = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> History:
        """Train the model.

        Args:
            x: Inputs: arrays, sparse matrices or tensors of any framework, tables of
                pandas, polars or pyarrow, in any structure that the model takes; a
                data set of Hugging Face; or data that yields batches by itself: a
                `PyDataset`, `tf.data.Dataset`, torch `DataLoader` or generator.
            y: Targets, beside arrays; beside a data set of Hugging Face also the name
                of a column, or a structure of names. The other columns are the inputs.
            batch_size: Samples per step, for arrays and data sets of Hugging Face; 32
                by default.
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
            sample_weight: Weights of the samples, as `y` is given.
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
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = _split(
                x, y, sample_weight, validation_split
            )
        source = self._keras_source(
            (x, y, sample_weight),
            batch_size,
            steps_per_epoch,
            shuffle=shuffle,
            class_weight=class_weight,
        )
        follows = CallbackList(callbacks).follows_data()
        if follows:
            source.keep_journal()
        self._build_for(source)
        self._keras_prepare_training()
        epochs = _limited_epochs(epochs)
        listeners = _callback_list(
            self, callbacks, verbose, True, epochs=epochs, steps=source.num_batches
        )
        run = self._keras_run_for("train", source, listeners)
        run.initial_epoch, run.passes = initial_epoch, epochs
        if validation_data is not None:
            size = validation_batch_size or batch_size
            data = self._keras_validation_source(
                validation_data, size, validation_steps
            )
            if follows:
                data.keep_journal()
            run.validation = self._keras_run_for("test", data, listeners)
        due = _validation_due(validation_freq)
        with run.lasting():
            loop.fit(run, epochs, due)
        history = listeners.history or History()
        if not self.stop_training:
            _warn_of_nan(history, source.targets)
        return history

    def _keras_run_for(self, mode: str, source: Any, callbacks: CallbackList) -> Run:
        """What a loop goes through."""
        compilation = self._keras_compilation
        if compilation is not None and compilation.loss is not None:
            compilation.loss.check_labels(source.targets, source.weighted)
        step = f"{mode}_step"
        own = self._keras_overrides(step)
        make = getattr(self, f"make_{mode}_function")
        logs_itself = (
            mode == "predict" or own or self._keras_overrides("compute_metrics")
        )
        function = make()
        expect = getattr(function, "expect_any_rows", None)
        if expect is not None and source.ends_short:
            expect()
        results = None if logs_itself else self._results_function
        return Run(mode, self, source, function, callbacks, results, own)

    def _keras_validation_source(
        self, data: Data, batch_size: int | None, count: Any
    ) -> Any:
        if isinstance(data, (tuple, list)):
            parts = unpack_x_y_sample_weight(data)
        else:
            parts = (data, None, None)
        return self._keras_source(parts, batch_size, count)

    @on_own_backend
    def evaluate(
        self,
        x: Data = None,
        y: Data = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Data = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The loss and metrics on data, without training.

        Args:
            x: Inputs: arrays, tensors, or a structure of them; or batches: a
                `tf.data.Dataset`, torch `DataLoader` or generator.
            y: Targets, beside arrays.
            batch_size: Samples per step, for arrays; 32 by default.
            verbose: 0 for silence, 1 for a progress bar, 2 for one line at the end;
                `"auto"` is 1.
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
        source = self._keras_source((x, y, sample_weight), batch_size, steps)
        self._build_for(source)
        listeners = _callback_list(
            self, callbacks, verbose, False, epochs=1, steps=source.num_batches
        )
        run = self._keras_run_for("test", source, listeners)
        with run.lasting():
            logs = loop.evaluate(run)
        return logs if return_dict else self._keras_as_list(logs)

    @on_own_backend
    def predict(
        self,
        x: Data,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
        stream: bool = False,
    ) -> Any:
        """The outputs of the model for data, as NumPy arrays.

        Args:
            x: Inputs: arrays, tensors, or a structure of them; or batches: a
                `tf.data.Dataset`, torch `DataLoader` or generator.
            batch_size: Samples per step, for arrays; 32 by default.
            verbose: 0 for silence, 1 for a progress bar, 2 for one line at the end;
                `"auto"` is 1.
            steps: Steps; all the data by default.
            callbacks: One or more callbacks.
            stream: Whether to return an iterator of outputs, batch by batch, which
                holds no more than a batch at a time.

        Returns:
            NumPy arrays in the structure of the model's outputs.

        Example:

        >>> import numpy as np
        >>> import keras
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> x = np.ones((5, 3))
        >>> stream = model.predict(x, batch_size=2, verbose=0, stream=True)
        >>> [outputs.shape for outputs in stream]
        [(2, 2), (2, 2), (1, 2)]
        """
        silent = callbacks is None and (
            verbose == 0 or not config.is_interactive_logging_enabled()
        )
        own = self._keras_overrides("predict_step")
        if silent and steps is None and not own and not stream and _fits(x, batch_size):
            # One batch and nobody to tell: nothing needs to be set up.
            return self._outputs_for(x)
        source = self._keras_source((x, None, None), batch_size, steps)
        self._build_for(source)
        verbose = 0 if silent else verbose
        listeners = _callback_list(
            self, callbacks, verbose, False, epochs=1, steps=source.num_batches
        )
        run = self._keras_run_for("predict", source, listeners)
        return loop.Stream(run) if stream else loop.predict(run)

    def _outputs_for(self, x: Any) -> Any:
        function = self.predict_function
        if function is None or not self.built:
            build(self, (x,))
            function = self.make_predict_function()
        if type(x) is np.ndarray and x.dtype.kind == "f":
            # Floats take the type of the library, as everywhere.
            floatx = _NUMPY_DTYPES[config.floatx()]
            x = x if x.dtype is floatx else x.astype(floatx)
        outputs = function((x,))
        backend = self._keras_backend
        to_numpy = backend.convert_to_numpy
        if backend.kinds.get(type(outputs)) == TENSOR:
            return to_numpy(outputs)
        return map_leaves(to_numpy, outputs)

    # Single batches ------------------------------------------------------------

    @on_own_backend
    def train_on_batch(
        self,
        x: Data,
        y: Data = None,
        sample_weight: Data = None,
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
            The loss, or a list of the loss and the metrics, or a dictionary; of this
            batch alone.
        """
        self._require_compiled("train_on_batch()")
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError(
                    "`class_weight` and `sample_weight` cannot be used together. "
                    f"Received: sample_weight={sample_weight}, "
                    f"class_weight={class_weight}"
                )
            sample_weight = class_weight_to_sample_weights(y, class_weight)
        data = self._keras_batch(x, y, sample_weight)
        build(self, data)
        self._keras_prepare_training()
        return self._keras_on_batch(self.make_train_function(), data, return_dict)

    @on_own_backend
    def test_on_batch(
        self,
        x: Data,
        y: Data = None,
        sample_weight: Data = None,
        return_dict: bool = False,
    ) -> Any:
        """One step of evaluation.

        Args:
            x: Inputs.
            y: Targets.
            sample_weight: Weights of the samples.
            return_dict: Whether to return a dictionary by name.

        Returns:
            The loss, or a list of the loss and the metrics, or a dictionary; of this
            batch alone.
        """
        self._require_compiled("test_on_batch()")
        data = self._keras_batch(x, y, sample_weight)
        build(self, data)
        return self._keras_on_batch(self.make_test_function(), data, return_dict)

    @on_own_backend
    def predict_on_batch(self, x: Data) -> Any:
        """The outputs for one batch, as NumPy arrays.

        Args:
            x: Inputs.

        Returns:
            NumPy arrays in the structure of the model's outputs.
        """
        if type(x) is not np.ndarray:
            x = self._keras_batch(x, None, None)[0]
        return self._outputs_for(x)

    def _keras_batch(self, x: Data, y: Data, sample_weight: Data) -> tuple[Any, ...]:
        parts = host_parts(x, y, sample_weight, native=self._keras_backend.name)
        return parts if sample_weight is not None else parts[: 1 if y is None else 2]

    def _keras_on_batch(
        self, function: Callable[..., Any], data: Data, return_dict: bool
    ) -> Any:
        alone = getattr(function, "alone", None)
        try:
            results = None if alone is None else alone(data)
            if results is None:
                self.reset_metrics()
                results = joined(self, function(data))
        except Exception:
            check_cardinality(*data)  # it may be why
            raise
        if results is None:
            results = self._results_function()
        logs = to_host_logs(dict(sorted(results.items())))
        return logs if return_dict else self._keras_as_list(logs)

    def _keras_as_list(self, logs: dict[str, Any]) -> Any:
        """Results in order: the loss, metrics by their names, losses of outputs, the
        model's own metrics, all others sorted."""
        compilation = self._keras_compilation
        names = ["loss"]
        if compilation is not None:
            metrics = compilation.metrics
            names += [] if metrics is None else [each.name for each in metrics.metrics]
            names += [tracker.name for tracker in compilation.part_trackers]
        names += self.metrics_names
        known = [name for name in dict.fromkeys(names) if name in logs]
        rest = [name for name in logs if name not in known]
        values = [logs[name] for name in known + rest]
        return values[0] if len(values) == 1 else values

    # Data ----------------------------------------------------------------------

    def _keras_source(
        self, parts: Any, batch_size: int | None, count: int | None, **options: Any
    ) -> Any:
        x, y, sample_weight = parts
        backend = self._keras_backend
        distribution = placement.for_model(self)
        if distribution is not None:
            options["seed"] = distribution.agreed_seed()
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
        limit = config.max_steps_per_epoch()
        if limit is not None:
            source.limit(limit)
        if source.infinite and source.steps is None:
            raise ValueError(
                f"This {type(x).__name__} is infinite: it never ends by itself. Say "
                "how many batches to take: `steps_per_epoch` in `fit`, "
                "`validation_steps` for validation data, `steps` in `evaluate` and "
                "`predict`."
            )
        return source

    @on_own_backend
    def _symbolic_build(self, iterator: Any = None, data_batch: Data = None) -> None:
        """Makes all weights, also the optimizer's, for a batch; packages call it.

        Args:
            iterator: Batches, of which the first is used.
            data_batch: A batch: `(x,)`, `(x, y)` or `(x, y, sample_weight)`.
        """
        build(self, next(iter(iterator)) if data_batch is None else data_batch)
        if self.optimizer is not None and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)

    def _build_for(self, source: Any) -> None:
        compilation = self._keras_compilation
        settled = compilation is None or compilation.built
        if not (settled and self.built):
            build(self, source.peek())


def _batch_size(x: Data) -> Any:
    """The number of samples of a batch: a number, or a tensor while tracing."""
    leaves = leaves_of(x)
    if not leaves or not leaves[0].shape:
        return 1.0
    return ops.shape(leaves[0])[0]


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


def _limited_epochs(epochs: int) -> int:
    if isinstance(epochs, bool) or not isinstance(epochs, (int, np.integer)):
        raise ValueError(f"`epochs` must be an integer. Received: epochs={epochs!r}")
    limit = config.max_epochs()
    return int(epochs) if limit is None else min(int(epochs), limit)


def _validation_due(frequency: Any) -> Callable[[int], bool]:
    if isinstance(frequency, (list, tuple, set)):
        chosen = set(frequency)
        return lambda epoch: epoch + 1 in chosen
    check_count(frequency, "validation_freq")
    return lambda epoch: (epoch + 1) % frequency == 0


def _warn_of_nan(history: History, targets: Data) -> None:
    """Say how to find the cause of a loss that is no number."""
    losses = history.history.get("loss") or [0.0]
    if losses[-1] == losses[-1]:
        return
    first = next(i for i, loss in enumerate(losses) if loss != loss)
    cause = ""
    if any(bool((leaf != leaf).any()) for leaf in leaves_of(targets)):
        cause = " The targets `y` hold NaN."
    warnings.warn(
        f"The loss is NaN since epoch {history.epoch[first] + 1}.{cause} "
        "`keras.debug.find_nonfinite(model, x, y)` names the first tensor that is not "
        "finite, `keras.debug.CheckNumerics()` among the callbacks the first step.",
        stacklevel=4,
    )


def _split(x: Data, y: Data, sample_weight: Data, share: float) -> tuple[Any, Any]:
    if loader_kind(x) is not None:
        raise ValueError(
            "`validation_split` needs arrays: data that yields batches by itself, such "
            f"as this {type(x).__name__}, cannot be cut. Pass `validation_data`."
        )
    return train_validation_split((x, y, sample_weight), share)


def _fits(x: Data, batch_size: int | None) -> bool:
    """Whether `x` is one array of no more than a batch."""
    return type(x) is np.ndarray and x.ndim > 0 and 0 < len(x) <= (batch_size or 32)


__all__ = ["Trainer"]
